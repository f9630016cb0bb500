"""What a balance may say is left of the year's deductible: a number only where there is one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ledger.policy.loader import load_pack

PACKS = Path(__file__).parent.parent / "data" / "packs"


@pytest.mark.parametrize(
    ("pack", "employed", "retired"),
    [
        ("fuzhou", 60_000, 60_000),
        ("beijing", 180_000, 130_000),
        ("changsha", 30_000, 30_000),
        ("nanjing", 0, 0),
        ("songzao", 50_000, 0),
        ("shangluo", None, None),
        ("huainan", None, None),
        ("topped-up", None, None),
        ("monthly", None, None),
        ("hospital-year", None, None),
    ],
)
def test_the_deductible_of_a_year(pack: str, employed: int | None, retired: int | None) -> None:
    rules = load_pack(PACKS / pack).outpatient(date(2023, 3, 1))
    assert (rules.yearly_deductible_fen(0), rules.yearly_deductible_fen(1)) == (employed, retired)
