"""Hundreds of bad days: nothing is paid twice, nothing that was paid for is lost, nothing hangs, nothing breaks."""

from pathlib import Path

import pytest

from chaos.scenario import Day

FEW, MANY = 12, 500


async def live_through(seed: int, folder: Path) -> None:
    day = Day(seed, folder)
    await day.run()
    assert day.verdict() == [], f"seed {seed}"


@pytest.mark.parametrize("seed", range(FEW))
async def test_a_bad_day_costs_nothing_twice_and_loses_nothing(tmp_path: Path, seed: int) -> None:
    await live_through(seed, tmp_path)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(FEW, FEW + MANY))
async def test_five_hundred_bad_days(tmp_path: Path, seed: int) -> None:
    await live_through(seed, tmp_path)
