"""Models to look among: a small catalogue, siblings as other catalogues have them, traps, and noise around them."""

from datetime import UTC, datetime

from atlascloud_mcp.atlas.models import Catalogue, Model, Price, Type

# id | name | type | organisation | kinds | price: base and unit, or input/output per million tokens
CATALOGUE = """
black-forest-labs/flux-schnell|Flux Schnell|image|Black Forest Labs|text-to-image|0.003 image
black-forest-labs/flux-dev|Flux Dev|image|Black Forest Labs|text-to-image|
black-forest-labs/flux-dev-lora|Flux Dev LoRA|image|Black Forest Labs|text-to-image|
black-forest-labs/flux-kontext-dev|Flux Kontext Dev|image|Black Forest Labs|image-to-image|
google/nano-banana/edit|Nano Banana Edit|image|Google|image-to-image|
google/nano-banana-2/text-to-image|Nano Banana 2 Text-to-Image|image|Google|text-to-image|0.072 image
google/nano-banana-2/edit|Nano Banana 2 Edit|image|Google|image-to-image|0.072 image
google/nano-banana-pro/text-to-image|Nano Banana Pro Text-to-Image|image|Google|text-to-image|
openai/gpt-image-2/text-to-image|GPT Image 2 Text-to-Image|image|OpenAI|text-to-image|0.009 image
atlascloud/qwen-image/text-to-image|Qwen Image Text-to-Image|image|Atlas Cloud|text-to-image|
atlascloud/qwen-image/edit|Qwen Image Edit|image|Atlas Cloud|image-to-image|
alibaba/qwen-image/edit-plus-20251215|Qwen-Image Edit Plus|image|Alibaba|image-to-image|0.021 image
bytedance/seedream-v4.5|Seedream v4.5|image|ByteDance|text-to-image|0.036 image
bytedance/seedream-v5.0-lite|Seedream v5.0 Lite|image|ByteDance|text-to-image|0.032 image
bytedance/seedream-v5.0-lite/edit|Seedream v5.0 Lite Edit|image|ByteDance|image-to-image|0.032 image
bytedance/seedream-v5.0-pro/text-to-image|Seedream v5.0 Pro Text-to-Image|image|ByteDance|text-to-image|0.052 image
alibaba/wan-2.5/image-edit|Wan-2.5 Image Edit|image|Alibaba|image-to-image|
z-image/turbo|Z-Image Turbo|image|Alibaba Tongyi|text-to-image|0.01 image
tencent/hunyuan3d-rapid/image-to-3d|Hunyuan 3D Rapid Image-to-3D|image|Tencent|image-to-3d|
tencent/hunyuan3d-rapid/text-to-3d|Hunyuan 3D Rapid Text-to-3D|image|Tencent|text-to-3d|0.02 generation
tripo-h3.1/text-to-3d|Tripo H3.1 Text-to-3D|image|Tripo|text-to-3d|0.1 generation
bytedance/seedance-2.0/text-to-video|Seedance 2.0 Text-to-Video|video|ByteDance|text-to-video|0.127
bytedance/seedance-2.0/image-to-video|Seedance 2.0 Image-to-Video|video|ByteDance|image-to-video|0.127
bytedance/seedance-2.0/reference-to-video|Seedance 2.0 Reference-to-Video|video|ByteDance|reference-to-video|0.127
bytedance/seedance-2.0-fast/text-to-video|Seedance 2.0 Fast Text-to-Video|video|ByteDance|text-to-video|0.101
bytedance/seedance-v1.5-pro/text-to-video|Seedance v1.5 Pro Text-to-Video|video|ByteDance|text-to-video|0.222
kwaivgi/kling-v3.0-std/text-to-video|Kling v3.0 Std Text-to-Video|video|Kuaishou|text-to-video|0.153
kwaivgi/kling-v2.1-i2v-pro/start-end-frame|Kling v2.1 I2V Pro Start-End Frame|video|Kuaishou|image-to-video|
kwaivgi/kling-v2.6-pro/avatar|Kling v2.6 Pro Avatar|video|Kuaishou|audio-to-video|0.095
kwaivgi/kling-v2.6-pro/motion-control|Kling v2.6 Pro Motion Control|video|Kuaishou|video-to-video|
kwaivgi/kling-video-o3-pro/video-edit|Kling Video O3 Pro Video Edit|video|Kuaishou|video-to-video|
kwaivgi/kling-effects|Kling Effects|video|Kuaishou|image-to-video|
vidu/q3/text-to-video|Vidu Q3 Text-to-Video|video|Vidu|text-to-video|0.06
vidu/q3-pro/start-end-to-video|Vidu Q3 Pro Start-End-to-Video|video|Vidu|image-to-video|
alibaba/wan-2.6/image-to-video|Wan-2.6 Image-to-Video|video|Alibaba|image-to-video|0.07
google/veo3.1/reference-to-video|Veo3.1 Reference-to-Video|video|Google|reference-to-video|
openai/sora-2/text-to-video|Sora 2 Text-to-Video|video|OpenAI|text-to-video|
google/gemini-omni-flash/image-to-video|Gemini Omni Flash Image-to-Video|video|Google|image-to-video|0.13
bytedance/seed-audio-1.0|Seed Audio 1.0|audio|ByteDance|text-to-speech|0.143 minute
minimax/speech-2.6-hd|MiniMax Speech 2.6 HD|audio|MiniMax|text-to-speech|
xai/tts-v1|xAI TTS v1|audio|xAI|text-to-speech|0.015 1k_chars
suno/chirp-v5|Suno chirp-v5|audio|Suno|text-to-music|0.13 generation
minimax/lyrics-generation|MiniMax Lyrics Generation|audio|MiniMax|text-to-lyrics|
bytedance/seed-asr-2.0|Seed ASR 2.0|audio|ByteDance|speech-to-text|0.002 minute
deepseek-ai/deepseek-v3.2|DeepSeek V3.2|text|DeepSeek|llm|
deepseek-ai/deepseek-v3.2-speciale|DeepSeek V3.2 Speciale|text|DeepSeek|llm|0.4/1.2
qwen/qwen3.5-397b-a17b|Qwen3.5 397B A17B|text|Qwen|llm|0.55/3.5
qwen/qwen3-coder-next|Qwen3 Coder Next|text|Qwen|llm|0.18/1.35
zai-org/glm-5|GLM 5|text|Z.ai|llm|0.95/3.15
minimaxai/minimax-m2.1|MiniMax M2.1|text|MiniMax|llm|0.29/0.95
google/gemini-2.5-flash|Gemini 2.5 Flash|text|Google|llm|
openai/gpt-5.6-luna|GPT-5.6 Luna|text|OpenAI|llm|1/6"""

