"""Which fields hold media, of which kind and for what: told by name, type and what the schema says of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

from atlascloud_mcp.jobs.parameters.fields import Field, words_of

Medium = Literal["image", "video", "audio"]
Role = Literal["source", "first", "last", "mask", "reference"]


def _words(text: str) -> frozenset[str]:
    return frozenset(words_of(text))


_MEDIA: Mapping[str, Medium] = {
    **dict.fromkeys(("image", "img", "picture", "photo", "frame", "keyframe", "mask", "portrait", "face"), "image"),
    **dict.fromkeys(("video", "clip", "movie", "footage"), "video"),
    **dict.fromkeys(("audio", "voice", "speech", "sound", "music", "song", "vocal", "wav", "mp3"), "audio"),
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
    "generate negative disable"
)
# Files of another kind that are named after a medium: `image_archive_url`.
_OTHER_FILES = _words("archive zip lora dataset weight checkpoint model mesh")
# Things that are shown by pictures of them: `subjects`, `elements`, `references`.
_SHOWN = _words("subject refer reference ref element character input")
_LAST = _words("last end tail final closing ending")
_FIRST = _words("first start begin starting opening")
_ROLES: Sequence[tuple[Role, frozenset[str]]] = (
    ("mask", frozenset({"mask"})),
    ("last", _LAST),
    ("first", _FIRST),
    (
        "reference",
        _words(
            "reference ref refer subject style character frontal product face element garment cloth clothing pose id "
            "garm dress outfit background control logo person item object scene model effect swap watermark middle "
            "adapter depth canny"
        ),
    ),
)


_COMMON = _TAILS | _words("image video audio source init img picture")


@dataclass(frozen=True, slots=True)
class MediaField:
    """A field that holds media by their URLs; one that takes several kinds of media is there once for each.

    `carrier` is the member that the URL stands in, where the field or its elements are objects, and `kind` the member
    that says which medium it is, with the word for this one. `most` is None when the schema names no end.
    """

    field: Field
    medium: Medium
    role: Role
    is_list: bool
    carrier: str | None
    kind: tuple[str, object] | None
    most: int | None
    accepts: tuple[str, ...]
    max_bytes: int | None

    @property
    def inner(self) -> Field:
        """What one element is."""
        return self.field.items or self.field

    @property
    def plainness(self) -> int:
        """0 for `image`, more for a name that says more: `watermark_image` is not where a picture goes first."""
        return sum(word not in _COMMON and not word.isdigit() for word in words_of(self.field.name))


def media_of(field: Field) -> tuple[MediaField, ...]:
    """The field as one for media, once for each kind that it takes; nothing when it is none."""
    list_of = field.items
    inner = list_of or field
    if inner.options:
        return ()
    is_object = "object" in inner.types
    carrier = _carrier(inner) if is_object else None
    if (is_object and carrier is None) or (not is_object and inner.types and "string" not in inner.types):
        return ()
    accepts = tuple(re.findall(r"(?:image|video|audio)/[\w.+*-]+", str(field.schema.get("x-accept") or "")))
    name_alone = Field(field.name, {"type": "string"})
    kinds = _kinds(inner, medium_of(name_alone, name_alone))
    # What the member itself says comes first: its list's description may be about what the clip shows.
    told = _declared(accepts) or (medium_of(carrier, carrier) if carrier else None) or medium_of(field, inner)
    media: Iterable[Medium] = kinds or ([told] if told else ())
    megabytes = field.limit("x-max-size-mb")
    return tuple(
        MediaField(
            field,
            medium,
            role_of(words_of(field.name), medium),
            is_list=list_of is not None,
            carrier=carrier.name if carrier else None,
            kind=kinds.get(medium),
            most=field.most_items if list_of else 1,
            accepts=accepts,
            max_bytes=round(megabytes * 1_000_000) if megabytes else None,
        )
        for medium in media
    )


def recording(field: Field) -> MediaField:
    """The field as the place of one recording, whatever it is called."""
    text = {"type": "string"}
    schema = {"type": "array", "items": text} if field.items else {**field.schema, **text}
    told = media_of(Field("audio_url", schema))[0]
    return replace(told, field=field, most=field.most_items if field.items else 1)


def named_medium(name: str, *, is_list: bool = False) -> Medium | None:
    """What a field of this name holds, where nothing else is known of it."""
    text = {"type": "string"}
    found = media_of(Field(name, {"type": "array", "items": text} if is_list else text))
    return found[0].medium if found else None


def names_file(name: str) -> bool:
    """Whether a field of this name holds the address of some file, a mesh, say; not one that is to be called."""
    words = set(words_of(name))
    return bool(URL_KEYS & words) and not _NEVER & words


def medium_of(field: Field, inner: Field) -> Medium | None:
    """What a field's name says that it holds: its last word, behind which only `url` and the like may stand.

    Of what is an address for certain any word of the name may say it: `image_style_url`.
    """
    words = [word for word in words_of(field.name) if not word.isdigit()]
    if _NEVER & set(words) or re.search(r"b(?:ase)?64", field.name, re.IGNORECASE):
        return None
    is_certain = bool(URL_KEYS & set(words)) or inner.schema.get("format") in {"uri", "url"}
    is_url = is_certain or re.search(r"\bURLs?\b", field.description) is not None
    # The word that says what it is: the last but for those that may stand behind it.
    head = next((word for word in reversed(words) if word not in _TAILS), "")
    if head in _MEDIA:
        is_clear = head not in _WEAK or is_url or bool({"reference", "ref", "input", "source"} & set(words))
        return _MEDIA[head] if is_clear else None
    told = _medium_in_words(field.description)
    if set(words) <= _SHOWN | URL_KEYS and not set(words) <= URL_KEYS:
        is_shown = is_url or field.items is not None or "object" in inner.types
        is_reference = bool({"reference", "ref"} & set(words)) and told is not None
        return (told or "image") if is_shown or is_reference else None
    if not is_certain or _OTHER_FILES & set(words):
        return told if is_url and not head else None
    nouns = [word for word in words if word in _MEDIA and word not in _WEAK]
    # Of what is declared as an address its description may say what lies there, whatever it is called.
    is_declared = inner.schema.get("format") in {"uri", "url"}
    return _MEDIA[nouns[0]] if nouns else told if is_declared or not head else None


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


def _kinds(inner: Field, only: Medium | None) -> Mapping[Medium, tuple[str, object]]:
    """The media that an object may hold where a member of it says which, and the word for each."""
    for name, member in inner.members.items():
        if set(words_of(name)) & {"type", "kind", "medium", "media", "modality"}:
            options = {str(option).lower(): option for option in reversed(member.options)}
            told: dict[Medium, tuple[str, object]] = {
                medium: (name, option) for word, option in options.items() for medium in _IN_WORDS if medium in word
            }
            if told:
                return {only: told[only]} if only and only in told else told
    return {}


def _declared(accepts: Iterable[str]) -> Medium | None:
    families = [mime.partition("/")[0] for mime in accepts]
    return next((cast("Medium", family) for family in families if family in {"image", "video", "audio"}), None)


def role_of(words: Sequence[str], medium: Medium) -> Role:
    """What something of that name is for; only a picture opens or closes a clip."""
    known = set(words)
    if medium != "image":  # `first_audio` is one of several
        known -= _FIRST | _LAST
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
