"""Which field each picture, clip and recording goes into, by kind and role."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.draft import Draft
from atlascloud_mcp.jobs.parameters.fields import Field, listed, named, words_of
from atlascloud_mcp.jobs.parameters.media import MediaField, Medium, Role
from atlascloud_mcp.jobs.request import Request, texts_in

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

    def __init__(self, draft: Draft, addresses: Mapping[str, str], files: Mapping[str, LocalFile]) -> None:
        self._draft = draft
        self._addresses = addresses
        self._files = files

    def write(self, request: Request) -> None:
        """Every input stands in a field that is meant for it.

        Raises:
            InvalidRequest: the model has no place for one, not for so many, or not for this kind of file.
        """
        if request.mask:
            self._one("mask", request.mask)
        if request.first_frame:
            self._one("first_frame", request.first_frame)
        if request.last_frame:
            self._last(request)
        if request.video:
            self._one("video", request.video)
        if request.audio:
            self._one("audio", request.audio)
        if request.images:
            self._images(request.images, for_video=request.type == "video")

    def check(self, params: Mapping[str, object]) -> None:
        """Local files in `params` are of a kind, format and size that their fields take.

        Raises:
            InvalidRequest: one is not.
        """
        for field in self._draft.layout.media:
            for source in texts_in(params.get(field.field.name)):
                self._refuse_misfit(field, source, f"params.{plain(field.field.name, 60)}")

    def _one(self, argument: str, source: str) -> None:
        for field in sorted(self._fields(argument), key=lambda field: field.is_list):
            if field.field.name not in self._draft.fields:
                self._put(field, [source], argument)
                if argument == "first_frame" and (field.is_list or field.role == "reference"):
                    self._draft.note(
                        f"first_frame was sent as {named(field.field.name)}: this model takes no frame as such."
                    )
                return
        raise self._no_place(argument, 1)

    def _last(self, request: Request) -> None:
        """The closing picture: a field of its own, or the second place of a pair."""
        source = request.last_frame or ""
        if any(field.field.name not in self._draft.fields for field in self._fields("last_frame")):
            self._one("last_frame", source)
            return
        sources = [field for field in self._draft.layout.media if field.medium == "image" and field.role == "source"]
        pair = next((field for field in sources if field.is_list and field.most == 2), None)
        own = pair and self._draft.arguments.get(pair.field.name, "first_frame") == "first_frame"
        if pair is None or not request.first_frame or not own:
            raise self._no_place("last_frame", 1)
        for name in [name for name, argument in self._draft.arguments.items() if argument == "first_frame"]:
            del self._draft.fields[name]
        self._put(pair, [request.first_frame, source], "first_frame and last_frame")

    def _images(self, sources: Sequence[str], *, for_video: bool) -> None:
        """The pictures to work from: what has to be there first, then all in one list, else one by one.

        For a clip several pictures, and one where there is a place for it, are references.
        """
        free = [field for field in self._fields("images") if field.field.name not in self._draft.fields]
        if for_video:
            free.sort(key=lambda field: field.role != "reference")
        free.sort(key=lambda field: not field.field.is_required)
        singles, lists = [each for each in free if not each.is_list], [each for each in free if each.is_list]
        left = list(sources)
        required = [each for each in singles if each.field.is_required]
        whole = next((each for each in lists if _holds(each, len(left))), None)
        prefers_list = len(left) > 1 or (for_video and whole is not None and whole.role == "reference")
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

    def _fields(self, argument: str) -> list[MediaField]:
        """The fields that may hold it, the best first: by role, then the plainest name."""
        medium, roles = ROLES[argument]
        found = [field for field in self._draft.layout.media if field.medium == medium and field.role in roles]
        if argument == "first_frame" and not found:  # the only picture that it takes
            single = [field for field in self._draft.layout.media if field.medium == medium and not field.is_list]
            found = [field for field in single if field.role == "reference"]
        order = [*roles, "reference"]
        return sorted(found, key=lambda field: (order.index(field.role), field.plainness))

    def _put(self, field: MediaField, sources: Sequence[str], argument: str) -> None:
        for source in sources:
            self._refuse_misfit(field, source, argument)
        urls = [self._addresses[source] for source in sources]
        inner = field.field.items or field.field
        values = [_dressed(inner, field, url, number) for number, url in enumerate(urls, start=1)]
        self._draft.put(field.field, values if field.is_list else values[0], argument)

    def _refuse_misfit(self, field: MediaField, source: str, argument: str) -> None:
        """A local file of another kind, format or size than the field takes would be paid for in vain."""
        file = self._files.get(source)
        if file is None:
            return
        name = plain(source, 120)
        if file.mime_type.partition("/")[0] != field.medium:
            raise InvalidRequest(
                f"{name} is {file.mime_type}, but {argument} takes a {NOUNS[field.medium]}.",
                next_step=f"Pass a {NOUNS[field.medium]} there.",
            )
        if field.accepts and not {file.mime_type, f"{field.medium}/*", "*/*"} & _same_types(field.accepts):
            raise InvalidRequest(
                f"{self._draft.model} does not take {file.mime_type} ({name}) as {argument}.",
                next_step=f"It takes {plain(', '.join(field.accepts), 200)}.",
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
        if not fields:
            what = f"takes no {argument}"
        elif most < count:
            what = f"takes at most {most} in {argument}, {count} were given"
        else:
            what = f"has no room for {argument} beside the rest"
        media = self._draft.layout.media
        known = ", ".join(f"{named(field.field.name)} ({NOUNS[field.medium]})" for field in media[:24])
        all_fields = listed(self._draft.layout.fields)
        # Only a model's own fields say that it takes a mask; most that do are made for editing.
        search = f"search_models finds models that take a {NOUNS[medium]}."
        look = "Of the models of kind edit, get_model shows which take one." if argument == "mask" else search
        takes = f"It takes {known}" if known else f"Its fields: {all_fields}"
        return InvalidRequest(
            f"{self._draft.model} {what}.",
            next_step=f"{takes}. {look}",
        )


def argument_for(media: MediaField, *, for_video: bool) -> str | None:
    """The argument of the vocabulary that fills a field for media; None where only `params` does."""
    if media.medium != "image":
        return media.medium if media.role in ROLES[media.medium][1] else None
    by_role = {"mask": "mask", "last": "last_frame", "first": "first_frame"}
    if for_video and media.role == "source" and not media.is_list:
        return "first_frame"
    found = by_role.get(media.role, "images")
    return found if for_video or found in {"mask", "images"} else "images"


def _holds(field: MediaField, count: int) -> bool:
    if not field.is_list:
        return count == 1
    return count >= field.field.fewest_items and (field.most is None or count <= field.most)


def _dressed(inner: Field, field: MediaField, url: str, number: int) -> object:
    """The URL as the element wants it: bare, or in an object whose other required members are filled."""
    if field.carrier is None:
        return url
    dressed: dict[str, object] = {}
    for name, member in inner.members.items():
        if name == field.carrier:
            dressed[name] = [url] if member.items else url
        elif member.is_required and (value := _required_member(member, number, field.medium)) is not None:
            dressed[name] = value
    return dressed


def _required_member(member: Field, number: int, medium: Medium) -> object:
    """A member that has to be there: its default, the option that names the medium, or a number as its id."""
    if member.default is not None:
        return member.default
    named = next((option for option in member.options if medium in str(option).lower()), None)
    if named is not None or member.options:
        return named if named is not None else member.options[0]
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
