"""Posters: a scene that the prompt and the seed decide, and the prompt set in type."""

import math
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageOps

from atlascloud_mcp.sandbox.canvas import gradient, mapped, resized
from atlascloud_mcp.sandbox.dice import Dice
from atlascloud_mcp.sandbox.lettering import drawable, set_text, text_width
from atlascloud_mcp.sandbox.palette import Colour, Palette
from atlascloud_mcp.sandbox.scenes import Scene, currents, hills, papercut, tiles

_SCENE_PIXELS = 4_300_000  # scenes are drawn twice as large as needed, up to here
_GRAIN_TILE = 256
_GRAIN = 0.11
_CAPTION_FROM = 200  # pixels of the shorter side
_WIDE = 1.3
_NEW_LIGHT = 0.86  # of the colours of an edit

_LONG_PROMPT = 110
_OUTDOORS = ("mountain", "hill", "lake", "sea", "sun", "sky", "landscape", "valley", "desert", "forest", "moon")

_WHOLE_PAGE: tuple[Scene, ...] = (hills, papercut)
_IN_A_FRAME: tuple[Scene, ...] = (currents, tiles)

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Page:
    """Where things stand on the page, in pixels: (left, top, right, bottom), all within the page."""

    size: tuple[int, int]
    margin: int
    picture: Box
    title: Box
    framed: bool


def draw(
    prompt: str, *, width: int, height: int, seed: int, source: Image.Image | None = None, model: str = ""
) -> Image.Image:
    """The poster, RGB, in exactly that size; the same arguments give the same pixels.

    With a source picture it is that picture, in the palette of the new prompt, which stands on a strip at its foot.
    """
    dice = Dice(f"{prompt}/{seed}")
    palette = Palette.for_prompt(prompt, dice)
    title = drawable(prompt) or f"No. {seed}"
    short = f"atlas cloud sandbox · seed {seed}"
    full = f"atlas cloud sandbox · {model} · seed {seed}" if model else short
    captions = (full, short, "atlas cloud sandbox")
    if source is not None:
        edited = _recoloured(source, (width, height), palette)
        _sign(edited, palette, title, captions)
        return _grained(edited, dice)
    scene = _suggested_scene(prompt, dice)
    page = _page(width, height, framed=scene in _IN_A_FRAME)
    left, top, right, bottom = page.picture
    picture = _scene(scene, (right - left, bottom - top), palette, dice)
    poster = Image.new("RGB", page.size, palette.paper)
    poster.paste(picture if page.framed else _shaded(picture, palette), (left, top))
    _letter(poster, page, palette, title, captions)
    return _grained(poster, dice)


def _suggested_scene(prompt: str, dice: Dice) -> Scene:
    """Long prompts need paper to stand on, outdoor ones a view; all others get any scene."""
    if len(prompt) > _LONG_PROMPT:
        return dice.choice(_IN_A_FRAME)
    outdoors = any(word in prompt.lower() for word in _OUTDOORS)
    return dice.choice(_WHOLE_PAGE if outdoors else _WHOLE_PAGE + _IN_A_FRAME)


def _margin(width: int, height: int) -> int:
    return max(4, round(min(width, height) * 0.065))


