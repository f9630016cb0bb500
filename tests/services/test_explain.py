"""Why a settlement is what it is: steps with article, amounts before and after, in Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ledger.core.errors import Unknown
from ledger.core.money import fen_from_yuan
from ledger.policy.loader import load_pack
from ledger.services.visits.settle_visit import explain_settlement
from tests.people import CHEN, LIN
from tests.world import World, busy_template, copy_of, shiyan

DAY = date(2023, 3, 1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "world.db")
    world.enrol(CHEN, LIN)
    world.open_with(str(LIN.psn_no), 30_000)
    yield world
    world.close()


def steps(answer: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [
        (step["rule"], step["article"], step["before"], step["after"]) for step in answer["steps"]
    ]


def test_a_visit_that_crosses_the_deductible_and_the_limit_says_so(world: World) -> None:
    answer = world.settle(
        world.visit("A", LIN.psn_no, DAY, 400_000, "hospital-1", 1, paid_first_fen=1_000)
    )
    assert steps(answer)[:4] == [
        ("政策范围", "S3c-6", "4010.00", "4000.00"),
        ("起付标准", "S3c-6.1", "4000.00", "3500.00"),
        ("支付比例", "S3c-6.2", "3500.00", "3150.00"),
        ("年度最高支付限额", "S3c-6.3", "3150.00", "3000.00"),
    ]
    assert steps(answer)[4][2:] == ("1010.00", "710.00")
    text = answer["steps"][2]["text"]
    assert "退休" in text
    assert "一级" in text
    assert "90%" in text


def test_each_step_of_the_pool_begins_where_the_one_before_ended(tmp_path: Path) -> None:
    world = copy_of(busy_template(), tmp_path / "busy.db")
    cited = {value.cite.id for value in shiyan().values()}
    for number, reason in world.rows("SELECT settlement_id, reason FROM settlement"):
        answer = explain_settlement(world.context, number)
        chain = answer["steps"]
        if reason == "covered" and answer["refd_setl_flag"] == "0":
            pool = [step for step in chain if "账户" not in step["rule"]]
            pool = [step for step in pool if step["rule"] not in ("合计", "家庭共济支付")]
            for one, following in pairwise(pool):
                assert one["after"] == following["before"]
            assert chain[0]["before"] == answer["medfee_sumamt"]
            assert chain[-1]["after"] == answer["psn_cash_pay"]
        assert all(step["text"] for step in answer["steps"])
        assert {step["article"] for step in answer["steps"]} <= cited
    world.close()


def test_a_visit_that_is_not_covered_names_the_article(world: World) -> None:
    stay = world.visit("S", LIN.psn_no, DAY, 0, med_type="21")
    world.settle(stay._replace(first_day=date(2023, 2, 1), last_day=DAY))
    answer = world.settle(world.visit("A", LIN.psn_no, date(2023, 2, 10), 60_000))
    assert ("不予支付", "S3c-10", "0.00", "0.00") in steps(answer)
    assert answer["reason_text"] == "住院治疗期间，不享受普通门诊统筹待遇"


def test_an_old_settlement_is_explained_by_the_rules_that_decided_it(world: World) -> None:
    visit = world.visit("A", CHEN.psn_no, DAY, 100_000)
    old = world.settle(visit)
    later = World(world.path, load_pack("420300-shiyan", {"deductible": "800.00"}))
    again = explain_settlement(later.context, int(old["setl_id"]))
    assert again == old
    # Asking for the same visit again is no new decision either.
    assert later.settle(visit) == old
    new = later.settle(world.visit("B", CHEN.psn_no, date(2023, 3, 2), 100_000))
    assert new["act_pay_dedc"] == "300.00"
    assert new["policy_version"] != old["policy_version"]
    later.close()


def test_a_refund_says_that_everything_comes_back(world: World) -> None:
    answer = world.settle(world.visit("A", CHEN.psn_no, DAY, 100_000))
    refund = world.reverse(answer, datetime(2023, 3, 2, 9))
    assert refund["refd_setl_flag"] == "1"
    assert refund["init_setl_id"] == answer["setl_id"]
    assert steps(refund)[:2] == [
        ("退还起付", "S3c-6.1", "500.00", "0.00"),
        ("退还限额", "S3c-6.3", "250.00", "0.00"),
    ]
    found = explain_settlement(world.context, int(answer["setl_id"]))
    assert found["reversed_by"] == refund["setl_id"]


def test_the_parts_of_every_answer_add_up(tmp_path: Path) -> None:
    world = copy_of(busy_template(), tmp_path / "busy.db")
    for (number,) in world.rows("SELECT settlement_id FROM settlement"):
        answer = explain_settlement(world.context, number)
        fen = {
            word: fen_from_yuan(text)
            for word, text in answer.items()
            if isinstance(text, str) and word.endswith(("_pay", "amt", "selfpay", "balc"))
            and word not in ("pool_prop_selfpay",)
        }  # fmt: skip
        assert fen["medfee_sumamt"] == fen["hifp_pay"] + fen["acct_pay"] + fen["psn_cash_pay"]
        assert fen["psn_part_amt"] == fen["acct_pay"] + fen["psn_cash_pay"]
        assert abs(fen["acct_mulaid_pay"]) <= abs(fen["acct_pay"])
        assert fen["medfee_sumamt"] == (
            fen["fulamt_ownpay_amt"]
            + fen["overlmt_selfpay"]
            + fen["preselfpay_amt"]
            + fen["inscp_scp_amt"]
        )
    world.close()


def test_a_settlement_that_is_not_there_is_not_explained(world: World) -> None:
    with pytest.raises(Unknown) as refused:
        explain_settlement(world.context, 4711)
    assert refused.value.code == "settlement/unknown"
