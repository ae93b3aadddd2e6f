"""What a text costs a model, in o200k tokens."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # bpe-openai 0.1 opens its data the old way
    import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it has types and no py.typed

    ENCODING = bpe_openai.get_encoding("o200k_base")


def count_tokens(text: str) -> int:
    """Tokens of `text`, counted offline."""
    return len(ENCODING.encode_ordinary(text))
