"""Meshes as files: GLB, OBJ with its materials, STL and USDZ, written by hand.

glTF 2.0: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html; USDZ: a zip, uncompressed, whose content begins at
multiples of 64 bytes, https://openusd.org/release/spec_usdz.html.
"""

import json
import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from atlascloud_mcp.sandbox.model import Json
from atlascloud_mcp.sandbox.palette import Colour

Vector = tuple[float, float, float]

_USDZ_STEP = 64
_ZIP_HEAD = 30


@dataclass(frozen=True, slots=True)
class Facet:
    """A triangle, counter-clockwise as seen from outside, with its corners' normals and one colour."""

    corners: tuple[Vector, Vector, Vector]
    normals: tuple[Vector, Vector, Vector]
    colour: Colour


@dataclass(slots=True)
class Mesh:
    """A heap of triangles; y is up, lengths are in metres."""

    name: str
    facets: list[Facet] = field(default_factory=list[Facet])

    def add(self, corners: tuple[Vector, Vector, Vector], colour: Colour, normals: Iterable[Vector] = ()) -> None:
        """The triangle is there, flat unless it has normals; one without an area is left out."""
        flat = _normal(corners)
        if flat is not None:
            first, second, third = tuple(normals) or (flat, flat, flat)
            self.facets.append(Facet(corners, (first, second, third), colour))

    def quad(self, a: Vector, b: Vector, c: Vector, d: Vector, colour: Colour) -> None:
        """Two flat triangles."""
        self.add((a, b, c), colour)
        self.add((a, c, d), colour)


def glb(mesh: Mesh) -> bytes:
    """Binary glTF 2.0: one mesh, indexed, with normals, vertex colours and a material."""
    corners, indices = _indexed(mesh)
    places = [corner[0] for corner in corners]
    streams = (
        b"".join(struct.pack("<3f", *place) for place in places),
        b"".join(struct.pack("<3f", *normal) for _, normal, _ in corners),
        b"".join(struct.pack("<4f", *(_linear(part) for part in colour), 1.0) for _, _, colour in corners),
        struct.pack(f"<{len(indices)}I", *indices),
    )
    scene = _scene(mesh.name, streams, places, len(indices))
    text = json.dumps(scene, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    content = b"".join(streams)
    parts = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(content), 0x004E4942) + content
    return struct.pack("<4sII", b"glTF", 2, 12 + len(parts)) + parts


def obj(mesh: Mesh, *, materials: str = "") -> bytes:
    """Wavefront OBJ; `materials` is the name of its MTL file."""
    corners, indices = _indexed(mesh)
    lines = [f"# {mesh.name}", *([f"mtllib {materials}"] if materials else []), "o model"]
    for (x, y, z), _, colour in corners:
        lines.append(f"v {x:.5f} {y:.5f} {z:.5f} " + " ".join(f"{part / 255:.3f}" for part in colour))
    lines += [f"vn {x:.4f} {y:.4f} {z:.4f}" for _, (x, y, z), _ in corners]
    used = None
    for number, facet in enumerate(mesh.facets):
        if materials and facet.colour != used:
            used = facet.colour
            lines.append(f"usemtl {_material(used)}")
        a, b, c = (index + 1 for index in indices[3 * number : 3 * number + 3])
        lines.append(f"f {a}//{a} {b}//{b} {c}//{c}")
    return ("\n".join(lines) + "\n").encode()


def mtl(mesh: Mesh) -> bytes:
    """The materials of the OBJ file."""
    colours = sorted({facet.colour for facet in mesh.facets})
    return "\n".join(
        f"newmtl {_material(colour)}\nKd " + " ".join(f"{part / 255:.3f}" for part in colour) + "\nillum 1\n"
        for colour in colours
    ).encode()


def stl(mesh: Mesh) -> bytes:
    """Binary STL: triangles alone."""
    facets = b"".join(
        struct.pack("<12fH", *(_normal(facet.corners) or (0, 0, 0)), *(n for c in facet.corners for n in c), 0)
        for facet in mesh.facets
    )
    return b"atlas cloud sandbox".ljust(80, b" ") + struct.pack("<I", len(mesh.facets)) + facets


def usdz(mesh: Mesh) -> bytes:
    """USDZ with one USDA layer."""
    layer, buffer = _usda(mesh), BytesIO()
    entry = ZipInfo("model.usda")
    gap = -(_ZIP_HEAD + len(entry.filename)) % _USDZ_STEP
    gap += _USDZ_STEP if 0 < gap < 4 else 0
    entry.extra = struct.pack("<HH", 0x1986, gap - 4) + bytes(gap - 4) if gap else b""
    with ZipFile(buffer, "w", ZIP_STORED) as archive:
        archive.writestr(entry, layer)
    return buffer.getvalue()


