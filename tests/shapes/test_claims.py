"""Paper bills and settling anew under rules with shapes of their own: what the papers say counts
in the windows of the pack; what the account paid first it has paid."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.core.claims import ClaimRecord
from ledger.core.errors import Refused
from ledger.core.money import Fen
from ledger.policy import loader
from ledger.policy.loader import load_pack
from ledger.services.claims.claim import claim
from ledger.services.resettlement import resettle
from ledger.services.resettlement.resettle_plan import Scope
from tests.people import psn_no, somebody
from tests.resettle.test_claims import bill
from tests.shapes.test_packs import PACKS
from tests.world import World

SHIPPED = Path(loader.__file__).parent / "packs"
AT = datetime(2024, 1, 2, 9)


def opened(tmp_path: Path, name: str) -> World:
    """The pack of a shape, with what Shiyan says of papers."""
    folder = tmp_path / name
    shutil.copytree(PACKS / name, folder)
    document = "形状"
    away = (SHIPPED / "420300-shiyan" / "away.yaml").read_text("utf-8")
    said = away.replace("document: S3c", f"document: {document}")
    (folder / "away.yaml").write_text(said, "utf-8")
    world = World(tmp_path / "books.db", load_pack(folder))
    world.enrol(somebody(1))
    return world


def paper(name: str, day: date, fen: int, place: str = "武汉样例医院", **more: Any) -> ClaimRecord:
    when = datetime(day.year, day.month, day.day, 9)
    return bill(name, visited_at=when, total_fen=Fen(fen), in_scope_fen=Fen(fen),
                place_name=place, **more)  # fmt: skip


def settle_anew(world: World) -> dict[str, Any]:
    shown = resettle.show(world.context, Scope(2023), AT)
    assert shown["left_out"] == []
    if shown["plan"]:
        resettle.approve(world.context, Scope(2023), AT, shown["plan"])
        assert resettle.show(world.context, Scope(2023), AT)["plan"] is None
    world.prove()
    return shown


def test_each_institution_elsewhere_has_a_deductible_of_its_own(tmp_path: Path) -> None:
    """300.00 for each institution and year, 60 percent beyond it."""
    world = opened(tmp_path, "hospital-year")
    seen = (
        paper("B1", date(2023, 3, 1), 40_000),
        paper("B2", date(2023, 3, 2), 40_000),
        paper("B3", date(2023, 3, 3), 40_000, "南京样例医院"),
    )
    paid = [claim(world.context, record) for record in seen]
    assert [answer["act_pay_dedc"] for answer in paid] == ["300.00", "0.00", "300.00"]
    assert [answer["hifp_pay"] for answer in paid] == ["60.00", "240.00", "60.00"]
    assert any("武汉样例医院" in step["text"] for step in paid[1]["steps"])
    world.prove()
    assert settle_anew(world)["plan"] is None
    world.close()


def test_papers_that_come_late_are_settled_anew_in_their_order(tmp_path: Path) -> None:
    """The quarter's deductible moves to the visit that came first."""
    world = opened(tmp_path, "quarterly")
    late = paper("B1", date(2023, 1, 4), 10_000)
    world.settle(world.visit("A", psn_no(1), date(2023, 2, 1), 200_000, "hospital-3"))
    first = claim(world.context, late)
    assert first["act_pay_dedc"] == "0.00"
    shown = settle_anew(world)
    assert {change["mdtrt_id"] for change in shown["changes"]} == {"A", "B1"}
    world.close()


def test_what_papers_do_not_say_is_asked_by_name_and_may_be_said(tmp_path: Path) -> None:
    world = opened(tmp_path, "guangzhou")
    record = paper("B1", date(2023, 3, 1), 40_000, place_tier=1)
    with pytest.raises(Refused, match="签约") as refused:
        claim(world.context, record)
    assert refused.value.code == "visit/missing-fact"
    told = claim(world.context, record._replace(contracted=False))
    assert told["hifp_pay"] != "0.00"
    world.prove()
    settle_anew(world)
    world.close()


def test_what_the_account_paid_first_stays_paid_when_the_year_is_settled_anew(
    tmp_path: Path,
) -> None:
    """Deductible 500.00, then 70 percent; the account pays before both. The late visit met an
    empty account and no deductible; in its order it meets the deductible first."""
    world = opened(tmp_path, "account-first")
    world.open_with(psn_no(1), 30_000)
    one = world.settle(world.visit("A", psn_no(1), date(2023, 5, 1), 130_000))
    late = world.settle(world.visit("B", psn_no(1), date(2023, 4, 1), 60_000))
    assert (one["acct_pay"], one["act_pay_dedc"], one["hifp_pay"]) == ("300.00", "500.00", "350.00")
    assert (late["acct_pay"], late["act_pay_dedc"], late["hifp_pay"]) == ("0.00", "0.00", "420.00")
    shown = settle_anew(world)
    after = {change["mdtrt_id"]: change["after"]["hifp_pay"] for change in shown["changes"]}
    assert after == {"A": "700.00", "B": "70.00"}
    paid = world.rows("SELECT account_fen FROM settlement ORDER BY settlement_id")
    assert [fen for (fen,) in paid][-2:].count(30_000) == 1
    assert world.balance(psn_no(1)) == 0
    world.close()


def test_an_account_that_pays_first_pays_a_paper_bill_first(tmp_path: Path) -> None:
    world = opened(tmp_path, "account-first")
    world.open_with(psn_no(1), 30_000)
    answer = claim(world.context, paper("B1", date(2023, 5, 1), 130_000))
    assert (answer["acct_pay"], answer["act_pay_dedc"], answer["hifp_pay"]) == (
        "300.00",
        "500.00",
        "350.00",
    )
    assert settle_anew(world)["plan"] is None
    world.close()
