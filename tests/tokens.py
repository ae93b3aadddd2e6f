"""What a text costs a model, in o200k tokens."""

import warnings

import pytest


def count_tokens(text: str) -> int:
    """Tokens of `text`, counted offline; skips the test where only the tools of `make test` are installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # bpe-openai 0.1 opens its data the old way
        pytest.importorskip("bpe_openai")
        import bpe_openai  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs] - it has types and no py.typed

        return len(bpe_openai.get_encoding("o200k_base").encode_ordinary(text))
