"""What a job gives, as the files that come of it: its outputs, a cover beside music, and a transcript's other forms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from atlascloud_mcp.atlas.transcripts import Transcript
from atlascloud_mcp.atlas.untrusted import quoted, readable
from atlascloud_mcp.atlas.wire import MediaOutput, Prediction
from atlascloud_mcp.jobs.delivering import subtitles
from atlascloud_mcp.jobs.delivering.naming import kind_by_address
from atlascloud_mcp.jobs.parameters.fields import named
from atlascloud_mcp.storage.media import JSON, MARKDOWN, SRT, TXT, VTT, MediaType

MAX_OUTPUTS = 64  # far more than any model makes: a broken answer must not fill the disk


@dataclass(frozen=True, slots=True)
class Part:
    """One file to be: behind `url`, or `content`.

    `media` is what it is where that is known before it is looked at, `text` what the answer shows of it. One that
    `is_extra` says what another one says in another form.
    """

    url: str | None = None
    content: bytes | None = None
    text: str | None = None
    media: MediaType | None = None
    is_extra: bool = False


def parts_of(found: Prediction, wanted: str) -> tuple[Part, ...]:
    """The files of a finished job, in order; `wanted` is the extension that was asked for, or empty."""
    parts = [_part(output, wanted, found.transcript) for output in found.outputs[:MAX_OUTPUTS]]
    if found.cover and _may_have_cover(found) and all(part.url != found.cover for part in parts):
        parts.append(Part(url=found.cover))
    if found.transcript and any(part.text for part in parts):
        parts += _other_forms(found.transcript)
    return tuple(parts)


def facts_of(found: Prediction) -> list[str]:
    """What is known of a text beside its words, as notes."""
    notes: list[str] = []
    if lyrics := found.lyrics:
        said = {"title": lyrics.title, "style": ", ".join(lyrics.style)}
        notes += _told("lyrics", [f"{name} {quoted(words)}" for name, words in said.items() if words])
    if transcript := found.transcript:
        speakers, seconds = len(transcript.speakers), transcript.duration_seconds
        facts = [
            f"language {named(transcript.language)}" if transcript.language else "",
            f"{seconds:.1f} s" if seconds else "",
            f"{speakers} speakers, named in the .srt" if speakers > 1 else "1 speaker" if speakers else "",
        ]
        notes += _told("recording", [fact for fact in facts if fact])
        notes += [] if transcript.words else ["The model gave no timings, so there are no subtitles."]
    return notes


def _told(what: str, facts: Sequence[str]) -> list[str]:
    return [f"Of the {what}: {', '.join(facts)}."] if facts else []


def _part(output: MediaOutput, wanted: str, transcript: Transcript | None) -> Part:
    if output.text is None:
        return Part(output.url, output.data)
    media = MARKDOWN if wanted == MARKDOWN.extension else TXT
    text = readable(output.text)
    text = subtitles.by_speaker(text, transcript.words) if transcript else text
    return Part(content=f"{text}\n".encode() if text else b"", text=text, media=media)


def _may_have_cover(found: Prediction) -> bool:
    """Whether nothing among its outputs is a picture or a clip by its name."""
    kinds = {media.kind for output in found.outputs if (media := kind_by_address(output.url))}
    return not kinds & {"image", "video", "model"}


def _other_forms(transcript: Transcript) -> Iterator[Part]:
    if not transcript.words:
        return
    found = subtitles.cues(transcript.words)
    for media, text in (
        (SRT, subtitles.srt(found)),
        (VTT, subtitles.vtt(found)),
        (JSON, subtitles.as_json(transcript)),
    ):
        yield Part(content=text.encode(errors="replace"), media=media, is_extra=True)