SIBLINGS = """
kwaivgi/kling-v2.1-i2v-pro|Kling v2.1 I2V Pro|video|Kuaishou|image-to-video|0.09
kwaivgi/kling-v2.5-turbo-pro/text-to-video|Kling v2.5 Turbo Pro Text-to-Video|video|Kuaishou|text-to-video|0.07
kwaivgi/kling-v2.5-turbo-pro/image-to-video|Kling v2.5 Turbo Pro Image-to-Video|video|Kuaishou|image-to-video|0.07
kwaivgi/kling-v3.0-pro/text-to-video|Kling v3.0 Pro Text-to-Video|video|Kuaishou|text-to-video|0.204
kwaivgi/kling-v3.0-pro/image-to-video|Kling v3.0 Pro Image-to-Video|video|Kuaishou|image-to-video|0.204
kwaivgi/kling-v3.0-std/image-to-video|Kling v3.0 Std Image-to-Video|video|Kuaishou|image-to-video|0.153
kwaivgi/kling-lipsync/audio-to-video|Kling Lipsync Audio-to-Video|video|Kuaishou|audio-to-video|0.014 second
vidu/q3/image-to-video|Vidu Q3 Image-to-Video|video|Vidu|image-to-video|0.06
vidu/q2/reference-to-video|Vidu Q2 Reference-to-Video|video|Vidu|reference-to-video|0.05
vidu/q3-pro/image-to-video|Vidu Q3 Pro Image-to-Video|video|Vidu|image-to-video|0.12
minimax/hailuo-02/t2v-pro|Hailuo 02 T2V Pro|video|MiniMax|text-to-video|0.49 generation
minimax/hailuo-02/t2v-standard|Hailuo 02 T2V Standard|video|MiniMax|text-to-video|0.23 generation
minimax/hailuo-02/i2v-standard|Hailuo 02 I2V Standard|video|MiniMax|image-to-video|0.23 generation
minimax/hailuo-02/fast|Hailuo 02 Fast|video|MiniMax|image-to-video|0.1 generation
minimax/hailuo-2.3/t2v-standard|Hailuo 2.3 T2V Standard|video|MiniMax|text-to-video|0.23 generation
minimax/hailuo-2.3/i2v-pro|Hailuo 2.3 I2V Pro|video|MiniMax|image-to-video|0.49 generation
pixverse/pixverse-v4.5/text-to-video|PixVerse v4.5 Text-to-Video|video|PixVerse|text-to-video|0.2
pixverse/pixverse-v5/image-to-video|PixVerse v5 Image-to-Video|video|PixVerse|image-to-video|0.2
luma/ray-2-t2v|Luma Ray 2 T2V|video|Luma|text-to-video|0.5
luma/ray-2-i2v|Luma Ray 2 I2V|video|Luma|image-to-video|0.5
luma/ray-2-flash-t2v|Luma Ray 2 Flash T2V|video|Luma|text-to-video|0.17
google/veo3.1/text-to-video|Veo3.1 Text-to-Video|video|Google|text-to-video|0.2
google/veo3.1/image-to-video|Veo3.1 Image-to-Video|video|Google|image-to-video|0.2
google/veo3.1-fast/text-to-video|Veo3.1 Fast Text-to-Video|video|Google|text-to-video|0.1
google/veo3|Veo3|video|Google|text-to-video|0.2
openai/sora-2/image-to-video|Sora 2 Image-to-Video|video|OpenAI|image-to-video|0.1
openai/sora-2-pro/text-to-video|Sora 2 Pro Text-to-Video|video|OpenAI|text-to-video|0.3
alibaba/wan-2.6/text-to-video|Wan-2.6 Text-to-Video|video|Alibaba|text-to-video|0.07
alibaba/wan-2.6/video-to-video|Wan-2.6 Video-to-Video|video|Alibaba|video-to-video|0.07
alibaba/wan-2.5/text-to-video|Wan-2.5 Text-to-Video|video|Alibaba|text-to-video|0.035
alibaba/wan-2.5/text-to-video-fast|Wan-2.5 Text-to-Video Fast|video|Alibaba|text-to-video|0.034
atlascloud/wan-2.2/i2v-720p-lora|Wan 2.2 I2V 720p LoRA|video|Atlas Cloud|image-to-video|0.2
lightricks/ltx-2-pro/text-to-video|LTX-2 Pro Text-to-Video|video|Lightricks|text-to-video|0.06
lightricks/ltx-2-fast/image-to-video|LTX-2 Fast Image-to-Video|video|Lightricks|image-to-video|0.04
tencent/hunyuan-video/t2v|Hunyuan Video T2V|video|Tencent|text-to-video|0.4
tencent/hunyuan-image-3|Hunyuan Image 3.0|image|Tencent|text-to-image|0.1 image
bytedance/seedance-v1-lite-i2v-480p|Seedance V1 Lite I2V 480p|video|ByteDance|image-to-video|0.08
bytedance/seededit-v3|SeedEdit v3|image|ByteDance|image-to-image|0.03 image
bytedance/seedream-v4|Seedream v4|image|ByteDance|text-to-image|0.027 image
bytedance/seedream-v4/edit|Seedream v4 Edit|image|ByteDance|image-to-image|0.027 image
bytedance/seedream-v4.5/edit|Seedream v4.5 Edit|image|ByteDance|image-to-image|0.036 image
ideogram-ai/ideogram-v3-turbo|Ideogram V3 Turbo|image|Ideogram|text-to-image|0.03 image
ideogram-ai/ideogram-v3-quality|Ideogram V3 Quality|image|Ideogram|text-to-image|0.09 image
recraft-ai/recraft-v3|Recraft V3|image|Recraft|text-to-image|0.04 image
recraft-ai/recraft-v3-svg|Recraft V3 SVG|image|Recraft|text-to-image|0.08 image
google/imagen4|Imagen 4|image|Google|text-to-image|0.038 image
google/imagen4-fast|Imagen 4 Fast|image|Google|text-to-image|0.018 image
google/imagen4-ultra|Imagen 4 Ultra|image|Google|text-to-image|0.058 image
google/nano-banana-pro/edit|Nano Banana Pro Edit|image|Google|image-to-image|0.14 image
black-forest-labs/flux-2-pro/text-to-image|Flux 2 Pro Text-to-Image|image|Black Forest Labs|text-to-image|0.03 image
black-forest-labs/flux-kontext-max|Flux Kontext Max|image|Black Forest Labs|image-to-image|0.08 image
openai/gpt-image-2/edit|GPT Image 2 Edit|image|OpenAI|image-to-image|0.01 image
atlascloud/image-upscaler|Image Upscaler|image|Atlas Cloud|image-tools|0.01 image
atlascloud/remove-background|Remove Background|image|Atlas Cloud|image-tools|0.001 image
"""

