"""Which bytes are a mesh.

Its formats are mostly text, or begin with whatever their writer likes, so each is known by its whole grammar in the
first bytes: what only claims to be one, or could be run or shown as a page, is none.

Sources: the PLY file format (Turk, Stanford 1994); Wavefront's Advanced Visualizer manual, appendix B1 (OBJ);
the StereoLithography interface specification (3D Systems, 1989); the USDZ specification (Pixar: a ZIP of stored
files, the first of which is the scene); APPNOTE 6.3 section 4.3.7 (a ZIP's first header); the glTF 2.0
specification, section 3.2 (`asset.version`).
"""

import math
import re
import struct

STL_HEADER = 84  # 80 bytes of anything, and the number of triangles
STL_TRIANGLE = 50  # twelve floats, the normal first, and two bytes more
_MOST_CHECKED = 80  # triangles
_UNIT = 0.02  # how far the length of a normal may be from 1
_LEAST_VERTICES = 3

_PAGE_OR_CODE = re.compile(
    rb"#!|<\s*(?:!doctype|html|head|body|script|svg|iframe|object|embed|img|\?php|\?xml|%)|\0", re.IGNORECASE
)
_LINE = re.compile(rb"\r\n|\n|\r")
_FLOAT = rb"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?"
_FLOATS = rb"(?:[ \t]+" + _FLOAT + rb")"

# Every way through these is the only one: nothing in a hostile line makes them try again and again.
_OBJ_VERTEX = re.compile(rb"v" + _FLOATS + rb"{3,7}")
_OBJ_LINE = re.compile(
    rb"#.*"
    rb"|(?:mtllib|usemtl|o|g)(?:[ \t][^\x00-\x08\x0e-\x1f\x7f<>|;`$&]{1,200})?"
    rb"|v[nt]?" + _FLOATS + rb"{1,7}"
    rb"|[flp](?:[ \t]+-?\d{1,9}(?:/(?:-?\d{1,9})?){0,2}){1,400}"
    rb"|s[ \t]+(?:off|\d{1,9})"
    rb"|",
    re.DOTALL,
)
_PLY_START = re.compile(rb"ply[ \t]*(?:\r\n|\n|\r)format (?:ascii|binary_(?:little|big)_endian) 1\.0[ \t]*[\r\n]")
_PLY_LINE = re.compile(
    rb"(?:comment|obj_info)(?: .*)?|element \w{1,60} \d{1,12}|property (?:list \w{1,20} )?\w{1,20} \w{1,60}|", re.DOTALL
)
_STL_TEXT = re.compile(
    rb"\s*solid(?:[ \t][^\r\n]{0,200})?[\r\n]\s*facet[ \t]+normal" + _FLOATS + rb"{3}\s+"
    rb"outer[ \t]+loop\s+vertex" + _FLOATS + rb"{3}\s"
)
_GLTF = re.compile(rb'"asset"\s{0,40}:\s{0,40}\{[^{}]{0,1000}"version"\s{0,40}:\s{0,40}"2\.\d{1,3}"')
_RUNS = re.compile(rb"\s*(?:[<#@:%]|MZ|PK|\x7fELF)")
_SCENES = (b".usd", b".usda", b".usdc")


def is_obj(head: bytes, *, is_whole: bool) -> bool:
    """Wavefront OBJ: nothing but its statements, with three vertices among them."""
    if _PAGE_OR_CODE.search(head):
        return False
    lines = _lines(head, is_whole=is_whole)
    if not all(_OBJ_LINE.fullmatch(line) for line in lines):
        return False
    return sum(_OBJ_VERTEX.fullmatch(line) is not None for line in lines) >= _LEAST_VERTICES


def is_ply(head: bytes, *, is_whole: bool) -> bool:
    """Polygon File Format, text or binary: a header of its statements, with an element among them."""
    start = _PLY_START.match(head)
    if not start:
        return False
    header, end, _ = head[start.end() :].partition(b"end_header")
    if _PAGE_OR_CODE.search(header):
        return False
    lines = _lines(header, is_whole=bool(end) or is_whole)
    return all(_PLY_LINE.fullmatch(line) for line in lines) and any(line.startswith(b"element ") for line in lines)


def is_stl_text(head: bytes) -> bool:
    """STL as text, up to the first vertex."""
    return not _PAGE_OR_CODE.search(head) and _STL_TEXT.match(head) is not None


def is_stl_binary(head: bytes, size: int) -> bool:
    """Binary STL, which has no mark of its own.

    So the size of the whole file must be the one that its number of triangles gives, and the first of them must be
    triangles.
    """
    if len(head) < STL_HEADER + STL_TRIANGLE or _RUNS.match(head):
        return False
    triangles = int.from_bytes(head[80:84], "little")
    if not triangles or size != STL_HEADER + STL_TRIANGLE * triangles:
        return False
    there = min(triangles, (len(head) - STL_HEADER) // STL_TRIANGLE, _MOST_CHECKED)
    found = (struct.unpack_from("<12f", head, STL_HEADER + STL_TRIANGLE * number) for number in range(there))
    looks = [_is_triangle(values) for values in found]
    return all(look is not None for look in looks) and any(looks)


def _is_triangle(values: tuple[float, ...]) -> bool | None:
    """Whether it has an area's three corners; None when these numbers are no triangle's at all."""
    if not all(math.isfinite(value) and abs(value) < 1e9 for value in values):
        return None
    normal = math.hypot(*values[:3])
    if normal != 0 and abs(normal - 1) > _UNIT:
        return None
    return len({values[3:6], values[6:9], values[9:12]}) == 3


def is_usdz(head: bytes) -> bool:
    """Whether the first file of this ZIP is a scene, and stored as it is."""
    if not head.startswith(b"PK\x03\x04") or head[8:10] != b"\0\0":
        return False
    length = int.from_bytes(head[26:28], "little")
    return head[30 : 30 + length].lower().endswith(_SCENES)


def is_gltf(head: bytes) -> bool:
    """JSON of glTF 2.0: an object whose `asset`, which says the version, is among the first bytes."""
    is_object = head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    return is_object and not _PAGE_OR_CODE.search(head) and _GLTF.search(head) is not None


def _lines(text: bytes, *, is_whole: bool) -> list[bytes]:
    """The lines of `text` without the blanks around them, but for the last when it may have been cut off."""
    lines = [line.strip() for line in _LINE.split(text)]
    return lines if is_whole else lines[:-1]
