"""What a submit to an audio model asks for: what is to be heard, or what is to be written down."""

from dataclasses import dataclass

from atlascloud_mcp.sandbox.model import SoundTask


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """The wish. `seconds` is the length of what is heard; 0 where that is a recording which nobody has heard yet.

    `text` is what is said, sung or written about; of a transcript it is what the recording says, once it was heard, and
    "" before. `title` is what a song's cover shows, `voice` who speaks, `language` a code or a name, "" where it is not
    said.

    Of a transcript: how many `speakers` are told apart (0: they are not), and whether it `has_timings`, `has_spacing`
    (an entry for each space) and `has_channels`.
    """

    task: SoundTask
    text: str
    seconds: float
    sample_rate: int
    title: str = ""
    voice: str = ""
    language: str = ""
    tracks: int = 1
    speakers: int = 0
    has_timings: bool = True
    has_spacing: bool = False
    has_channels: bool = False

    @property
    def is_text(self) -> bool:
        """Whether the answer is words and no file."""
        return self.task in ("lyrics", "transcript")

    @property
    def has_cover(self) -> bool:
        """Whether a picture comes with it."""
        return self.tracks > 1
