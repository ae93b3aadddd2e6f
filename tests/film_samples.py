"""Small real videos and sounds, made by FFmpeg's encoders."""

import random
from fractions import Fraction
from io import BytesIO
from typing import Any

import av

SAMPLE_RATE = 48_000


class Pipe:
    """What is written here cannot be corrected later: no length, no seeking."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)


def video(
    kind: str = "mp4",
    codec: str = "mpeg4",
    *,
    size: tuple[int, int] = (64, 48),
    frames: int = 20,
    options: dict[str, str] | None = None,
    is_piped: bool = False,
) -> bytes:
    """A clip of ten frames for each second, in the container `kind`."""
    buffer, pipe = BytesIO(), Pipe()
    with av.open(pipe if is_piped else buffer, "w", format=kind, options=options or {}) as opened:
        container: Any = opened  # PyAV's types have holes
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame(*size, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([number * 7 % 256]) * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return pipe.data or buffer.getvalue()


def sound(kind: str, codec: str, *, seconds: int = 2, bit_rate: int = 64_000) -> bytes:
    """Soft noise in one channel."""
    buffer, noise = BytesIO(), random.Random(1)  # noqa: S311  noise
    with av.open(buffer, "w", format=kind) as opened:
        container: Any = opened
        stream = container.add_stream(codec, rate=SAMPLE_RATE)
        stream.bit_rate = bit_rate
        stream.layout = "mono"
        wanted = stream.codec_context.format.name
        resampler = av.AudioResampler(wanted, "mono", SAMPLE_RATE, stream.codec_context.frame_size or 960)
        for number in range(seconds * 50):
            frame = av.AudioFrame("s16", "mono", SAMPLE_RATE // 50)
            frame.planes[0].update(bytes(noise.choices((0, 1), k=frame.planes[0].buffer_size)))
            frame.pts, frame.sample_rate, frame.time_base = number * 960, SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
            for part in resampler.resample(frame):
                container.mux(stream.encode(part))
        for part in resampler.resample(None):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return buffer.getvalue()
