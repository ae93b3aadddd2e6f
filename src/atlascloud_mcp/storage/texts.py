"""What a text may be called: the suffixes of documents, data and source code, and what each says of its text.

None is among them that a double click would run as a command of the system's own (scripts of shells, batch files,
links); source code is, for writing it is what language models are asked for.
"""

from atlascloud_mcp.storage.media import BY_EXTENSION, JSON, MARKDOWN, SVG, MediaType

TEXTS = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".html": "text/html",
    ".htm": "text/html",
    ".css": "text/css",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".toml": "application/toml",
    ".jsonl": "application/jsonl",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".py": "text/x-python",
    **dict.fromkeys((".rst", ".adoc", ".tex", ".log", ".sql", ".graphql", ".proto", ".diff", ".patch"), "text/plain"),
    **dict.fromkeys((".ts", ".tsx", ".jsx", ".vue", ".svelte", ".scss", ".rb", ".php", ".pl", ".lua"), "text/plain"),
    **dict.fromkeys((".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".java", ".kt", ".go", ".rs"), "text/plain"),
    **dict.fromkeys((".swift", ".scala", ".dart", ".ex", ".hs", ".r", ".jl", ".po", ".ini"), "text/plain"),
}
"""MIME types of the suffixes that are no media's. Source: iana.org, and common usage where it has none."""


def text_type(extension: str) -> MediaType | None:
    """What a text with this extension (with its dot, in lower case) is; None where it is the name of something else."""
    media = BY_EXTENSION.get(extension)
    if media is not None:
        return media if media.kind == "text" or media == SVG else None
    mime_type = TEXTS.get(extension)
    return MediaType(mime_type, extension, "text") if mime_type else None


def usual_type(*, is_json: bool) -> MediaType:
    """What a text is saved as that nobody named."""
    return JSON if is_json else MARKDOWN
