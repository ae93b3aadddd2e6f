"""What the demo prints: a live line on a terminal, plain lines everywhere else."""

import math
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from textwrap import fill
from typing import TextIO

BAR_WIDTH = 28
BOLD, DIM, GREEN, RESET = "\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[0m"


class Screen:
    """Writes to one stream. Without a terminal, or where `plain` is wanted, no colours and no moving bar."""

    def __init__(self, stream: TextIO, *, plain: bool) -> None:
        self._stream = stream
        self._live = stream.isatty() and not plain
        self._full, self._empty = ("█", "░") if _can_show(stream, "█░✓") else ("#", ".")
        self._check = "✓" if self._full == "█" else "ok"
        self._last = ""

    def line(self, text: str = "") -> None:
        """One line for good."""
        self._stream.write(text.encode(self._encoding, "replace").decode(self._encoding) + "\n")
        self._stream.flush()

    def wrapped(self, text: str) -> None:
        """The same, on a terminal broken between words."""
        self.line(self._broken(text))

    def title(self, text: str) -> None:
        """A line that stands out."""
        self.line(self._styled(BOLD, text))

    def detail(self, text: str) -> None:
        """A line that steps back."""
        self.line(self._styled(DIM, self._broken(text)))

    def done(self, text: str) -> None:
        """A line about something that worked."""
        self.line(f"  {self._styled(GREEN, self._check)} {text}")

    def progress(self, elapsed_s: float, expected_s: float, text: str) -> None:
        """How far a job is: redrawn in place on a terminal, else a line whenever the text is new."""
        if not self._live:
            if text != self._last:
                self.line(f"    {text}")
            self._last = text
            return
        # Nobody knows when a job ends: the bar slows down towards the end and never claims to be there.
        filled = round(BAR_WIDTH * (1 - math.exp(-1.5 * elapsed_s / expected_s)))
        bar = self._full * filled + self._empty * (BAR_WIDTH - filled)
        room = shutil.get_terminal_size().columns - BAR_WIDTH - 14
        self._stream.write(f"\r\x1b[2K  {bar} {elapsed_s:4.1f} s  {self._styled(DIM, text[: max(room, 0)])}")
        self._stream.flush()

    @contextmanager
    def bar(self) -> Generator[None]:
        """The live line is gone afterwards, whatever happened."""
        if self._live:
            self._stream.write("\x1b[?25l")
        try:
            yield
        finally:
            self._last = ""
            if self._live:
                self._stream.write("\r\x1b[2K\x1b[?25h")
                self._stream.flush()

    def _broken(self, text: str) -> str:
        if not self._live:
            return text
        width = shutil.get_terminal_size().columns
        return fill(text, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)

    @property
    def _encoding(self) -> str:
        return self._stream.encoding or "utf-8"

    def _styled(self, style: str, text: str) -> str:
        return f"{style}{text}{RESET}" if self._live else text


def _can_show(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
