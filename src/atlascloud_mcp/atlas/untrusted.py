"""Text that comes from outside is data: made safe to show, capped, and put in quotation marks."""

import re
import unicodedata

# Error texts may begin with a signed URL of a thousand characters, which would push the reason out.
_LONG_URL = re.compile(r"https?://\S{60,}")
_JOINERS = frozenset("\u200c\u200d")  # parts of words in some scripts, and of pictures of people
_LINE_ENDS = str.maketrans({"\r": "\n", "\u2028": "\n", "\u2029": "\n", "\x85": "\n"})
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


def readable(text: str) -> str:
    """`text` with its lines, tabs and spaces, without characters that cannot be seen or that mislead a reader.

    For what is asked for as a text: unlike in `plain`, nothing else is changed or cut.
    """
    text = text.replace("\r\n", "\n").translate(_LINE_ENDS)
    hidden = [char for char in set(text) - _JOINERS - {"\n", "\t"} if unicodedata.category(char)[0] == "C"]
    return _LONE_JOINER.sub("", text.translate(dict.fromkeys(map(ord, hidden))) if hidden else text)


def quoted(text: str, limit: int = 300) -> str:
    """`plain`, in quotation marks that the text itself cannot close."""
    return f'"{plain(text, limit).replace(chr(34), chr(39))}"'