# Names that a careless reading mixes up.
TRAPS = """
alibaba/qwen-image/edit|Qwen-Image Edit|image|Alibaba|image-to-image|0.02 image
one/twin-a|Twin|image|One|text-to-image|0.01 image
two/twin-b|Twin|image|Two|image-to-image|0.02 image
one/CamelCase|Camel|image|One|text-to-image|0.01 image
one/camelcase|Dromedary|image|One|text-to-image|0.01 image
gluon/brightpaint2/text-to-image|Bright Paint 2|image|Gluon|text-to-image|0.01 image
nobody/kindless|Kindless|image|Nobody|| 0.01 image
nobody/typeless|Typeless|| Nobody|| 0.01
uno/lumen-dev|LUMEN.1 [dev]|image|Uno|text-to-image|0.01 image
uno/lumen-2-dev|LUMEN.2 [dev]|image|Uno|text-to-image|0.02 image
duo/sketch-v1.6-t2v-pro|Sketch v1.6 T2V Pro|video|Duo|text-to-video|0.1
duo/sketch-v1.6-t2v-standard|Sketch v1.6 T2V Standard|video|Duo|text-to-video|0.1
duo/text-to-video-2.0|Duo Text-to-Video 2.0|video|Duo|text-to-video|0.1
duo/start-end-to-video-2.0|Duo Start-End-to-Video 2.0|video|Duo|image-to-video|0.1
duo/image-to-video-2.0|Duo Image-to-Video 2.0|video|Duo|image-to-video|0.1
solo/only-one-pro|Only One Pro|image|Solo|text-to-image|0.5 image
"""

