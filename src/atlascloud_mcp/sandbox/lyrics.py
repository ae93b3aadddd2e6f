"""Songs in words: a title, what they sound like, and verses made of the prompt's own words."""

import re
from dataclasses import dataclass

from atlascloud_mcp.sandbox.dice import Dice

_SMALL = re.compile(
    "the|and|for|but|not|you|her|his|its|our|are|was|who|out|all|one|two|with|song"
    "|about|after|again|also|with|into|from|that|this|then|than|them|their|there|these|those|what|when|where|which|while"
    "|would|could|should|songs?|write|lyrics|verse|chorus|music|make|some|just|like|have|been|being|over|under|upbeat"
)
_OTHERWISE = ("river", "lantern", "morning")
_VERSES = (
    "I was walking with the {a}, nothing else to say",
    "And the {b} was shining half a world away",
    "Every {c} I counted, every mile I knew",
    "Turned around and sang it, and it sang of you",
    "There's a {b} in the window and a light below",
    "There's a {a} in the evening that the old ones know",
    "If the {c} keeps a promise, then the night is long",
    "And the road is a whistle, and the wind a song",
)
_CHORUSES = (
    "Oh, {a}, carry me over",
    "Oh, {b}, carry me home",
    "Where the {c} comes a little closer",
    "Nobody sings alone",
)
_STYLES = ("indie folk", "dream pop", "acoustic", "soul", "synth pop", "country", "bossa nova", "piano ballad")
_MOODS = ("warm", "hopeful", "wistful", "bright", "tender", "restless")


@dataclass(frozen=True, slots=True)
class Lyrics:
    """A song as text."""

    title: str
    style_tags: tuple[str, ...]
    text: str


def lyrics(prompt: str, seed: int) -> Lyrics:
    """Two verses with a chorus after each; the same prompt and seed give the same song."""
    dice = Dice(f"lyrics/{prompt}/{seed}")
    words = [word for word in re.findall(r"\w{3,20}", prompt.lower()) if not _SMALL.fullmatch(word)]
    words = list(dict.fromkeys([*words, *_OTHERWISE]))[:12]
    named = dict(zip("abc", (words[0], dice.choice(words[1:]), dice.choice(words[1:])), strict=True))
    first = dice.choice((0, 4))
    parts = [
        "[Verse]",
        *_VERSES[first : first + 4],
        "",
        "[Chorus]",
        *_CHORUSES,
        "",
        "[Verse]",
        *_VERSES[4 - first : 8 - first],
        "",
        "[Chorus]",
        *_CHORUSES,
    ]
    title = f"{named['a']} and {named['b']}".title() if named["a"] != named["b"] else named["a"].title()
    return Lyrics(
        title,
        (dice.choice(_STYLES), dice.choice(_MOODS), f"{dice.whole(80, 128)} bpm"),
        "\n".join(parts).format(**named),
    )
