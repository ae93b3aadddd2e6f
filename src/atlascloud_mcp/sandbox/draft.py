"""An input schema in the making, and the fields that are put into it."""

from atlascloud_mcp.sandbox.dice import Dice
from atlascloud_mcp.sandbox.model import Json

_ACCEPTS = {
    "image": "image/jpeg,image/png,image/webp",
    "video": "video/mp4,video/quicktime",
    "audio": "audio/mpeg,audio/wav",
}
Fields = dict[str, Json]


class Draft:
    """An input schema in the making."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.fields: Fields = {"model": {"type": "string", "description": "Model id."}}
        self.required: list[str] = ["model"]

    def add(self, name: str, schema: Json, *, required: bool = False) -> None:
        """The field is there; a second one of that name changes nothing."""
        if name not in self.fields:
            self.fields[name] = schema
            if required:
                self.required.append(name)

    def schema(self) -> Json:
        """The finished input schema."""
        return {
            "type": "object",
            "properties": self.fields,
            "required": self.required,
            "x-order-properties": list(self.fields),
        }


def choice(options: list[str] | list[int], *, default: object = None) -> Json:
    """One of those texts, which is the first where nothing is said."""
    return {"type": "string", "enum": options, "default": options[0] if default is None else default}


def flag(description: str, *, on: bool) -> Json:
    """Yes or no."""
    return {"type": "boolean", "description": description, "default": on}


def media(kind: str, description: str) -> Json:
    """An address or the data of one file."""
    return {"type": "string", "description": description, "x-accept": _ACCEPTS[kind], "x-max-size-mb": 10}


def several(kind: str, most: int) -> Json:
    """Up to so many of them."""
    return {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": most, "x-accept": _ACCEPTS[kind]}


def objects(properties: Json, required: list[str], most: int) -> Json:
    """Up to so many objects of that shape."""
    item: Json = {"type": "object", "properties": properties, "required": required}
    return {"type": "array", "items": item, "minItems": 1, "maxItems": most}


def add_seed(draft: Draft) -> None:
    """Most models take a seed; -1 is any."""
    if draft.dice.chance(0.7):
        draft.add("seed", {"type": "integer", "minimum": -1, "maximum": 2**31 - 1, "default": -1})
