"""Visits that share a transaction: each has its own verdict, and one effect."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from ledger.core.errors import GongjiError
from ledger.core.visits import VisitRecord
from ledger.services.visits.settle_together import Command, Verdict, settle_together
from ledger.services.visits.shared_commit import SharedCommit
from ledger.storage.books.journal import Origin
from tests.people import CHEN, LIN, WANG
from tests.world import World

CHEN_NO, LIN_NO, WANG_NO = (str(person.psn_no) for person in (CHEN, LIN, WANG))
DAY = date(2023, 3, 1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "group.db")
    world.enrol(CHEN, LIN, WANG)
    world.open_with(CHEN_NO, 10_000)
    yield world
    world.prove()
    world.close()


def asked(record: VisitRecord, request_id: str | None = None, actor: str = "tester") -> Command:
    return Command(record, Origin(request_id, actor))


def code(verdict: Verdict) -> str:
    return verdict.said.code if isinstance(verdict.said, GongjiError) else ""


def test_a_refusal_is_the_refusal_of_one_visit(world: World) -> None:
    commands = [
        asked(world.visit("a", CHEN_NO, DAY, 1_000, use=1), "a"),
        asked(world.visit("b", "nobody", DAY, 1_000), "b"),
        asked(world.visit("c", LIN_NO, DAY, 1_000, "no-such-place"), "c"),
        asked(world.visit("d", WANG_NO, DAY, 1_000), "d"),
    ]
    verdicts = settle_together(world.context, commands)
    assert [code(v) for v in verdicts] == ["", "person/unknown", "provider/unknown", ""]
    assert (world.count("settlement"), world.count("request")) == (2, 2)
    mended = asked(world.visit("c", LIN_NO, DAY, 1_000), "c")
    assert code(settle_together(world.context, [mended])[0]) == ""


def test_visits_of_one_person_meet_what_those_before_them_left(world: World) -> None:
    commands = [asked(world.visit(f"v{n}", CHEN_NO, DAY, 8_000, use=1), f"v{n}") for n in range(3)]
    answers = [verdict.answer() for verdict in settle_together(world.context, commands)]
    assert [answer["acct_pay"] for answer in answers] == ["80.00", "20.00", "0.00"]
    assert world.accumulators(CHEN_NO, 2023)[0] == 24_000


def test_the_same_request_twice_in_a_group_has_one_effect(world: World) -> None:
    visit = world.visit("v", CHEN_NO, DAY, 8_000, use=1)
    other = world.visit("w", CHEN_NO, DAY, 8_000, use=1)
    group = [asked(visit, "same"), asked(visit, "same"), asked(other, "same"), asked(visit)]
    verdicts = settle_together(world.context, group)
    assert [code(v) for v in verdicts] == ["", "", "conflict/request-reused", ""]
    assert verdicts[0].answer() == verdicts[1].answer() == verdicts[3].answer()
    again = settle_together(world.context, [asked(visit, "same"), asked(visit, "later")])
    assert [v.answer()["setl_id"] for v in again] == [verdicts[0].answer()["setl_id"]] * 2
    assert (world.count("settlement"), world.count("request")) == (1, 2)


def test_entries_of_a_group_name_the_request_and_the_actor_of_each(world: World) -> None:
    visits = [world.visit(f"v{n}", number, DAY, 500) for n, number in enumerate((CHEN_NO, LIN_NO))]
    settle_together(
        world.context,
        [asked(visits[0], "1", "hospital-a"), asked(visits[1], "1", "hospital-b")],
    )
    rows = world.rows("SELECT request_id, actor FROM entry WHERE kind = ? ORDER BY 2", "settlement")
    assert rows == [("1", "hospital-a"), ("1", "hospital-b")]
    actors = world.rows("SELECT actor FROM request ORDER BY actor")
    assert actors == [("hospital-a",), ("hospital-b",)]


def test_what_the_database_refuses_of_one_is_nothing_to_the_others(world: World) -> None:
    visits = [world.visit(f"v{n}", number, DAY, 500) for n, number in enumerate((CHEN_NO, LIN_NO))]
    impossible = visits[0]._replace(visit_id="bad\x00id")
    verdicts = settle_together(world.context, [asked(impossible, "1"), asked(visits[1], "2")])
    assert code(verdicts[1]) == ""
    assert world.count("settlement") == 2 - (code(verdicts[0]) != "")


def test_many_threads_settle_at_one_desk(world: World) -> None:
    shared = SharedCommit(world.context, most=5)
    numbers = (CHEN_NO, LIN_NO, WANG_NO)
    commands = [
        asked(world.visit(f"v{n}", numbers[n % 3], DAY, 1_000, use=1), f"v{n % 20}")
        for n in range(24)
    ]

    def told(command: Command) -> str:
        try:
            return str(shared.settle(command)["mdtrt_id"])
        except GongjiError as error:
            return error.code

    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(told, commands))
    # Requests are kept under their person: the last four reuse an id, or are another's.
    settled = [visit for visit in found if visit.startswith("v")]
    assert world.count("settlement") == len(settled)
    assert len(settled) >= 20


def test_texts_come_back_as_they_were_given(world: World) -> None:
    odd = [
        '"',
        "\\",
        "it's",
        "a,b",
        "(c)",
        "{d}",
        "e\nf",
        " g ",
        "NULL",
        "汉字",
        "%s ? :x $1",
        '\\"',
    ]
    visits = [
        world.visit(f"v{text}", CHEN_NO, DAY, 100, fee_category=text) for text in [*odd, None]
    ]
    commands = [asked(v, f"r{v.visit_id}", f"by {v.visit_id}") for v in visits]
    for verdict in settle_together(world.context, commands):
        verdict.answer()
    stored = set(world.rows("SELECT visit_id, fee_category FROM visit"))
    assert stored == {(v.visit_id, v.fee_category) for v in visits}
    stored = set(world.rows("SELECT request_id, actor FROM request"))
    assert stored == {(f"r{v.visit_id}", f"by {v.visit_id}") for v in visits}
    again = [verdict.answer() for verdict in settle_together(world.context, commands)]
    assert [answer["mdtrt_id"] for answer in again] == [v.visit_id for v in visits]
    assert world.count("settlement") == len(visits)
