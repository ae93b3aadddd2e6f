"""Text that comes from outside is data: made safe to show, capped, and put in quotation marks."""

import re

# Error texts may begin with a signed URL of a thousand characters, which would push the reason out.
_LONG_URL = re.compile(r"https?://\S{60,}")
_SHOWN = frozenset("\n\t\u00a0\u2007\u202f\u3000\u200c\u200d")
_LONE_JOINER = re.compile("(?<![^\\x00-\\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\\x00-\\x7f])")


def plain(text: str, limit: int) -> str:
    """`text` on one line, without invisible characters or long URLs, at most `limit` characters.

    Invisible are control characters, terminal escapes, bidi overrides, zero-width and other format characters,
    surrogates, private and unassigned ones.
    """
    # Cut first: a megabyte of hostile text is not worth normalising.
    text = text[: limit * 20]
    if "://" in text:
        text = _LONG_URL.sub("[long URL]", text)
    line = " ".join(text.split())
    if not line.isprintable():  # of spaces, only the plain one is left
        hidden = [char for char in set(line) if not char.isprintable()]
        line = " ".join(line.translate(dict.fromkeys(map(ord, hidden))).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def visible(text: str) -> str:
    """`text` without what cannot be seen, as `plain` has it, but with its lines and tabs.

    A joiner or its opposite stays between two letters that are not ASCII: some scripts are spelled with them.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    hidden = {char for char in set(lines) if not char.isprintable()} - _SHOWN
    kept = lines.translate(dict.fromkeys(map(ord, hidden))) if hidden else lines
    return _LONE_JOINER.sub("", kept)


def quoted(text: str, limit: int = 300) -> str:
    """`plain`, in quotation marks that the text itself cannot close."""
    return f'"{plain(text, limit).replace(chr(34), chr(39))}"'