# Families whose members are near to each other, as larger catalogues have them.
FAMILIES = """
kwaivgi/kling-v3.0-pro/text-to-video|Kling v3.0 Pro Text-to-Video|video|Kuaishou|text-to-video|0.2
kwaivgi/kling-v3.0-pro/motion-control|Kling v3.0 Pro Motion Control|video|Kuaishou|video-to-video|0.2
kwaivgi/kling-v2.0-t2v-master|Kling v2.0 T2V Master|video|Kuaishou|text-to-video|0.3
kwaivgi/kling-v2.1-i2v-pro|Kling v2.1 I2V Pro|video|Kuaishou|image-to-video|0.09
kwaivgi/kling-v2.1-i2v-pro/start-end-frame|Kling v2.1 I2V Pro Start-End Frame|video|Kuaishou|image-to-video|0.09
kwaivgi/kling-effects|Kling Effects|video|Kuaishou|image-to-video|0.1
vidu/q3-pro/image-to-video|Vidu Q3-Pro Image-to-Video|video|Vidu|image-to-video|0.1
vidu/q3-pro/start-end-to-video|Vidu Q3-Pro Start-End-to-Video|video|Vidu|image-to-video|0.1
pixverse/v6/text-to-video|PixVerse v6 Text-to-Video|video|PixVerse|text-to-video|0.05
pixverse/v6/video-extend|PixVerse v6 Video-Extend|video|PixVerse|video-to-video|0.05
alibaba/wan-2.5/video-extend|Wan-2.5 Video Extend|video|Alibaba|video-to-video|0.05
alibaba/wan-2.2/i2v-480p|Wan-2.2 Image-to-Video 480p|video|Alibaba|image-to-video|0.05
alibaba/wan-2.2/i2v-720p|Wan-2.2 Image-to-Video 720p|video|Alibaba|image-to-video|0.1
atlascloud/wan-2.2/image-to-video|Wan-2.2 Image-to-Video|video|Atlas Cloud|image-to-video|0.07
alibaba/wan-2.6/image-to-video|Wan-2.6 Image-to-Video|video|Alibaba|image-to-video|0.07
atlascloud/wan-2.6-spicy/image-to-video|Wan-2.6 Spicy Image-to-Video|video|Atlas Cloud|image-to-video|0.06
black-forest-labs/flux-3/extend-video|FLUX 3 Extend Video|video|Black Forest Labs|video-to-video|0.1
black-forest-labs/flux-3/first-last-frame-to-video|FLUX 3 First & Last Frame to Video|video|BFL|image-to-video|0.1
black-forest-labs/flux-3/keyframes-to-video|FLUX 3 Keyframes to Video|video|BFL|image-to-video|0.1
ltx-2.3-quality/text-to-video|LTX 2.3 Quality Text-to-Video|video|Lightricks|text-to-video|0.1
google/gemini-omni-flash/text-to-video-developer|Gemini Omni Flash T2V Developer|video|Google|text-to-video|0.1
alibaba/happyhorse-1.0/text-to-video|HappyHorse 1.0 Text-to-Video|video|Alibaba|text-to-video|0.04
alibaba/happyhorse-1.1/text-to-video|HappyHorse 1.1 Text-to-Video|video|Alibaba|text-to-video|0.06
bytedance/seedance-2.0/image-to-video|Seedance 2.0 Image-to-Video|video|ByteDance|image-to-video|0.12
bytedance/seedance-2.0-fast/text-to-video|Seedance 2.0 Fast Text-to-Video|video|ByteDance|text-to-video|0.1
bytedance/seedance-2.0-mini/text-to-video|Seedance 2.0 Mini Text-to-Video|video|ByteDance|text-to-video|0.08
google/veo3.1/text-to-video|Veo3.1 Text-to-Video|video|Google|text-to-video|0.2
google/veo3.1-fast/text-to-video|Veo3.1 Fast Text-to-Video|video|Google|text-to-video|0.1
google/veo3.1-fast/image-to-video|Veo3.1 Fast Image-to-Video|video|Google|image-to-video|0.1
google/veo3.1-lite/text-to-video|Veo3.1 Lite Text-to-Video|video|Google|text-to-video|0.05
google/veo3.1-lite/image-to-video|Veo3.1 Lite Image-to-Video|video|Google|image-to-video|0.05
google/veo3.1-lite/start-end-frame-to-video|Veo3.1 Lite Start-End Frame-to-Video|video|Google|image-to-video|0.05
minimax/hailuo-02/pro|Hailuo 02 Pro|video|MiniMax|image-to-video|0.5
veed/lipsync|VEED Lipsync|video|VEED|audio-to-video|0.02
sync/lipsync-v3|Sync Lipsync v3|video|Sync Labs|audio-to-video|0.03
atlascloud/video-upscaler|Video Upscaler|video|Atlas Cloud|video-to-video|0.01
z-image/turbo|Z-Image Turbo|image|Alibaba Tongyi|text-to-image|0.01 image
krea-2-turbo/text-to-image|Krea-2 Turbo Text-to-Image|image|Krea|text-to-image|0.02 image
nvidia/cosmos-3-super/text-to-image|Cosmos 3 Super Text-to-Image|image|NVIDIA|text-to-image|0.02 image
atlascloud/face-swap-image|Face Swap Image|image|Atlas Cloud|image-tools|0.01 image
atlascloud/photo-cleanup|Photo Cleanup|image|Atlas Cloud|image-tools|0.01 image
atlascloud/image-upscaler|Image Upscaler|image|Atlas Cloud|image-tools|0.01 image
google/nano-banana-2/text-to-image|Nano Banana 2 Text-to-Image|image|Google|text-to-image|0.07 image
google/nano-banana-2/edit|Nano Banana 2 Edit|image|Google|image-to-image|0.07 image
google/nano-banana-2/reference-to-image|Nano Banana 2 Reference-to-Image|image|Google|image-to-image|0.07 image
google/nano-banana-2-lite/edit|Nano Banana 2 Lite Edit|image|Google|image-to-image|0.03 image
bytedance/seedream-v4.5/sequential|Seedream v4.5 Sequential|image|ByteDance|text-to-image|0.04 image
bytedance/seedream-v4.5/edit|Seedream v4.5 Edit|image|ByteDance|image-to-image|0.04 image
black-forest-labs/flux-2-flex/edit|FLUX.2 Flex Edit|image|Black Forest Labs|image-to-image|0.05 image
black-forest-labs/flux-2-pro/edit|FLUX.2 Pro Edit|image|Black Forest Labs|image-to-image|0.05 image
black-forest-labs/flux-dev|Flux Dev|image|Black Forest Labs|text-to-image|0.01 image
black-forest-labs/flux-schnell|Flux Schnell|image|Black Forest Labs|text-to-image|0.003 image
atlascloud/qwen-image/text-to-image|Qwen Image Text-to-Image|image|Atlas Cloud|text-to-image|0.02 image
alibaba/qwen-image/text-to-image-plus|Qwen-Image Text-to-Image Plus|image|Alibaba|text-to-image|0.03 image
mossglow/aurora_paint/edit-20260611|Aurora-Paint Edit|image|Mossglow|image-to-image|0.02 image
papercrane/aurora-paint/edit|Aurora Paint Edit|image|Papercrane|image-to-image|0.03 image
tencent/hunyuan3d-rapid/text-to-3d|Hunyuan 3D Rapid Text-to-3D|image|Tencent|text-to-3d|0.02 generation
bytedance/seed3d-2.0/image-to-3d|Seed3D 2.0 Image-to-3D|image|ByteDance|image-to-3d|0.1 generation
"""


