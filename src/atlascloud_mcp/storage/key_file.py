"""The file that holds the API key, for users who keep it out of their host's configuration."""

from pathlib import Path

from atlascloud_mcp.errors import SetupError

MAX_KEY_BYTES = 4096


def read_key(path: Path) -> str:
    """The key in `path`, without white space around it. Blocks.

    Raises:
        SetupError: the file cannot be read, or holds no key. The content is never in the message.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_KEY_BYTES + 1)
    except OSError as error:
        raise SetupError(
            f"ATLASCLOUD_API_KEY_FILE cannot be read: {path} ({error.strerror or type(error).__name__}).",
            next_step="The user should correct the path or the file's permissions; it is read again at the next call.",
        ) from error
    key = content.strip()
    if not key or len(key) > MAX_KEY_BYTES or not key.isascii() or any(byte <= 32 or byte == 127 for byte in key):
        raise SetupError(
            f"ATLASCLOUD_API_KEY_FILE holds no usable key: {path}.",
            next_step="The user should put the key alone into the file; it is read again at the next call.",
        )
    return key.decode("ascii")
