"""Type: what of a text the bundled font can draw, and how it is set into a box."""

import unicodedata
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from atlascloud_mcp.sandbox.palette import Colour

_LEADING = 1.16
_STAND_INS = {"–": "-", "—": "-", "−": "-", "×": "x", "ß": "ss", "æ": "ae", "ø": "o", "«": '"', "»": '"'}  # noqa: RUF001  the point
_LONGEST_TEXT = 260


@dataclass(frozen=True, slots=True)
class Setting:
    """A text broken into lines at one size, all in pixels."""

    lines: tuple[str, ...]
    size: int
    height: int

    def draw(self, pen: ImageDraw.ImageDraw, left: float, top: float, colour: Colour, *, bold: bool) -> None:
        """The lines stand there, flush left."""
        font = _font(self.size)
        stroke = self.size // 52 if bold else 0  # the font has one weight; thin strokes thicken only large type
        for number, line in enumerate(self.lines):
            pen.text(
                (left, top + number * self.size * _LEADING),
                line,
                colour,
                font,
                stroke_width=stroke,
            )


def set_text(text: str, width: int, height: int, *, largest: int, smallest: int) -> Setting:
    """The text as large as the box allows; cut with an ellipsis when even the smallest size is too large."""
    words = (text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…").split()
    size = max(smallest, largest)
    while True:
        lines = _wrap(words, width, size)
        room = max(1, int(height / (size * _LEADING)))
        if len(lines) <= room and _longest(words, size) <= width:
            break
        if size <= smallest:
            if len(lines) > room:
                lines = [*lines[: room - 1], _shorten(lines[room - 1] + " …", width, size)]
            break
        size = max(smallest, int(size * 0.93))
    return Setting(tuple(lines), size, round(len(lines) * size * _LEADING))


def drawable(text: str) -> str:
    """The text with what the font lacks taken apart, where that helps, or left out."""
    whole = "".join(
        " " if letter.isspace() else _STAND_INS.get(letter, letter) for letter in unicodedata.normalize("NFC", text)
    )
    parts = (
        letter if _has(letter) else "".join(p for p in unicodedata.normalize("NFKD", letter) if _has(p))
        for letter in whole
    )
    return " ".join("".join(parts).split())


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@cache
def _has(letter: str) -> bool:
    if letter == " ":
        return True
    if unicodedata.combining(letter) or unicodedata.category(letter).startswith("C"):
        return False
    return _look(letter) not in {_look("\uffff"), _look(" ")}


def _look(letter: str) -> bytes:
    canvas = Image.new("L", (48, 48))
    ImageDraw.Draw(canvas).text((8, 4), letter, 255, _font(32))
    return canvas.tobytes()


def text_width(text: str, size: int) -> float:
    """How long a line the text makes at that size, in pixels."""
    return _font(size).getlength(text)


def _longest(words: list[str], size: int) -> float:
    return max((text_width(word, size) for word in words), default=0)


def _wrap(words: list[str], width: int, size: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, size) <= width:
            lines[-1] = joined
        else:
            lines.extend(_pieces(word, width, size))
    return lines


def _pieces(word: str, width: int, size: int) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and text_width(pieces[-1] + letter, size) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _shorten(line: str, width: int, size: int) -> str:
    while len(line) > 1 and text_width(line, size) > width:
        line = line[:-3].rstrip() + "…"
    return line
