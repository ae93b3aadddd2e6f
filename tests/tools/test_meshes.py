"""Meshes, which generate_image makes when a format of meshes is asked for."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from world import World, failure_of, fields_of, notes_of, png

TEXT = "tencent/hunyuan3d-rapid/text-to-3d"
STILL = "tencent/hunyuan3d-rapid/image-to-3d"
CHAIR = {"prompt": "a wooden chair"}
FILES = {
    ".glb": b"glTF\2\0\0\0\x14\0\0\0model",
    ".obj": b"# a chair\no chair\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
    ".stl": b"solid chair\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\n"
    b"endfacet\nendsolid\n",
    ".zip": b"PK\5\6" + bytes(18),
    ".png": png(),
}


def carved(request: httpx.Request) -> httpx.Response | None:
    """A script that spares the sandbox the carving."""
    content = FILES.get(Path(request.url.path).suffix) if request.url.path.startswith("/outputs/") else None
    return httpx.Response(200, content=content) if content else None


async def asked(client: Any, **arguments: Any) -> dict[str, Any]:
    return fields_of(await client.call_tool("generate_image", {**arguments, "dry_run": True}))


async def test_a_format_of_meshes_picks_the_default_3d_model_and_a_picture_its_sibling(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.project / "chair.png").write_bytes(png())
    async with world.client() as client:
        for said in ({"output_format": "glb"}, {"save_to": "chair.glb"}, {"save_to": "art/Chair.GLB"}):
            fields = await asked(client, **CHAIR, **said)
            assert fields["request"] == {"model": TEXT, **CHAIR, "format": "GLB"}
            still = await asked(client, images=["chair.png"], **said)
            assert (still["request"]["model"], still["request"]["format"]) == (STILL, "GLB")
            assert still["request"]["image"].startswith("<upload: chair.png, ")
        for wanted in ("obj", "stl", "fbx", "usdz"):
            by_format = await asked(client, **CHAIR, output_format=wanted)
            by_name = await asked(client, **CHAIR, save_to=f"chair.{wanted}")
            assert by_format["request"] == by_name["request"] == {"model": TEXT, **CHAIR, "format": wanted.upper()}
        named = await asked(client, **CHAIR, model="tripo", output_format="glb")
        assert named["model"] == "tripo-h3.1/text-to-3d"
        family = await asked(client, images=["chair.png"], model="hunyuan3d", output_format="glb")
        assert family["model"] == STILL
        alone = await asked(client, **CHAIR, model="hunyuan3d")
        assert alone["model"] == TEXT
        picture = await asked(client, **CHAIR, output_format="png")
        assert picture["model"] == "black-forest-labs/flux-schnell"
    assert world.sent == []


async def test_the_files_of_a_mesh_share_one_name_and_the_mesh_comes_first(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        fields = fields_of(await client.call_tool("generate_image", {**CHAIR, "save_to": "art/chair.glb"}))
    names = [Path(output["path"]).name for output in fields["outputs"]]
    assert names == ["chair.glb", "chair.zip", "chair.png"]
    assert sorted(path.name for path in (world.project / "art").iterdir()) == sorted(names)
    assert (world.project / "art" / "chair.glb").read_bytes()[:4] == b"glTF"
    types = [output["mime_type"] for output in fields["outputs"]]
    assert types == ["model/gltf-binary", "application/zip", "image/png"]
    assert notes_of(fields) == []
    assert (fields["model"], fields["cost_usd"]) == (TEXT, 0.003)
    [submit] = world.sandbox.submits
    assert submit.body == {"model": TEXT, **CHAIR, "format": "GLB"}


@pytest.mark.parametrize("wanted", ["obj", "stl"])
async def test_another_format_of_mesh_is_asked_for_and_saved_as_such(tmp_path: Path, wanted: str) -> None:
    world = World(tmp_path, script=carved)
    (world.project / "photo.png").write_bytes(png())
    async with world.client() as client:
        arguments = {"images": ["photo.png"], "output_format": wanted, "save_to": "art/"}
        fields = fields_of(await client.call_tool("generate_image", arguments))
    paths = [Path(output["path"]) for output in fields["outputs"]]
    assert [path.suffix for path in paths] == [f".{wanted}", ".zip", ".png"]
    assert len({path.stem for path in paths}) == 1
    assert fields["outputs"][0]["mime_type"] == f"model/{wanted}"
    assert notes_of(fields) == []
    [submit] = world.sandbox.submits
    assert (submit.body["model"], submit.body["format"]) == (STILL, wanted.upper())
    assert len(world.sandbox.uploads) == 1


async def test_a_picture_model_that_is_named_for_a_mesh_is_refused_with_models_that_make_them(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        for model in ("z-image/turbo", "flux schnell"):
            for said in ({"output_format": "glb"}, {"save_to": "chair.obj"}):
                text = failure_of(await client.call_tool("generate_image", {**CHAIR, "model": model, **said}))
                assert model in text
                assert "3D" in text
                assert "search_models" in text
        unknown = failure_of(await client.call_tool("generate_image", {**CHAIR, "save_to": "chair.ply"}))
    assert "does not make ply" in unknown
    assert "GLB, OBJ" in unknown
    assert world.sent == []


@pytest.mark.parametrize("name", ["chair.png", "chair.jpeg", "chair.avif", "chair.svg"])
async def test_a_mesh_model_that_is_named_for_a_picture_is_refused(tmp_path: Path, name: str) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        call = {"prompt": "a chair", "model": TEXT, "save_to": name}
        text = failure_of(await client.call_tool("generate_image", call))
    assert f"makes 3D meshes, no {Path(name).suffix[1:]}" in text
    assert "Ask for glb" in text
    assert world.sent == []


async def test_a_mesh_model_that_has_left_is_replaced_by_one_that_makes_meshes(tmp_path: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_MESH_MODEL": "z-image/turbo"})
    async with world.client() as client:
        fields = await asked(client, **CHAIR, output_format="glb")
    assert fields["model"] == TEXT
    [note] = [note for note in fields["notes"] if "ATLASCLOUD_MESH_MODEL" in note]
    assert "makes no 3D mesh" in note
    assert "$0.02" in note
