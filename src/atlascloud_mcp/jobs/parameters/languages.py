"""Languages as people and models name them: `English`, `en`, `en-US`.

Source: ISO 639-1 (the codes) and the English names of the Unicode CLDR, for the languages that published speech
models list.
"""

import re
from collections.abc import Sequence

from atlascloud_mcp.jobs.parameters.fields import Field

NAMES = {
    "af": "Afrikaans",
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "ms": "Malay",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sr": "Serbian",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "yue": "Cantonese",
    "zh": "Chinese",
}
_CODES = {name.casefold(): code for code, name in NAMES.items()} | {"mandarin": "zh", "farsi": "fa", "filipino": "fil"}
_CODE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE)


def spelled(field: Field, wanted: str) -> str:
    """`wanted` as this field spells languages; unchanged where nothing says how, or it lists none like it.

    Of several spellings of a language (`en-US`, `en-GB`) an asked region counts, else the field's default, else the
    first.
    """
    options = [option for option in field.options if isinstance(option, str)]
    code = _code_of(wanted)
    if options or code is None:
        return _among(options, wanted, code, field.default)
    usual = field.default if isinstance(field.default, str) else ""
    if usual.casefold() in _CODES:
        return NAMES.get(code, wanted)
    is_coded = _CODE.fullmatch(usual) or re.search(r"\bcode|\bISO\b|\bBCP\b|\b[a-z]{2}-[A-Z]{2}\b", field.description)
    return code if is_coded and wanted.casefold() in _CODES else wanted


def _among(options: Sequence[str], wanted: str, code: str | None, usual: object) -> str:
    exact = [option for option in options if _folded(option) == _folded(wanted)]
    alike = [option for option in options if code is not None and _code_of(option) == code]
    whole = [option for option in alike if "-" not in _folded(option)]  # no region, as none was asked for
    return next(iter([*exact, *(option for option in alike if option == usual), *whole, *alike]), wanted)


def _folded(word: str) -> str:
    return word.strip().casefold().replace("_", "-")


def _code_of(word: str) -> str | None:
    """The code of a language, from its name or from a code with or without a region; None for any other word."""
    folded = _folded(word)
    if folded in _CODES:
        return _CODES[folded]
    by_name = _CODES.get(re.split(r"[^\w]", folded, maxsplit=1)[0])  # `Chinese (Mandarin)`, `English-US`
    found = _CODE.fullmatch(folded)
    return by_name or (found[1] if found and found[1] in {*NAMES, *_CODES.values()} else None)
