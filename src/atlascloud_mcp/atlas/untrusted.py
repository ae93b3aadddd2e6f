"""Text that comes from outside is data: made safe to show, capped, and put in quotation marks."""

import re

# Error texts may begin with a signed URL of a thousand characters, which would push the reason out.
_LONG_URL = re.compile(r"https?://\S{60,}")


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


def quoted(text: str, limit: int = 300) -> str:
    """`plain`, in quotation marks that the text itself cannot close."""
    return f'"{plain(text, limit).replace(chr(34), chr(39))}"'
