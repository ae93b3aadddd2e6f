"""The arguments that tools share: their types, bounds and a few words each."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field


def _not_a_boolean(value: object) -> object:
    """JSON has booleans of its own; pydantic would read `true` as 1."""
    if isinstance(value, bool):
        raise ValueError("Input should be a number, not true or false")  # noqa: TRY004 - pydantic reports ValueError
    return value


NOT_A_BOOLEAN = BeforeValidator(_not_a_boolean)


def _as_list(value: object) -> object:
    """A single path where a list is meant, as models often write it."""
    return [value] if isinstance(value, str) else value


Path = Annotated[str, Field(min_length=1, max_length=8192)]

Prompt = Annotated[str, Field(min_length=1, max_length=20_000, description="What to show, in plain words")]
Model = Annotated[str, Field(min_length=1, max_length=200, description='Id or name, e.g. "flux dev"')]
ModelName = Annotated[str, Field(min_length=1, max_length=200, description="Id or name")]
Images = Annotated[
    list[Path],
    Field(max_length=16, description="Pictures to work from: local paths or https URLs"),
    BeforeValidator(_as_list),
]
Mask = Annotated[Path, Field(description="Picture limiting where the edit applies: path or URL")]
Side = Annotated[int, Field(ge=64, le=8192, description="Pixels"), NOT_A_BOOLEAN]
AspectRatio = Annotated[str, Field(max_length=20, description='E.g. "16:9", when no size is given')]
Shape = Annotated[str, Field(max_length=20, description='E.g. "16:9"')]
Resolution = Annotated[str, Field(max_length=20, description='E.g. "1k", "2k"')]
VideoResolution = Annotated[str, Field(max_length=20, description='E.g. "720p"')]
Frame = Annotated[Path, Field(description="Picture: path or URL")]
References = Annotated[
    list[Path],
    Field(max_length=16, description="Reference pictures: who or what is seen"),
    BeforeValidator(_as_list),
]
Video = Annotated[Path, Field(description="Clip to edit or follow: path or URL")]
Audio = Annotated[Path, Field(description="Recording to speak or move to (lip-sync)")]
Seconds = Annotated[float, Field(gt=0, le=600, description="Length of the clip"), NOT_A_BOOLEAN]
Sound = Annotated[bool, Field(strict=True, description="With a sound track or without")]
AudioKind = Annotated[Literal["speech", "music", "lyrics"], Field(description="Needed without model")]
Said = Annotated[
    str, Field(min_length=1, max_length=100_000, description="The words to speak, or what the music or lyrics are like")
]
Voice = Annotated[str, Field(min_length=1, max_length=200, description="One that the model lists (get_model)")]
Language = Annotated[str, Field(min_length=1, max_length=40, description='E.g. "en"')]
Speed = Annotated[float, Field(ge=0.1, le=10, description="Of speech; 1 is usual"), NOT_A_BOOLEAN]
Lyrics = Annotated[str, Field(min_length=1, max_length=20_000, description="Words of the song")]
Instrumental = Annotated[bool, Field(strict=True, description="No singing")]
Sample = Annotated[Path, Field(description="Voice to copy or sound to change: path or URL")]
Silent = Annotated[Path, Field(description="Clip to make sound for")]
Recording = Annotated[Path, Field(description="Path or URL")]
Length = Annotated[float, Field(gt=0, le=3600), NOT_A_BOOLEAN]
Speakers = Annotated[bool, Field(strict=True, description="Tell the speakers apart")]
Count = Annotated[int, Field(ge=1, le=16, description="How many pictures"), NOT_A_BOOLEAN]
Steps = Annotated[int, Field(ge=1, le=200), NOT_A_BOOLEAN]
GuidanceScale = Annotated[float, Field(ge=0, le=50), NOT_A_BOOLEAN]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1), NOT_A_BOOLEAN]
NegativePrompt = Annotated[str, Field(max_length=20_000)]
OutputFormat = Literal["png", "jpg", "webp", "glb", "obj", "stl", "fbx", "usdz"]
Params = Annotated[dict[str, object], Field(max_length=50, description="The model's own fields")]
Destination = Annotated[str, Field(min_length=1, max_length=4096)]
SaveTo = Annotated[Destination, Field(description="File or folder, e.g. public/hero.webp")]
SavedTo = Annotated[Destination, Field(description="File or folder")]
WaitSeconds = Annotated[float, Field(ge=0, le=3600, description="0: do not wait"), NOT_A_BOOLEAN]
New = Annotated[bool, Field(strict=True, description="Do not join")]
DryRun = Annotated[bool, Field(strict=True, description="Only show request and price")]
Question = Annotated[str, Field(min_length=1, max_length=400_000, description="The question")]
System = Annotated[str, Field(max_length=100_000, description="System prompt")]
Attached = Annotated[list[Path], Field(max_length=16, description="Paths or URLs"), BeforeValidator(_as_list)]
PathOrUrl = Annotated[Path, Field(description="Path or URL")]
JsonOutput = Annotated[
    Annotated[bool, Field(strict=True)] | dict[str, object],
    Field(description="JSON answer: true, or its JSON schema"),
]
MaxTokens = Annotated[int, Field(ge=1, le=10_000_000), NOT_A_BOOLEAN]
Temperature = Annotated[float, Field(ge=0, le=2), NOT_A_BOOLEAN]
PredictionId = Annotated[str, Field(min_length=1, max_length=200)]
PredictionIds = Annotated[
    PredictionId | Annotated[list[PredictionId], Field(min_length=1, max_length=50)],
    Field(description="One id or several"),
]
LocalMedia = Annotated[Path, Field(description="Local file")]
Query = Annotated[str, Field(max_length=200, description="Words of name, maker or use")]
MadeBy = Literal["image", "video", "audio", "text"]
Kind = Annotated[str, Field(max_length=40, description="E.g. image-to-video, text-to-3d, text-to-speech")]
Takes = Annotated[Literal["image", "video", "audio"], Field(description="Only models that take this")]
Sort = Annotated[Literal["price"], Field(description="Lowest listed price first")]
Page = Annotated[int, Field(ge=1, le=1000), NOT_A_BOOLEAN]
WithSchema = Annotated[bool, Field(strict=True, description="Also its raw JSON schema")]
FirstDay = Annotated[
    str, Field(min_length=1, max_length=40, description="First day of usage and costs, YYYY-MM-DD (UTC)")
]
LastDay = Annotated[str, Field(min_length=1, max_length=40, description="Last day, included")]