def _page(width: int, height: int, *, framed: bool) -> _Page:
    margin = _margin(width, height)
    foot = height - margin - (round(margin * 0.9) if min(width, height) >= _CAPTION_FROM else 0)
    if not framed:
        title = (margin, round(height * 0.52), min(width - margin, margin + round(height * 1.05)), foot)
        return _Page((width, height), margin, (0, 0, width, height), title, framed=False)
    if width >= _WIDE * height:
        column = round(width * 0.32)
        picture = (column + margin, margin, width - margin, height - margin)
        return _Page((width, height), margin, picture, (margin, margin, column, foot), framed=True)
    edge = round(height * 0.70) if height < _WIDE * width else round(height * 0.66)
    picture = (margin, margin, width - margin, edge)
    return _Page((width, height), margin, picture, (margin, edge + margin // 2, width - margin, foot), framed=True)


def _scene(scene: Scene, size: tuple[int, int], palette: Palette, dice: Dice) -> Image.Image:
    scale = min(2.0, math.sqrt(_SCENE_PIXELS / (size[0] * size[1])))
    canvas = scene((round(size[0] * scale), round(size[1] * scale)), palette, dice)
    return resized(canvas, size)


def _recoloured(source: Image.Image, size: tuple[int, int], palette: Palette) -> Image.Image:
    """The source, filling the size, in the light of the palette; a little of its own colours shows through."""
    fitted = ImageOps.fit(source.convert("RGB"), size)
    grey = ImageOps.autocontrast(fitted.convert("L"), cutoff=1)
    sheet = ImageOps.colorize(grey, palette.ramp(0.02), palette.ramp(0.94), palette.ramp(0.46))
    return Image.blend(fitted, sheet, _NEW_LIGHT)


def _sign(picture: Image.Image, palette: Palette, title: str, captions: tuple[str, ...]) -> None:
    """The title and a caption are on a strip over the foot, where the source may have a caption of its own."""
    width, height = picture.size
    if min(picture.size) < _CAPTION_FROM:
        return
    margin, size = _margin(width, height), max(9, round(min(picture.size) * 0.0185))
    strip, room = round(1.8 * margin), width - 2 * margin
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, height - strip, width, height), palette.ramp(0.06))
    setting = set_text(title, room, strip - 3 * size, largest=round(strip * 0.36), smallest=max(9, size))
    start = height - strip + (strip - setting.height - round(1.7 * size)) // 2
    setting.draw(pen, margin, start, palette.paper, bold=False)
    line = set_text(_fitting(captions, room, size), room, 2 * size, largest=size, smallest=size)
    line.draw(pen, margin, start + setting.height + 0.4 * size, palette.ramp(0.7), bold=False)


def _fitting(captions: tuple[str, ...], room: int, size: int) -> str:
    return next((text for text in captions if text_width(text, size) <= room), "")


def _shaded(picture: Image.Image, palette: Palette) -> Image.Image:
    """The picture, dark enough in its lower half to be written on."""
    white: Colour = (255, 255, 255)
    return ImageChops.multiply(
        picture,
        gradient(picture.size, [white, white, white, palette.ramp(0.52), palette.ramp(0.34), palette.ramp(0.2)]),
    )


def _letter(poster: Image.Image, page: _Page, palette: Palette, title: str, captions: tuple[str, ...]) -> None:
    pen = ImageDraw.Draw(poster)
    short = min(page.size)
    ink: Colour = palette.ink if page.framed else palette.paper
    left, top, right, bottom = page.title
    setting = set_text(title, right - left, bottom - top, largest=round(short * 0.105), smallest=max(9, short // 32))
    start = top if page.framed else bottom - setting.height
    setting.draw(pen, left, start, ink, bold=True)
    if short >= _CAPTION_FROM:
        size = max(9, round(short * 0.0185))
        room = right - left
        line = set_text(_fitting(captions, room, size), room, 2 * size, largest=size, smallest=size)
        foot = page.size[1] - page.margin - size
        line.draw(pen, left, foot, palette.ramp(0.42) if page.framed else palette.ramp(0.84), bold=False)


def _grained(poster: Image.Image, dice: Dice) -> Image.Image:
    """The poster as if printed: a fine, even grain."""
    noise = Image.frombytes("L", (_GRAIN_TILE, _GRAIN_TILE), dice.noise(_GRAIN_TILE**2))
    tile = mapped(noise, lambda v: 128 + (v - 128) * _GRAIN)
    grain = Image.new("L", poster.size)
    for top in range(0, poster.height, _GRAIN_TILE):
        for left in range(0, poster.width, _GRAIN_TILE):
            grain.paste(tile, (left, top))
    return ImageChops.soft_light(poster, Image.merge("RGB", (grain, grain, grain)))
