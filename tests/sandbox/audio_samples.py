"""Sounds made and measured for the tests of the sandbox's audio models."""

from array import array
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any, cast

import av


@dataclass(frozen=True)
class Sound:
    """A decoded recording: mono samples from -1 to 1, so many a second."""

    samples: "array[float]"
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    @property
    def peak(self) -> float:
        return max(map(abs, self.samples))

    def loudness(self, start: float, end: float) -> float:
        """Root mean square between two moments, in seconds."""
        part = self.samples[round(start * self.rate) : round(end * self.rate)]
        return (sum(value * value for value in part) / len(part)) ** 0.5

    def crossings(self, start: float, end: float) -> float:
        """How often a second the wave goes up through zero: higher notes do it more often."""
        part = self.samples[round(start * self.rate) : round(end * self.rate)]
        return sum(a < 0 <= b for a, b in pairwise(part)) / (end - start)


def decoded(content: bytes) -> Sound:
    with av.open(BytesIO(content), "r") as container:
        (stream,) = container.streams.audio
        assert container.format.name == "wav"
        assert (stream.codec_context.name, cast("Any", stream).channels) == ("pcm_s16le", 1)
        samples, rate = array("f"), stream.codec_context.sample_rate
        for frame in container.decode(stream):
            pcm = array("h", bytes(cast("Any", frame).planes[0])[: frame.samples * 2])
            samples.extend(value / 32_768 for value in pcm)
    return Sound(samples, rate)