def archive(files: dict[str, bytes]) -> bytes:
    """Those files in a zip, the same bytes every time."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return buffer.getvalue()


_Corner = tuple[Vector, Vector, Colour]


def _indexed(mesh: Mesh) -> tuple[list[_Corner], list[int]]:
    """Each different corner once, and the number of each triangle's corners."""
    numbers: dict[_Corner, int] = {}
    indices = [numbers.setdefault(corner, len(numbers)) for corner in _corners(mesh)]
    return list(numbers), indices


def _corners(mesh: Mesh) -> Iterator[_Corner]:
    for facet in mesh.facets:
        for place, normal in zip(facet.corners, facet.normals, strict=True):
            yield place, normal, facet.colour


def _scene(name: str, streams: tuple[bytes, ...], places: list[Vector], indices: int) -> Json:
    offsets = [sum(map(len, streams[:number])) for number in range(len(streams))]
    bounds = {
        "min": [min(axis) for axis in zip(*places, strict=True)],
        "max": [max(a) for a in zip(*places, strict=True)],
    }
    views = [
        {"buffer": 0, "byteOffset": offset, "byteLength": len(stream), "target": 34963 if number == 3 else 34962}
        for number, (offset, stream) in enumerate(zip(offsets, streams, strict=True))
    ]
    bounded: Json = {"type": "VEC3", "componentType": 5126, **bounds}
    kinds: tuple[Json, ...] = (
        bounded,
        {"type": "VEC3", "componentType": 5126},
        {"type": "VEC4", "componentType": 5126},
    )
    accessors = [{"bufferView": number, "count": len(places), **kind} for number, kind in enumerate(kinds)]
    accessors.append({"bufferView": 3, "count": indices, "type": "SCALAR", "componentType": 5125})
    surface = {"baseColorFactor": [1, 1, 1, 1], "metallicFactor": 0, "roughnessFactor": 0.65}
    primitive = {"attributes": {"POSITION": 0, "NORMAL": 1, "COLOR_0": 2}, "indices": 3, "material": 0}
    return {
        "asset": {"version": "2.0", "generator": "atlas cloud sandbox"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": name}],
        "meshes": [{"name": name, "primitives": [primitive]}],
        "materials": [{"name": "painted", "pbrMetallicRoughness": surface}],
        "buffers": [{"byteLength": sum(map(len, streams))}],
        "bufferViews": views,
        "accessors": accessors,
    }


def _usda(mesh: Mesh) -> bytes:
    points = ", ".join("({:.5f}, {:.5f}, {:.5f})".format(*place) for place, _, _ in _corners(mesh))
    normals = ", ".join("({:.4f}, {:.4f}, {:.4f})".format(*normal) for _, normal, _ in _corners(mesh))
    colours = ", ".join(
        "({:.4f}, {:.4f}, {:.4f})".format(*(_linear(part) for part in facet.colour)) for facet in mesh.facets
    )
    count = len(mesh.facets)
    return (
        '#usda 1.0\n(\n    defaultPrim = "model"\n    metersPerUnit = 1\n    upAxis = "Y"\n)\n\n'
        'def Mesh "model"\n{\n'
        f"    int[] faceVertexCounts = [{', '.join('3' for _ in range(count))}]\n"
        f"    int[] faceVertexIndices = [{', '.join(map(str, range(3 * count)))}]\n"
        f"    point3f[] points = [{points}]\n"
        f'    normal3f[] normals = [{normals}] (\n        interpolation = "vertex"\n    )\n'
        f'    color3f[] primvars:displayColor = [{colours}] (\n        interpolation = "uniform"\n    )\n'
        '    uniform token subdivisionScheme = "none"\n}\n'
    ).encode()


def _normal(corners: tuple[Vector, Vector, Vector]) -> Vector | None:
    """Of length 1, to the outside; None for a triangle without an area."""
    a, b, c = corners
    u, v = [q - p for p, q in zip(a, b, strict=True)], [q - p for p, q in zip(a, c, strict=True)]
    x, y, z = u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]
    length = math.sqrt(x * x + y * y + z * z)
    return None if length < 1e-12 else (x / length, y / length, z / length)


def _linear(part: int) -> float:
    """The part as glTF and USD have it in vertex colours."""
    share = part / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _material(colour: Colour) -> str:
    return "colour_{:02x}{:02x}{:02x}".format(*colour)
