"""Which field each picture, clip and recording goes into, by kind and role."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.draft import Draft
from atlascloud_mcp.jobs.parameters.fields import Field, listed, named, words_of
from atlascloud_mcp.jobs.parameters.media import MediaField, Medium, Role, role_of
from atlascloud_mcp.jobs.request import ARGUMENTS, Request, Tool, texts_in
from atlascloud_mcp.storage.media import KNOWN, MP3, WAV

MANY = 1000  # places in a list that names no end
NOUNS: Mapping[Medium, str] = {"image": "picture", "video": "video", "audio": "recording"}
# For each argument the roles that may hold it, the best first.
ROLES: Mapping[str, tuple[Medium, tuple[Role, ...]]] = {
    "mask": ("image", ("mask",)),
    "first_frame": ("image", ("first", "source")),
    "last_frame": ("image", ("last",)),
    "images": ("image", ("source", "reference", "first")),
    "video": ("video", ("source", "reference", "first")),
    "audio": ("audio", ("source", "reference", "first")),
}


@dataclass(frozen=True, slots=True)
class LocalFile:
    """What is known of a source that is a file on this machine."""

    mime_type: str
    size: int


class Placing:
    """Writes the media of one request into its draft.

    `addresses` has the URL or placeholder for each source, `files` what is known of the local ones.
    """

    def __init__(
        self, draft: Draft, request: Request, *, addresses: Mapping[str, str], files: Mapping[str, LocalFile]
    ) -> None:
        self._draft = draft
        self._request = request
        self._for_video = request.type == "video"
        self._tool: Tool = request.tool
        self._addresses = addresses
        self._files = files

    def write(self) -> None:
        """Every input stands in a field that is meant for it.

        Raises:
            InvalidRequest: the model has no place for one, not for so many, or not for this kind of file; or a file in
                `params` is of no kind, format or size that its field takes.
        """
        for field in self._draft.layout.media:
            for source in texts_in(self._request.params.get(field.field.name)):
                self._refuse_misfit(field, source, f"params.{plain(field.field.name, 60)}")
        request = self._request
        first, last = request.first_frame, request.last_frame
        if request.mask:
            self._one("mask", request.mask)
        if first and last and (pair := self._pair()):
            self._put(pair, [first, last], "first_frame and last_frame")
            first = last = None
        for argument, source in (("first_frame", first), ("last_frame", last)):
            if source:
                self._one(argument, source)
        if request.images:
            self._images(request.images)
        for argument, source in (("video", request.video), ("audio", request.audio)):
            if source:
                self._one(argument, source)

    def _one(self, argument: str, source: str) -> None:
        fields = self._free(argument)
        if argument in {"video", "audio"}:  # of several that speak, the one that has to be there
            fields.sort(key=lambda field: not field.field.is_required)
        for field in sorted(fields, key=lambda field: field.is_list):
            self._put(field, [source], argument)
            is_frame = not field.is_list and field.role != "reference"
            if argument == "first_frame" and not is_frame and not _frames(field.inner):
                self._draft.note(
                    f"first_frame was sent as {named(field.field.name)}: this model takes no frame as such."
                )
            return
        raise self._no_place(argument, 1)

    def _pair(self) -> MediaField | None:
        """The list for both frames, where the last has no field: one of two pictures, or the only place for them."""
        if self._free("last_frame"):
            return None
        free = self._free("first_frame")
        lists = [field for field in free if field.role == "source" and field.is_list]
        keyframes = lists if len(lists) == len(free) else []
        pairs = (*(each for each in lists if each.most == 2), *(each for each in keyframes if _holds(each, 2)))
        return next(iter(pairs), None)

    def _images(self, sources: Sequence[str]) -> None:
        """The pictures to work from: what has to be there first, then all in one list, else one by one.

        For a clip several pictures, and one where there is a place for it, are references; plain ones, where a list
        of URLs stands beside one of characters.
        """
        free = self._free("images")
        if self._for_video:
            free.sort(key=lambda field: (field.carrier is not None, field.role != "reference"))
        free.sort(key=lambda field: not field.field.is_required)
        singles, lists = [each for each in free if not each.is_list], [each for each in free if each.is_list]
        left = list(sources)
        required = [each for each in self._draft.layout.media if each in singles and each.field.is_required]
        required.sort(key=lambda field: field.role == "reference")
        whole = next((each for each in lists if _holds(each, len(left))), None)
        are_frames = all(each.role == "first" for each in singles)  # meant for `first_frame`
        is_reference = whole is not None and (whole.role == "reference" or are_frames)
        prefers_list = len(left) > 1 or (self._for_video and is_reference)
        if not required and whole and (prefers_list or not singles or whole.field.is_required):
            self._put(whole, left, "images")
            return
        chosen: list[tuple[MediaField, list[str]]] = []
        for field in (*required, *(each for each in singles if each not in required)):
            rest = next((each for each in lists if _holds(each, len(left))), None)
            if not left or (field not in required and rest and len(left) > 1):
                break
            chosen.append((field, [left.pop(0)]))
        rest = next((each for each in lists if _holds(each, len(left))), None) if left else None
        if left and rest is None:
            raise self._no_place("images", len(sources))
        if rest:
            chosen.append((rest, left))
        for field, pictures in chosen:
            self._put(field, pictures, "images")
        if len(chosen) > 1:
            names = listed(field.field.name for field, _ in chosen)
            self._draft.note(f"The pictures were sent, in this order, as {names}.")

    def _free(self, argument: str) -> list[MediaField]:
        """The fields that may hold it and hold nothing yet, or a list of several kinds of media with a place left."""
        draft = self._draft

        def is_free(field: MediaField) -> bool:
            held = draft.fields.get(field.field.name)
            is_mixed = field.is_list and field.kind is not None and draft.arguments.get(field.field.name) in ROLES
            return held is None or (is_mixed and len(texts_in(held)) < (field.most or MANY))

        return [field for field in self._fields(argument) if is_free(field)]

    def _fields(self, argument: str) -> list[MediaField]:
        """The fields that may hold it, the best first: by role, then the plainest name."""
        medium, roles = ROLES[argument]
        found = [field for field in self._draft.layout.media if field.medium == medium and field.role in roles]
        if argument == "first_frame" and not found:  # the only picture that it takes
            single = [field for field in self._draft.layout.media if field.medium == medium and not field.is_list]
            found = [field for field in single if field.role == "reference"]
        if (
            argument == "images"
            and self._for_video
            and any(each.role == "reference" and each.is_list for each in found)
        ):
            # One reference too many must not become the opening frame.
            found = [each for each in found if each.is_list or each.field.is_required or not _is_frame(each)]
        order = [*roles, "reference"]
        if argument == "images" and not self._for_video:  # the first of two pictures is no frame
            return sorted(found, key=lambda field: (field.role == "reference", field.plainness))
        return sorted(found, key=lambda field: (order.index(field.role), field.plainness))

    def _put(self, field: MediaField, sources: Sequence[str], argument: str) -> None:
        """The field holds these, after those of another kind that it holds already."""
        name = field.field.name
        held = cast("list[object]", self._draft.fields.pop(name, [])) if field.is_list else []
        values = [*held]
        for number, source in enumerate(sources, start=1):
            self._refuse_misfit(field, source, argument)
            frame = "last" if argument.endswith("last_frame") and number == len(sources) else "first"
            role: Role = frame if "frame" in argument else "source"
            values.append(self._dressed(field, self._addresses[source], len(held) + number, role))
        self._draft.put(field.field, values if field.is_list else values[0], argument)

    def _dressed(self, field: MediaField, url: str, number: int, role: Role) -> object:
        """The URL as the element wants it: bare, or in an object whose other required members are filled.

        Raises:
            InvalidRequest: one of them is for the caller to say.
        """
        if field.carrier is None:
            return url
        said = dict(filter(None, (field.kind, _frames(field.inner).get(role))))
        dressed: dict[str, object] = {}
        for name, member in field.inner.members.items():
            if name == field.carrier:
                dressed[name] = [url] if member.items else url
            elif name in said:
                dressed[name] = said[name]
            elif member.is_required and (value := _required_member(member, number, field.medium)) is not None:
                dressed[name] = value
            elif member.is_required and member.options:
                whole = named(field.field.name)
                raise InvalidRequest(
                    f"{self._draft.model} has to be told the {named(name)} of what goes into {whole}: "
                    f"{listed(member.options)}.",
                    next_step=f"Pass {whole} in `params`.",
                )
        return dressed

    def _refuse_misfit(self, field: MediaField, source: str, argument: str) -> None:
        """A local file of another kind, format or size than the field takes would be paid for in vain."""
        file = self._files.get(source)
        if file is None:
            return
        name = plain(source, 120)
        is_sound = field.medium == "audio" and file.mime_type.startswith(("audio/", "video/"))
        how = _conversion(source, field) if is_sound else ""
        if file.mime_type.partition("/")[0] != field.medium:
            raise InvalidRequest(
                f"{name} is {file.mime_type}, but {argument} takes a {NOUNS[field.medium]}.",
                next_step=f"Pass a {NOUNS[field.medium]} there.{how}",
            )
        if field.accepts and not {file.mime_type, f"{field.medium}/*", "*/*"} & _same_types(field.accepts):
            raise InvalidRequest(
                f"{self._draft.model} does not take {file.mime_type} ({name}) as {argument}.",
                next_step=f"It takes {plain(', '.join(field.accepts), 200)}.{how}",
            )
        if field.max_bytes and file.size > field.max_bytes:
            raise InvalidRequest(
                f"{name} has {file.size / 1e6:.1f} MB; {self._draft.model} takes at most "
                f"{field.max_bytes / 1e6:g} MB as {argument}.",
                next_step="Pass a smaller file.",
            )

    def _no_place(self, argument: str, count: int) -> InvalidRequest:
        medium, _ = ROLES[argument]
        fields = self._fields(argument)
        most = sum(field.most or count for field in fields)
        least = min((field.field.fewest_items for field in fields if field.is_list), default=1)
        if not fields:
            what = f"takes no {argument}"
        elif most < count:
            what = f"takes at most {most} in {argument}, {count} were given"
        elif count < least:
            what = f"takes at least {least} in {argument}, {count} was given"
        else:
            what = f"has no room for {argument} beside the rest"
        known: dict[str, list[str]] = {}
        for field in self._draft.layout.media[:24]:
            spoken = argument_for(field, self._tool) or f"params.{named(field.field.name)}"
            known.setdefault(spoken, []).append(amount_of(field))
        takes = ", ".join(f"{spoken} ({' and '.join(amounts)})" for spoken, amounts in known.items())
        advice = [f"It takes {takes}." if takes else f"Its fields: {listed(self._draft.layout.fields)}."]
        if argument == "mask":  # only a model's own fields say so; most that do are made for editing
            advice.append("Of the models of kind edit, get_model shows which take one.")
        elif all(field.medium != medium for field in self._draft.layout.media):
            advice.append(f"search_models finds models that take a {NOUNS[medium]}.")
        return InvalidRequest(f"{self._draft.model} {what}.", next_step=" ".join(advice))


def _conversion(source: str, field: MediaField) -> str:
    """How a recording in another format, or the sound of a clip, becomes one that the field takes."""
    name = source.replace("\\", "/").rpartition("/")[2]
    accepts = _same_types(field.accepts)
    usual = [media for media in (MP3, WAV, *KNOWN) if media.kind == "audio"]
    form = next((media.extension for media in usual if not accepts or media.mime_type in accepts), None)
    converted = f"{name.rpartition('.')[0] or name}{form}"
    if form is None or converted.lower() == name.lower():
        return ""
    return f' Convert it, for instance: ffmpeg -i "{plain(name, 80)}" -vn "{plain(converted, 80)}"'


def _is_frame(media: MediaField) -> bool:
    return argument_for(media, "generate_video") == "first_frame"


def argument_for(media: MediaField, tool: Tool) -> str | None:
    """The tool's argument that fills a field for media; None where only `params` does."""
    if media.medium != "image":
        is_spoken = media.medium in ARGUMENTS[tool] and media.role in ROLES[media.medium][1]
        return media.medium if is_spoken else None
    if "images" not in ARGUMENTS[tool]:
        return None
    for_video = tool == "generate_video"
    by_role = {"mask": "mask", "last": "last_frame", "first": "first_frame"}
    if for_video and media.role == "source" and not media.is_list:
        return "first_frame"
    found = by_role.get(media.role, "images")
    return found if for_video or found in {"mask", "images"} else "images"


