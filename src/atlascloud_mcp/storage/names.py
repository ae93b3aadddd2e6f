"""File and folder names as plain strings: which ones are dangerous, and which ones we give.

Nothing here touches the disk. What Windows would misread is checked on every system, so that a project
made on one opens on the other. Source for Windows: "Naming Files, Paths, and Namespaces", learn.microsoft.com.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from itertools import count, islice

from atlascloud_mcp.storage.media import BY_EXTENSION, MEDIA_EXTENSIONS, MediaType, named_as

MAX_NAME = 120
"""Longest name that is given to a file, in characters; every file system takes it."""
MAX_COMPONENT_BYTES = 255
MAX_PATH = 4096
SLUG_LENGTH = 48
_SLUG_BYTES = 120
_MOST_NUMBERS = 10_000

_RESERVED = re.compile(r"con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³]", re.IGNORECASE)
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# Keys and credentials, as assistants have been talked into sending them. Lower case, whole names.
_SECRET_NAME = re.compile(
    r"id_(rsa|dsa|ecdsa|ed25519)([._-].*)?|authorized_keys.*|known_hosts.*"
    r"|\.env(\..*)?|.+\.env|\.?(netrc|npmrc|pypirc|pgpass|my\.cnf|htpasswd|dockercfg|git-credentials)|_netrc"
    r"|credentials?([._ -].*)?|(client_)?secrets?([._-].*)?|service[-_]account.*\.json|(g)?shadow-?|wallet\.dat"
    r"|.+\.(pem|key|p12|pfx|p8|pkcs12|jks|keystore|kdbx?|ppk|asc|gpg|pgp|ovpn|age|der|keychain(-db)?|token)"
)

# What an operating system or a shell would run, or a browser would as a page.
_EXECUTABLE = re.compile(
    r"\.(app|appimage|bash|bat|cgi|class|cmd|com|command|cpl|deb|desktop|dll|dmg|dylib|elf|exe|fish|hta|html?|inf"
    r"|ipynb|jar|[cm]?js|jse|[jt]sx|lnk|lua|msc|msi|msp|php\d?|pif|pkg|pl|psm?1|pyc?|pyw|rb|reg|rpm|run|scr|sct"
    r"|service|sh|so|svgz|ts|url|vb|vbe|vbs|webloc|workflow|wsf?|wsh|xhtml|zsh)"
)


def is_secret(name: str) -> bool:
    """Whether a file of this name is likely to hold a key or a credential."""
    return _SECRET_NAME.fullmatch(unicodedata.normalize("NFKC", name).lower()) is not None


def is_reserved(name: str) -> bool:
    """Whether Windows takes the name for a device: `NUL`, `con.png`, `COM1`."""
    return _RESERVED.fullmatch(re.split(r"[.:]", name, maxsplit=1)[0].strip()) is not None


def problem_with_name(name: str) -> str | None:
    """Why no file or folder should be made under this name (one component), or None when it is fine."""
    if _BIDI.search(name):
        return "a name may not hold characters that turn the direction of text"
    if is_reserved(name):
        return f"Windows keeps the name {shown(name)} for a device"
    if found := re.search(r'[<>:"|?*\\/]', name):
        return f"a name may not hold {found[0]!r}, which means something else on Windows"
    if name != name.rstrip(" .") or name != name.lstrip():
        return "a name may not end with a dot or begin or end with a space"
    if name.startswith("."):
        return "hidden names (with a leading dot) are not written"
    if len(name) > MAX_NAME:
        return f"a name may have {MAX_NAME} characters at most, not {len(name)}"
    return None


def is_executable(name: str) -> bool:
    """Whether a file of this name could be run."""
    return _EXECUTABLE.fullmatch(extension_of(name)) is not None


def problem_with_text(text: str) -> str | None:
    """Why a path cannot be used, whatever it leads to; None when its characters and length are fine."""
    if not text.strip():
        return "it is empty"
    if len(text) > MAX_PATH:
        return f"it is too long: {len(text)} characters, {MAX_PATH} at most"
    if any(unicodedata.category(character) == "Cc" for character in text):
        return "it holds control characters"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "it is not valid Unicode"
    if "${" in text:
        return "it holds a placeholder that nothing has filled in"
    if any(len(part.encode()) > MAX_COMPONENT_BYTES for part in re.split(r"[\\/]", text)):
        return f"it is too long: a name in it has more than {MAX_COMPONENT_BYTES} bytes"
    return None


def extension_of(name: str) -> str:
    """The extension with its dot, in lower case; empty when there is none."""
    stem, dot, extension = name.rpartition(".")
    return f".{extension.lower()}" if dot and stem else ""


def split_media_name(name: str) -> tuple[str, str]:
    """Stem and extension of a name; only a media extension counts as one, so `v1.2` is all stem."""
    extension = extension_of(name)
    return (name[: -len(extension)], name[-len(extension) :]) if extension in MEDIA_EXTENSIONS else (name, "")


def extension_for(media: MediaType, named: str) -> str:
    """The extension that bytes of this type get; the caller's own spelling where it says the same."""
    alias, media = BY_EXTENSION.get(named.lower()), named_as(media, named)
    return named if alias and alias.mime_type == media.mime_type else media.extension


def candidates(stem: str, extension: str, index: int | None = None) -> Iterator[str]:
    """Names to try in turn: `hero.png`, `hero-2.png`, …; of several outputs, `hero-<index>.png` and up."""
    if index is None:
        yield stem + extension
    yield from (f"{stem}-{number}{extension}" for number in islice(count(index or 2), _MOST_NUMBERS))


def slug(text: str) -> str:
    """Letters, digits and hyphens of `text`, lower case, at most 48 characters, never empty.

    Letters of every script stay, as one recognises one's own words; a cut falls between words.
    """
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).lower())
    kept = "".join(character if _in_slug(character) else "-" for character in plain)
    words = re.sub(r"-+", "-", kept).strip("-")
    cut = words[: SLUG_LENGTH + 1]
    if len(words) > SLUG_LENGTH:
        cut = cut.rpartition("-")[0] or cut[:SLUG_LENGTH]
    while len(cut.encode()) > _SLUG_BYTES:
        cut = cut[:-1]
    cut = cut.strip("-")
    return cut if cut and not is_reserved(cut) else "untitled"


def _in_slug(character: str) -> bool:
    return unicodedata.category(character) in {"Ll", "Lo", "Lm", "Nd", "Mn", "Mc"}


def output_name(day: date, prompt: str, prediction_id: str) -> str:
    """The name of a result in the output folder, without extension: `2026-11-03-red-fox-9f3a1c2b`."""
    short = re.sub(r"[^a-z0-9]", "", prediction_id.lower())[-8:]
    return "-".join(part for part in (day.isoformat(), slug(prompt), short) if part)


def shown(text: str) -> str:
    """`text` in quotes for a message: control and invisible characters escaped, at most 200 characters."""
    return repr(text if len(text) <= 200 else f"{text[:120]}…{text[-60:]}")
