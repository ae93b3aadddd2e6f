import base64
import json
import struct
from importlib import import_module
from io import BytesIO
from typing import Any, cast
from zipfile import ZIP_STORED, ZipFile

import pytest
from PIL import Image, ImageStat
from sandbox_town import Town, png

from atlascloud_mcp.sandbox.mesh import Mesh, glb, usdz
from atlascloud_mcp.sandbox.render import preview
from atlascloud_mcp.sandbox.sculpture import sculpture

trimesh: Any = import_module("trimesh")  # typed with Unknowns

TEXT = "tencent/hunyuan3d-rapid/text-to-3d"
PICTURE = "tencent/hunyuan3d-rapid/image-to-3d"
TRIPO = "tripo-h3.1/text-to-3d"
PROMPTS = ("a blue vase", "a lighthouse by the sea", "an island with trees", "")


def _geometry(content: bytes, kind: str) -> Any:
    """The one mesh in a file, as it lies there."""
    (mesh,) = trimesh.load_scene(BytesIO(content), file_type=kind, process=False).geometry.values()
    return mesh


async def test_a_text_becomes_a_mesh_an_archive_and_a_preview(town: Town) -> None:
    data = await town.finished(model=TRIPO, prompt="a lighthouse on a rock", model_seed=5)
    answers = [await town.client.get(url) for url in data["outputs"]]
    assert [url.rpartition(".")[2] for url in data["outputs"]] == ["glb", "zip", "png"]
    kinds = [answer.headers["content-type"] for answer in answers]
    assert kinds == ["model/gltf-binary", "application/zip", "image/png"]
    assert data["seed"] == 5
    assert len(data["has_nsfw_contents"]) == 3
    mesh = _geometry(answers[0].content, "glb")
    assert len(mesh.faces) > 1000
    with ZipFile(BytesIO(answers[1].content)) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {"model.obj", "model.mtl", "model.glb"}
        assert archive.read("model.glb") == answers[0].content
        materials = {line for line in archive.read("model.obj").decode().splitlines() if line.startswith("usemtl")}
        assert len(materials) == archive.read("model.mtl").decode().count("newmtl") > 3
    preview = Image.open(BytesIO(answers[2].content))
    assert preview.size == (768, 768)
    assert min(ImageStat.Stat(preview.convert("L")).stddev) > 12


@pytest.mark.parametrize("z", [-0.8, -0.4, 0.0, 0.4, 0.8])
def test_nothing_that_stands_on_a_floor_is_hidden_by_it(z: float) -> None:
    a, b, c, d = ((-1.0, 0.0, 1.0), (1.0, 0.0, 1.0), (1.0, 0.0, -1.0), (-1.0, 0.0, -1.0))
    seen: list[int] = []
    for floor in ((a, b, c, d), (d, c, b, a)):  # nobody sees it from below, but the picture is of the same size
        mesh = Mesh("post")
        mesh.quad(floor[0], floor[1], floor[2], floor[3], (0, 200, 0))
        mesh.add(((-0.4, 0.01, z), (0.4, 0.01, z), (0, 0.6, z)), (200, 0, 0))
        picture = preview(mesh, (256, 256), turn=0.0)
        pixels = [cast("tuple[int, int, int]", picture.getpixel((x, y))) for x in range(256) for y in range(256)]
        seen.append(sum(red > 2 * green for red, green, _ in pixels))
    assert seen[0] == pytest.approx(seen[1], rel=0.05)  # the edges are mixed with what is behind


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_glb_is_whole_and_painted(prompt: str) -> None:
    content = glb(sculpture(prompt, seed=2))
    magic, version, length = struct.unpack_from("<4sII", content)
    assert (magic, version, length) == (b"glTF", 2, len(content))
    (text_length,) = struct.unpack_from("<I", content, 12)
    scene = json.loads(content[20 : 20 + text_length])
    (primitive,) = scene["meshes"][0]["primitives"]
    assert set(primitive["attributes"]) == {"POSITION", "NORMAL", "COLOR_0"}
    assert scene["materials"][primitive["material"]]["pbrMetallicRoughness"]
    assert len(content) - 20 - text_length - 8 == scene["buffers"][0]["byteLength"]
    mesh = _geometry(content, "glb")
    assert mesh.faces.max() == len(mesh.vertices) - 1
    assert mesh.volume > 0  # its faces look outwards
    lengths = (mesh.vertex_normals**2).sum(axis=1)
    assert abs(lengths - 1).max() < 1e-3
    assert len({tuple(colour) for colour in mesh.visual.vertex_attributes["color"]}) > 3


@pytest.mark.parametrize(("asked", "suffix"), [("OBJ", "obj"), ("STL", "stl"), ("FBX", "glb"), ("MP4", "glb")])
async def test_the_mesh_comes_in_the_asked_format_or_is_honestly_another(town: Town, asked: str, suffix: str) -> None:
    data = await town.finished(model=TEXT, prompt="a green tower", format=asked)
    assert data["outputs"][0].endswith(f"-0.{suffix}")
    mesh = _geometry((await town.client.get(data["outputs"][0])).content, suffix)
    assert len(mesh.faces) > 1000
    assert mesh.bounds[0].tolist()[1] == pytest.approx(-0.12)


async def test_usdz_is_a_zip_of_a_layer_that_can_be_mapped(town: Town) -> None:
    data = await town.finished(model=TEXT, prompt="a green tower", format="USDZ")
    content = (await town.client.get(data["outputs"][0])).content
    with ZipFile(BytesIO(content)) as archive:
        (entry,) = archive.infolist()
        layer = archive.read(entry)
    assert (entry.filename, entry.compress_type) == ("model.usda", ZIP_STORED)
    assert content.index(layer) % 64 == 0
    assert layer.startswith(b"#usda 1.0\n")
    assert usdz(sculpture("a tower", seed=1)) == usdz(sculpture("a tower", seed=1))


async def test_a_picture_becomes_a_relief_in_its_colours(town: Town) -> None:
    uri = "data:image/png;base64," + base64.b64encode(png("orange")).decode()
    data = await town.finished(model=PICTURE, prompt="absent", image=uri)
    mesh = _geometry((await town.client.get(data["outputs"][0])).content, "glb")
    colours = [
        tuple(round(part, 2) for part in colour[:3]) for colour in mesh.visual.vertex_attributes["color"].tolist()
    ]
    assert max(set(colours), key=colours.count) == (1.0, 0.38, 0.0)  # orange, in linear light


def test_words_decide_what_is_made_and_the_seed_how() -> None:
    assert [sculpture(prompt, seed=1).name for prompt in PROMPTS] == ["vessel", "lighthouse", "island", "vessel"]
    assert sculpture("a tower", seed=1).facets == sculpture("a tower", seed=1).facets
    assert sculpture("a tower", seed=1).facets != sculpture("a tower", seed=2).facets
