"""Languages as people and models name them: `English`, `en`, `en-US`, `eng`."""

import re
from collections.abc import Mapping, Sequence

from atlascloud_mcp.jobs.parameters.fields import Field

# Code: English name, and what else means it. Sources: OpenAI's Whisper, tokenizer.py (which languages, second names);
# Unicode CLDR (names); ISO 639-1, else 639-3 (codes); ISO 639-2 (three letters, both kinds). `jp`, `kr`, `cn` and `jw`
# are what published models write, whatever else they may mean.
_LANGUAGES: Mapping[str, tuple[str, str]] = {
    "af": ("Afrikaans", "afr"),
    "am": ("Amharic", "amh"),
    "ar": ("Arabic", "ara"),
    "as": ("Assamese", "asm"),
    "az": ("Azerbaijani", "aze"),
    "ba": ("Bashkir", "bak"),
    "be": ("Belarusian", "bel"),
    "bg": ("Bulgarian", "bul"),
    "bn": ("Bengali", "ben"),
    "bo": ("Tibetan", "bod tib"),
    "br": ("Breton", "bre"),
    "bs": ("Bosnian", "bos"),
    "ca": ("Catalan", "cat valencian"),
    "cs": ("Czech", "ces cze"),
    "cy": ("Welsh", "cym wel"),
    "da": ("Danish", "dan"),
    "de": ("German", "deu ger"),
    "el": ("Greek", "ell gre"),
    "en": ("English", "eng"),
    "es": ("Spanish", "spa castilian"),
    "et": ("Estonian", "est"),
    "eu": ("Basque", "eus baq"),
    "fa": ("Persian", "fas per farsi"),
    "fi": ("Finnish", "fin"),
    "fo": ("Faroese", "fao"),
    "fr": ("French", "fra fre"),
    "gl": ("Galician", "glg"),
    "gu": ("Gujarati", "guj"),
    "ha": ("Hausa", "hau"),
    "haw": ("Hawaiian", ""),
    "he": ("Hebrew", "heb iw"),
    "hi": ("Hindi", "hin"),
    "hr": ("Croatian", "hrv"),
    "ht": ("Haitian Creole", "hat haitian"),
    "hu": ("Hungarian", "hun"),
    "hy": ("Armenian", "hye arm"),
    "id": ("Indonesian", "ind"),
    "is": ("Icelandic", "isl ice"),
    "it": ("Italian", "ita"),
    "ja": ("Japanese", "jpn jp"),
    "jv": ("Javanese", "jav jw"),
    "ka": ("Georgian", "kat geo"),
    "kk": ("Kazakh", "kaz"),
    "km": ("Khmer", "khm"),
    "kn": ("Kannada", "kan"),
    "ko": ("Korean", "kor kr"),
    "la": ("Latin", "lat"),
    "lb": ("Luxembourgish", "ltz letzeburgesch"),
    "ln": ("Lingala", "lin"),
    "lo": ("Lao", "lao"),
    "lt": ("Lithuanian", "lit"),
    "lv": ("Latvian", "lav"),
    "mg": ("Malagasy", "mlg"),
    "mi": ("Maori", "mri mao"),
    "mk": ("Macedonian", "mkd mac"),
    "ml": ("Malayalam", "mal"),
    "mn": ("Mongolian", "mon"),
    "mr": ("Marathi", "mar"),
    "ms": ("Malay", "msa may"),
    "mt": ("Maltese", "mlt"),
    "my": ("Burmese", "mya bur myanmar"),
    "ne": ("Nepali", "nep"),
    "nl": ("Dutch", "nld dut flemish"),
    "nn": ("Nynorsk", "nno"),
    "no": ("Norwegian", "nor nb nob bokmål"),
    "oc": ("Occitan", "oci"),
    "pa": ("Punjabi", "pan panjabi"),
    "pl": ("Polish", "pol"),
    "ps": ("Pashto", "pus pushto"),
    "pt": ("Portuguese", "por"),
    "ro": ("Romanian", "ron rum moldavian moldovan"),
    "ru": ("Russian", "rus"),
    "sa": ("Sanskrit", "san"),
    "sd": ("Sindhi", "snd"),
    "si": ("Sinhala", "sin sinhalese"),
    "sk": ("Slovak", "slk slo"),
    "sl": ("Slovenian", "slv"),
    "sn": ("Shona", "sna"),
    "so": ("Somali", "som"),
    "sq": ("Albanian", "sqi alb"),
    "sr": ("Serbian", "srp"),
    "su": ("Sundanese", "sun"),
    "sv": ("Swedish", "swe"),
    "sw": ("Swahili", "swa"),
    "ta": ("Tamil", "tam"),
    "te": ("Telugu", "tel"),
    "tg": ("Tajik", "tgk"),
    "th": ("Thai", "tha"),
    "tk": ("Turkmen", "tuk"),
    "tl": ("Tagalog", "tgl fil filipino"),
    "tr": ("Turkish", "tur"),
    "tt": ("Tatar", "tat"),
    "uk": ("Ukrainian", "ukr"),
    "ur": ("Urdu", "urd"),
    "uz": ("Uzbek", "uzb"),
    "vi": ("Vietnamese", "vie"),
    "yi": ("Yiddish", "yid"),
    "yo": ("Yoruba", "yor"),
    "yue": ("Cantonese", ""),
    "zh": ("Chinese", "zho chi cmn cn mandarin"),
}
_CODES = {code: code for code in _LANGUAGES} | {
    other: code for code, (_, others) in _LANGUAGES.items() for other in others.split() if len(other) <= 3
}
_NAMED = {name.casefold(): code for code, (name, _) in _LANGUAGES.items()} | {
    other: code for code, (_, others) in _LANGUAGES.items() for other in others.split() if len(other) > 3
}
# Languages that are written as one with another: `Chinese,Yue`, `zh-HK`, `Norwegian Nynorsk`.
_WITHIN: Mapping[str, tuple[str, frozenset[str]]] = {
    "zh": ("yue", frozenset({"cantonese", "yue", "hk", "hong"})),
    "no": ("nn", frozenset({"nynorsk"})),
}
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
    if usual.casefold() in _NAMED:
        return _LANGUAGES[code][0]
    is_coded = _CODE.fullmatch(usual) or re.search(r"\bcode|\bISO\b|\bBCP\b|\b[a-z]{2}-[A-Z]{2}\b", field.description)
    return code if is_coded and wanted.casefold() in _NAMED else wanted


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
    words = re.findall(r"[^\W_]+", folded)
    # All words tell: `American English`, `Chinese (Mandarin)`; but of codes the first, `en-IN` is no Indonesian.
    told = [_NAMED[each] for each in (folded, *words) if each in _NAMED]
    named = next((each for each in told if each != "la"), next(iter(told), None))  # Latin American Spanish
    code = named or (_CODES.get(words[0]) if _CODE.fullmatch(folded) else None)
    inner, marks = _WITHIN.get(code or "", (code, frozenset[str]()))
    return inner if marks.intersection(words) else code
