"""Text that comes from outside is data: made safe to show, capped, and put in quotation marks."""

import re
import unicodedata

# Control characters, terminal escapes, bidi overrides, zero-width and other invisible format characters.
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
# Error texts may begin with a signed URL of a thousand characters, which would push the reason out.
_LONG_URL = re.compile(r"https?://\S{60,}")


def plain(text: str, limit: int) -> str:
    """`text` on one line, without invisible characters or long URLs, at most `limit` characters."""
    # Cut first: a megabyte of hostile text is not worth normalising.
    text = _LONG_URL.sub("[long URL]", text[: limit * 20])
    visible = "".join(" " if char.isspace() else char for char in text if _shown(char))
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def quoted(text: str, limit: int = 300) -> str:
    """`plain`, in quotation marks that the text itself cannot close."""
    return f'"{plain(text, limit).replace(chr(34), chr(39))}"'


def _shown(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in _INVISIBLE
