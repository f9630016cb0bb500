"""The shapes of other cities as cases that an office can read: the YAML files in `cases/`.

Written like those of `tests/spec`, and played by the same runner; each names its shape of
`docs/rule-shapes.md` and its pack of `tests/data/packs`. A visit may say more here: `stay`, `from`
(first day of the stay), `born`, `disease`, `contracted` (yes, no) and `items`. `says` is what a
step of the explanation must say.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from ledger.core.money import Fen, fen_from_yuan
from ledger.core.visits import FeeItem, VisitRecord
from ledger.policy.loader import load_pack
from tests.spec.test_spec import Play, TextLoader

HERE = Path(__file__).parent
PACKS = HERE.parent / "data" / "packs"
SHAPES = {*range(1, 27), *range(38, 46)}


def read_cases() -> list[Any]:
    cases = []
    for path in sorted((HERE / "cases").glob("*.yaml")):
        page = yaml.load(path.read_text("utf-8"), TextLoader)
        cases += [pytest.param(case, id=f"{path.stem}: {case['name']}") for case in page["cases"]]
    return cases


def shapes_of(case: dict[str, Any]) -> set[int]:
    """The shapes that a case proves."""
    shape = case["shape"]
    return {int(number) for number in (shape if isinstance(shape, list) else [shape])}


@pytest.mark.parametrize("case", read_cases())
def test_shape(case: dict[str, Any], tmp_path: Path) -> None:
    unknown = case.keys() - {"name", "shape", "pack", "given", "steps"}
    assert not unknown, f"words that no case knows: {unknown}"
    play = ShapePlay(tmp_path / "case.db", case.get("given") or {}, case["pack"])
    try:
        for number, step in enumerate(case["steps"], start=1):
            play.step(number, dict(step))
        play.world.prove()
    finally:
        play.world.close()


class ShapePlay(Play):
    """A case played under a pack of the tests."""

    def __init__(self, path: Path, given: dict[str, Any], pack: str) -> None:
        super().__init__(path, given, load_pack(PACKS / pack))
        self.steps_said = ""

    def step(self, number: int, step: dict[str, Any]) -> None:
        expect = dict(step.get("expect", {}))
        says = expect.pop("says", [])
        super().step(number, step | {"expect": expect})
        for words in [says] if isinstance(says, str) else says:
            assert words in self.steps_said, f"step {number} says {self.steps_said}"

    def _visit(self, name: str, person: str, words: dict[str, Any]) -> VisitRecord:
        more: dict[str, Any] = {}
        for word, field in (("stay", "stay_id"), ("disease", "disease_code")):
            if word in words:
                more[field] = words.pop(word)
        for word, field in (("born", "born_on"), ("from", "first_day")):
            if word in words:
                more[field] = date.fromisoformat(words.pop(word))
        if "contracted" in words:
            more["contracted"] = words.pop("contracted") == "yes"
        if "items" in words:
            more["items"] = tuple(map(_item, words.pop("items")))
        return super()._visit(name, person, words)._replace(**more)

    def _said(self, answer: dict[str, Any]) -> dict[str, Any]:
        self.steps_said = " | ".join(step["text"] for step in answer.get("steps", ()))
        return super()._said(answer)


def _item(words: dict[str, str]) -> FeeItem:
    limit = words.get("limit")
    return FeeItem(
        words["code"],
        fen_from_yuan(words["charged"]),
        words.get("class", "甲"),
        int(words.get("quantity", "1")),
        None if limit is None else Fen(fen_from_yuan(limit)),
    )


def test_every_shape_has_a_case() -> None:
    proved = {shape for parameters in read_cases() for shape in shapes_of(parameters.values[0])}
    assert proved == SHAPES
