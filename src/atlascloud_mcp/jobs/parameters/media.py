"""Which fields hold media, of which kind and for what: told by name, type and what the schema says of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from atlascloud_mcp.jobs.parameters.fields import Field, words_of

Medium = Literal["image", "video", "audio"]
Role = Literal["source", "first", "last", "mask", "reference"]


def _words(text: str) -> frozenset[str]:
    return frozenset(words_of(text))


_MEDIA: Mapping[str, Medium] = {
    **dict.fromkeys(("image", "img", "picture", "photo", "frame", "mask", "portrait", "face"), "image"),
    **dict.fromkeys(("video", "clip", "movie", "footage"), "video"),
    **dict.fromkeys(("audio", "voice", "speech", "sound", "music", "song", "vocal"), "audio"),
}
# These alone are as often a choice in words (a voice's id) as a recording: they need a sign of a URL.
_WEAK = frozenset({"voice", "speech", "sound", "music", "song", "vocal", "portrait", "face"})
_IN_WORDS: Mapping[Medium, str] = {
    "image": r"image|picture|photo|frame",
    "video": r"video|clip",
    "audio": r"audio|speech|voice|sound|recording",
}
URL_KEYS = frozenset({"url", "uri", "src", "link"})
# What may stand behind the noun: `image_url`, `image_tail`, `images_list`; all else there is the noun itself.
_TAILS = URL_KEYS | _words("file list input path first last tail end start reference ref")
# What makes of a medium something else, wherever it stands: `num_frames`, `keep_audio`, `notify_url`.
_NEVER = _words(
    "enable keep num number n count max min with without return use has is only webhook notify hook callback data "
    "generate negative lora disable"
)
# Things that are shown by pictures of them: `subjects`, `elements`, `references`.
_SHOWN = _words("subject refer reference ref element character input")
_ROLES: Sequence[tuple[Role, frozenset[str]]] = (
    ("mask", frozenset({"mask"})),
    ("last", _words("last end tail final closing ending")),
    ("first", _words("first start begin starting opening")),
    (
        "reference",
        _words(
            "reference ref refer subject style character frontal product face element garment cloth clothing pose id "
            "garm dress outfit background control logo person item object scene model effect swap watermark middle "
            "adapter depth canny"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class MediaField:
    """A field that holds media by their URLs.

    `carrier` is the member that the URL stands in, where the field or its elements are objects. `most` is None when the
    schema names no end.
    """

    field: Field
    medium: Medium
    role: Role
    is_list: bool
    carrier: str | None
    most: int | None
    accepts: tuple[str, ...]
    max_bytes: int | None

    @property
    def plainness(self) -> int:
        """0 for `image`, more for a name that says more: `watermark_image` is not where a picture goes first."""
        common = _TAILS | _words("image video audio source init img picture")
        return sum(word not in common and not word.isdigit() for word in words_of(self.field.name))


def media_field(field: Field) -> MediaField | None:
    """The field as one for media, or None."""
    list_of = field.items
    inner = list_of or field
    if inner.options:
        return None
    is_object = "object" in inner.types
    carrier = _carrier(inner) if is_object else None
    if (is_object and carrier is None) or (not is_object and inner.types and "string" not in inner.types):
        return None
    accepts = tuple(re.findall(r"(?:image|video|audio)/[\w.+*-]+", str(field.schema.get("x-accept") or "")))
    medium = _declared(accepts) or medium_of(field, inner) or (medium_of(carrier, carrier) if carrier else None)
    if medium is None:
        return None
    megabytes = field.limit("x-max-size-mb")
    return MediaField(
        field,
        medium,
        _role(words_of(field.name)),
        is_list=list_of is not None,
        carrier=carrier.name if carrier else None,
        most=field.most_items if list_of else 1,
        accepts=accepts,
        max_bytes=round(megabytes * 1_000_000) if megabytes else None,
    )


def medium_of(field: Field, inner: Field) -> Medium | None:
    """What a field's name says that it holds: its last word, behind which only `url` and the like may stand."""
    words = [word for word in words_of(field.name) if not word.isdigit()]
    if _NEVER & set(words) or re.search(r"b(?:ase)?64", field.name, re.IGNORECASE):
        return None
    is_url = bool(URL_KEYS & set(words)) or inner.schema.get("format") in {"uri", "url"}
    is_url = is_url or re.search(r"\bURLs?\b", field.description) is not None
    nouns = list(words)
    while nouns and nouns[-1] in _TAILS:
        nouns.pop()
    head = nouns[-1] if nouns else ""
    if head in _MEDIA:
        is_clear = head not in _WEAK or is_url or bool({"reference", "ref", "input", "source"} & set(words))
        return _MEDIA[head] if is_clear else None
    if set(words) <= _SHOWN | URL_KEYS:
        told = _medium_in_words(field.description)
        is_shown = is_url or field.items is not None or "object" in inner.types
        is_reference = bool({"reference", "ref"} & set(words)) and told is not None
        return (told or "image") if is_shown or is_reference else None
    return _medium_in_words(field.description) if is_url and not head else None


def _carrier(inner: Field) -> Field | None:
    """The member of an object that holds the URL, or the URLs."""
    found = [
        member
        for name, member in inner.members.items()
        if not member.options
        and ("string" in member.types or member.items or not member.types)
        and (URL_KEYS & set(words_of(name)) or medium_of(member, member))
    ]
    return next(iter(sorted(found, key=lambda member: not member.is_required)), None)


def _declared(accepts: Iterable[str]) -> Medium | None:
    families = [mime.partition("/")[0] for mime in accepts]
    return next((cast("Medium", family) for family in families if family in {"image", "video", "audio"}), None)


def _role(words: Sequence[str]) -> Role:
    known = set(words)
    if {"first", "start"} & known and {"last", "end"} & known:
        return "source"  # `start_end_images` holds both
    for role, marks in _ROLES:
        if marks & known:
            return role
    return "source"


def _medium_in_words(text: str) -> Medium | None:
    first: tuple[int, Medium] | None = None
    for medium, words in _IN_WORDS.items():
        match = re.search(words, text, re.IGNORECASE)
        if match and (first is None or match.start() < first[0]):
            first = (match.start(), medium)
    return first[1] if first else None
