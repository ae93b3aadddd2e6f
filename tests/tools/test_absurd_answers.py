"""A server that answers nonsense costs neither the disk nor the patience of the user."""

from pathlib import Path

from atlascloud_mcp.sandbox.faults import Fault
from world import World, fields_of


async def test_of_thousands_of_outputs_only_the_first_few_dozen_are_taken(tmp_path: Path) -> None:
    world = World(tmp_path)
    text = ["data:text/plain;base64,aGVsbG8="] * 10_000
    body = {"code": 200, "data": {"id": "x1", "status": "completed", "outputs": text}}
    world.sandbox.faults.add("prediction", Fault(body=body))
    async with world.client() as client:
        fields = fields_of(await client.call_tool("generate_image", {"prompt": "a fox"}))
    assert len(fields["outputs"]) == len([path for path in world.output.iterdir() if path.suffix != ".json"]) == 64
    assert "The answer lists 10000 outputs; only the first 64 were taken." in fields["notes"]
