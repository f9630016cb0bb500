"""`docs/rule-shapes.md` lists every shape with keys and packs that are there."""

from __future__ import annotations

import re

from ledger.policy.schema import KEYS
from ledger.policy.shape_schema import SHAPE_KEYS
from tests.architecture.tree import ROOT
from tests.shapes.test_cases import PACKS, SHAPES, read_cases, shapes_of

PAGE = (ROOT / "docs" / "rule-shapes.md").read_text(encoding="utf-8")
ROWS = {
    int(cells[1]): [cell.strip() for cell in cells[1:7]]
    for line in PAGE.splitlines()
    if (cells := line.split("|")) and len(cells) == 8 and cells[1].strip().isdigit()
}


def test_every_shape_has_its_row() -> None:
    assert ROWS.keys() == SHAPES


def test_every_key_and_pack_of_the_page_exists() -> None:
    names = {key.partition(".")[2] for key in KEYS} | {"account_use"}
    fields = {"up_to", "from_age", "employed", "retired"}
    for number, (_, _, keys, packs, _, _) in ROWS.items():
        for name in re.findall(r"`([a-z_]+)(?=[:`])", keys):
            words = {"hospital_year", "quarter", "month", "stay"}
            assert name in names | fields | words, f"{number}: {name}"
        for pack in re.findall(r"`([a-z0-9-]+)`", packs):
            assert (PACKS / pack / "pack.yaml").is_file(), f"{number}: {pack}"


def test_every_key_of_a_shape_is_told() -> None:
    told = set(re.findall(r"[a-z_]+", " ".join(row[2] for row in ROWS.values())))
    assert SHAPE_KEYS.keys() <= told


def test_each_shape_has_a_case_with_one_of_its_packs() -> None:
    cases = [parameters.values[0] for parameters in read_cases()]
    for number, row in ROWS.items():
        packs = {case["pack"] for case in cases if number in shapes_of(case)}
        assert packs & set(re.findall(r"`([a-z0-9-]+)`", row[3])) or row[3] == "any", number
