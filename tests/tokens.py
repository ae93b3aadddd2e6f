"""What a text costs a model, in o200k tokens."""

import warnings
from functools import cache
from typing import Any


@cache
def _encoding() -> Any:
    """Read when it is first needed: it takes half a second of every worker that runs tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # bpe-openai 0.1 opens its data the old way
        import bpe_openai  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs] - it has types and no py.typed

        return bpe_openai.get_encoding("o200k_base")


def count_tokens(text: str) -> int:
    """Tokens of `text`, counted offline."""
    return len(_encoding().encode_ordinary(text))
