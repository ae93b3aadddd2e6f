"""What a language model has answered so far, in no protocol's words."""

from dataclasses import dataclass, field
from enum import Enum

from atlascloud_mcp.atlas.protocols.thought import Thought
from atlascloud_mcp.atlas.values import Json, whole
from atlascloud_mcp.atlas.wire import envelope

_MOST_TOKENS = 10**9
_MAX_WORD = 80
_MAX_REFUSAL = 2000
_NO_WORDS = frozenset({"", "null", "none"})


class Ending(Enum):
    """Why an answer ends where it does."""

    NONE = "it has not ended"
    COMPLETE = "the model had said all"
    LIMIT = "the limit of tokens was reached"
    REFUSED = "the model, or a filter before or behind it, refused"
    FAILED = "the service gave up"
    OTHER = "for another reason"


_WORDS = {
    Ending.COMPLETE: "stop eos end_turn stop_sequence completed complete",
    Ending.LIMIT: "length max_tokens max_output_tokens model_length model_context_window_exceeded",
    Ending.REFUSED: "content_filter refusal sensitive safety recitation blocklist prohibited_content spii model_armor"
    " image_safety image_prohibited_content image_recitation",
    Ending.FAILED: "error failed cancelled network_error insufficient_system_resource",
}
"""The words of all protocols: servers use each other's."""
_ENDINGS = {word: ending for ending, words in _WORDS.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens; None where nothing was said. `output` includes the hidden `reasoning`."""

    input: int | None = None
    output: int | None = None
    reasoning: int | None = None


@dataclass(slots=True)
class Reply:
    """An answer, while it comes and after.

    `finish_reason` is the protocol's own word for how it ended, `refusal` what was said in place of an answer, `broken`
    why the rest of it will not come, `error` what the service said when it gave up. `is_over`: nothing more is to be
    read. `is_speaking`: this event brought some of the answer, or of the reasoning before it. `is_item_read`: what
    comes now is read already, from smaller events. `limit` is that of its tokens, where one was sent.
    """

    ending: Ending = Ending.NONE
    finish_reason: str = ""
    refusal: str = ""
    has_reasoned: bool = False
    is_over: bool = False
    is_speaking: bool = False
    is_item_read: bool = False
    error: str = ""
    broken: str = ""
    sandbox: bool = False
    limit: int | None = None
    _was_open: bool = False
    _is_sure: bool = False
    _counts: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])
    _thought: Thought = field(default_factory=Thought)

    @property
    def text(self) -> str:
        """The answer's text, without the reasoning before it."""
        return self._thought.answer

    @property
    def length(self) -> int:
        """How many characters of it have come."""
        return self._thought.length

    @property
    def left_out(self) -> int:
        """How many characters of what came as the answer turned out to be reasoning."""
        return self._thought.left_out

    @property
    def has_text(self) -> bool:
        """Whether something of the answer can be seen."""
        return bool(self.text.strip())

    @property
    def has_ended(self) -> bool:
        """Whether no more text belongs to it, whatever becomes of the connection. Giving up is no end of its own.

        Some servers say "stop" with every piece: it counts where the piece before named no ending, or all is over.
        """
        is_told = self.is_over or self._is_sure
        return is_told and (self.ending in {Ending.COMPLETE, Ending.LIMIT} or not self.error)

    @property
    def may_be_followed(self) -> bool:
        """Whether more of it may come: it has not ended, or came with its ending, or that is a word of no known one."""
        return not self.has_ended or self.is_speaking or self.ending is Ending.OTHER

    def begin_event(self) -> None:
        """What is told from here on is the next event's."""
        if self.is_speaking:
            self._was_open = not self.finish_reason
        self.is_speaking = False

    def fail(self, error: object) -> None:
        """The service gave up; this says why, in any of the ways in which errors are told."""
        self.error = self.error or envelope({"error": error}).message or "no reason given"

    def add(self, text: object) -> None:
        """A piece of the answer; what is no text is none."""
        if isinstance(text, str) and text:
            self._thought.add(text)
            self._speak()
        self.has_reasoned = self.has_reasoned or self._thought.is_there

    def keep_tags(self) -> None:
        """The question is about the tags of a thought: what ends one may belong to the answer."""
        self._thought.has_to_open = True

    def break_off(self, why: str) -> None:
        """Nothing more comes, for this reason; what has ended lacks nothing."""
        if not self.has_ended:
            self.broken = self.broken or why

    def refuse(self, words: object) -> None:
        """A piece of what is said in place of an answer."""
        if isinstance(words, str) and (words.strip() or self.refusal):
            self.ending = Ending.REFUSED
            self.refusal = (self.refusal + words)[:_MAX_REFUSAL]

    def reason(self, words: object) -> None:
        """A piece of reasoning, which is no answer."""
        if words:
            self.has_reasoned = True
            self._speak()

    def _speak(self) -> None:
        """An ending with more behind it was none. A refusal that was said stays one."""
        self.is_speaking = True
        if not self.refusal:
            self.ending, self.finish_reason, self._is_sure = Ending.NONE, "", False

    def finish(self, word: object) -> None:
        """It ends, with the protocol's word for why. A refusal that was said stays one."""
        if not isinstance(word, str) or word.strip().lower() in _NO_WORDS:
            return
        self.finish_reason = word.strip()[:_MAX_WORD]
        if self.ending is not Ending.REFUSED:
            self.ending = _ENDINGS.get(self.finish_reason.lower(), Ending.OTHER)
        self._is_sure = self._is_sure or self._was_open or self.ending in {Ending.LIMIT, Ending.REFUSED}
        if self.ending is Ending.FAILED:
            self.fail(self.finish_reason)

    def count(self, **said: int | tuple[int | None, ...] | None) -> None:
        """What was used so far: the fields of `Usage`, and `total`; each is a count, or those that add up to it.

        Counts only grow: one that is less than before, or is not said again, stays as it was.
        """
        for name, counts in said.items():
            for number, count in enumerate(counts if isinstance(counts, tuple) else (counts,)):
                if count is not None:
                    self._counts[name, number] = max(count, self._counts.get((name, number), 0))

    @property
    def usage(self) -> Usage:
        """What was used so far. Some servers count the reasoning beside the output, and only the total tells."""
        input, output, reasoning, total = map(self._counted, ("input", "output", "reasoning", "total"))  # noqa: A001
        if output is not None:
            by_total = total - input if total and input else 0
            output = max(output, reasoning or 0, by_total)
        return Usage(input, output, reasoning)

    def _counted(self, name: str) -> int | None:
        counts = [count for (each, _), count in self._counts.items() if each == name]
        return sum(counts) if counts else None


def tokens(counts: Json, *names: str) -> int | None:
    """The number under the first of these names that has one that can be."""
    found = (whole(counts.get(name)) for name in names)
    return next((count for count in found if count is not None and 0 <= count <= _MOST_TOKENS), None)
