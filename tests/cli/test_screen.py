"""The demo's screen copes with what it is shown on."""

from io import BytesIO, TextIOWrapper

import pytest

from atlascloud_mcp.cli.screen import Screen


class _Terminal(TextIOWrapper):
    def isatty(self) -> bool:
        return True


def written(encoding: str, *, plain: bool = False) -> tuple[Screen, BytesIO]:
    raw = BytesIO()
    return Screen(TextIOWrapper(raw, encoding=encoding, write_through=True), plain=plain), raw


def test_a_console_that_cannot_show_a_character_shows_another() -> None:
    screen, raw = written("cp1252")
    screen.done("fuchs 🦊")
    assert raw.getvalue().decode("cp1252") == "  ok fuchs ?\n"


def test_progress_without_a_terminal_is_a_line_whenever_the_text_is_new() -> None:
    screen, raw = written("utf-8")
    with screen.bar():
        for text in ("submitting", "submitting", "processing"):
            screen.progress(1.0, 2.0, text)
    assert raw.getvalue().decode() == "    submitting\n    processing\n"


def test_on_a_terminal_a_long_line_is_broken_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "24")
    raw = BytesIO()
    screen = Screen(_Terminal(raw, encoding="utf-8", write_through=True), plain=False)
    screen.wrapped('make {"save_to": "a-fox.png"}')
    assert raw.getvalue().decode() == 'make {"save_to":\n    "a-fox.png"}\n'