def parsed(table: str) -> tuple[Model, ...]:
    """The models of a table."""
    return tuple(_model(*(cell.strip() for cell in line.split("|"))) for line in table.strip().splitlines())


def catalogue(*tables: str, noise: int = 0) -> Catalogue:
    """A catalogue of these tables, and as many models more that nothing else is called like."""
    models = tuple(model for table in tables for model in parsed(table))
    return Catalogue((*models, *_noise(noise)), datetime(2026, 11, 22, tzinfo=UTC))


def without(models: Catalogue, *gone: str) -> Catalogue:
    """The catalogue after these have left."""
    return Catalogue(tuple(model for model in models.models if model.id not in gone), models.fetched_at)


_TYPES: dict[str, Type] = {"image": "image", "video": "video", "audio": "audio", "text": "text"}
_NOISE: tuple[tuple[str, str, Type], ...] = (
    ("text-to-image", "Text-to-Image", "image"),
    ("edit", "Edit", "image"),
    ("text-to-video", "Text-to-Video", "video"),
    ("image-to-video", "Image-to-Video", "video"),
)


def _model(model_id: str, name: str, made: str, organization: str, kinds: str, price: str) -> Model:
    kind_list = tuple(kinds.split())
    return Model(model_id, name, _TYPES.get(made), kind_list, _price(price), organization=organization)


def _price(text: str) -> Price | None:
    if not text:
        return None
    if "/" in text:
        given, made = map(float, text.split("/"))
        return Price(input_per_million=given, output_per_million=made)
    base, _, unit = text.partition(" ")
    return Price(float(base), unit or None)


def _noise(count: int) -> list[Model]:
    """Families of four tasks with names of syllables: `bavola-1.2/edit`."""
    syllables = [first + last for first in "bcdgjmnprt" for last in "aeou"]
    found: list[Model] = []
    for number in range(count):
        family, (task, title, made) = number // 4, _NOISE[number % 4]
        stem = syllables[family % 40] + syllables[(family * 7 + 3) % 40] + syllables[(family * 11 + 5) % 40]
        version = f"{1 + family % 5}.{family % 7}"
        kind = "image-to-image" if task == "edit" else task
        price = Price(1 + number / 100, None if made == "video" else "image")
        name = f"{stem.title()} {version} {title}"
        summary = f"{name} for scenes with {syllables[family % 40]} light, long shots and calm motion."
        found.append(Model(f"{stem}labs/{stem}-{version}/{task}", name, made, (kind,), price, None, stem, summary))
    return found