def amount_of(media: MediaField) -> str:
    """How many of it its argument takes, in words: `video` and `audio` are one each."""
    noun, few, most = NOUNS[media.medium], media.field.fewest_items, media.most
    if most == 1 or media.medium != "image":
        return noun
    if few > 1:
        return f"{few} {noun}s" if few == most else f"{few} to {most} {noun}s" if most else f"at least {few} {noun}s"
    return f"up to {most} {noun}s" if most else f"{noun}s"


def _holds(field: MediaField, count: int) -> bool:
    if not field.is_list:
        return count == 1
    return count >= field.field.fewest_items and (field.most is None or count <= field.most)


def _frames(inner: Field) -> Mapping[Role, tuple[str, object]]:
    """Where an element has to say which frame it is: the member, and its word for the first and the last."""
    found: dict[Role, tuple[str, object]] = {}
    for name, member in inner.members.items():
        found |= {role_of(words_of(str(option)), "image"): (name, option) for option in member.options}
    return {role: said for role, said in found.items() if role in {"first", "last"}}


def _required_member(member: Field, number: int, medium: Medium) -> object:
    """A member that has to be there: its default, the only option or the one that names the medium, or a number."""
    if member.default is not None:
        return member.default
    if member.options:
        of_medium = (option for option in member.options if medium in str(option).lower())
        return next(of_medium, member.options[0] if len(member.options) == 1 else None)
    if member.types == frozenset({"integer"}):
        return number
    return str(number) if set(words_of(member.name)) & {"id", "name", "key"} else None


def _same_types(accepts: Sequence[str]) -> set[str]:
    """The accepted types, with the other spellings of the same."""
    aliases = {
        "image/jpg": "image/jpeg",
        "audio/mp3": "audio/mpeg",
        "audio/x-wav": "audio/wav",
        "audio/wave": "audio/wav",
        "audio/m4a": "audio/mp4",
        "audio/x-m4a": "audio/mp4",
        "video/mov": "video/quicktime",
        "video/x-m4v": "video/mp4",
    }
    return {aliases.get(word.lower(), word.lower()) for word in accepts}
