"""The first bytes of real files, as their encoders write them, and one whole PNG."""

import io
import struct
import zipfile
import zlib


def png(width: int = 4, height: int = 3) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x40\x80\xc0" * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    brands = b"".join(compatible)
    return struct.pack(">I", 16 + len(brands)) + b"ftyp" + major + b"\0\0\2\0" + brands + b"\0\0\0\x08free"


def riff(form: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 1000) + form


def mp3_frames() -> bytes:
    return (b"\xff\xfb\x90\x00" + b"\0" * 413) * 2  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes


def mp3_frames_of_mpeg_2() -> bytes:
    return (b"\xff\xf3\x48\xc0" + b"\0" * 140) * 2  # 32 kbit/s, 16 kHz: 144 bytes


def adts_frames() -> bytes:
    return (b"\xff\xf1\x50\x80\x06\x40\xfc" + b"\0" * 43) * 2  # 50 bytes each


def ebml(doctype: bytes) -> bytes:
    body = b"\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82" + bytes([0x80 | len(doctype)])
    return b"\x1a\x45\xdf\xa3\x9f" + body + doctype + b"\x42\x87\x81\x04\x42\x85\x81\x02"


def ogg(codec: bytes) -> bytes:
    return b"OggS\0\x02" + b"\0" * 8 + b"\x12\x34\x56\x78" + b"\0" * 4 + b"\xaa\xbb\xcc\xdd" + b"\x01\x13" + codec


BMP = b"BM" + struct.pack("<IHHI", 70, 0, 0, 54) + struct.pack("<I", 40) + b"\0" * 36


def zipped(*names: str, method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name in names:
            archive.writestr(name, "a" * 100)
    return buffer.getvalue()


def stl_binary(triangles: int = 2, header: bytes = b"") -> bytes:
    normal_and_corners = struct.pack("<12f", 0, 0, 1, 0, 0, 0, 1.5, 0, 0, 0, 2.5, 0)
    return header.ljust(80, b"\0") + struct.pack("<I", triangles) + (normal_and_corners + b"\0\0") * triangles


STL_TEXT = b"""solid chair
  facet normal 0.0 0.0 1.0e+00
    outer loop
      vertex 0 0 0
      vertex 1.5 0 0
      vertex 0 2.5 0
    endloop
  endfacet
endsolid chair
"""

OBJ = b"""# Blender 4.2
mtllib chair.mtl
o Chair leg
v 1.0 -0.5 .25
v 1 2 3 0.5 0.5 0.5
v 1e-3 2. -3
vt 0.5 0.5
vn 0 0 1
usemtl oak
s off
f 1/1/1 2//1 3
"""

PLY = b"""ply
format ascii 1.0
comment made by hand
element vertex 3
property float x
property float y
property float z
element face 1
property list uchar int vertex_indices
end_header
0 0 0
1 0 0
0 1 0
3 0 1 2
"""

FBX = b"Kaydara FBX Binary  \0\x1a\0" + struct.pack("<I", 7400)
GLTF = b'{ "asset" : {"generator": "by hand", "version": "2.0"}, "scenes": []}'
