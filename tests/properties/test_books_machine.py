"""Any sequence of what may happen to a family of three keeps the books right.

After every step `verify` must find nothing, and balances must be what they are said to be. A
settlement given back at once leaves balances and accumulators as if it had never been.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger.core.errors import GongjiError
from ledger.core.money import Fen
from ledger.core.months import Month
from ledger.core.people import ContributionKind, Plan, Relation, Status
from ledger.services.import_families import add_link, revoke_link
from ledger.services.move_funds import move_funds
from ledger.services.pay_provider import pay_all
from tests.people import CHEN, LIN, YU_CERTNO, YU_NAME, somebody
from tests.world import World

MONTHS = [str(month) for month in Month(2023, 1).through(Month(2023, 4))]
ADULTS = (CHEN, LIN)
days = st.integers(0, 110).map(lambda n: date(2023, 1, 1) + timedelta(days=n))
months = st.sampled_from(MONTHS)
adults = st.sampled_from(ADULTS)
patients = st.sampled_from(["chen", "lin", "yu"])
places = st.sampled_from(["hospital-1", "hospital-2", "hospital-3", "pharmacy"])
amounts = st.one_of(st.integers(1, 30_000), st.integers(30_000, 1_500_000))

REFUSED_FOR_GOOD_REASON = {
    "close/still-open",
    "family/no-link",
    "family/overlap",
    "fund/insufficient",
    "refund/done-before",
    "refund/unknown-visit",
}


class Family(RuleBasedStateMachine):
    """chen (employed), lin (retired) and their child; the model is only what was answered."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="gongji-machine-"))
        self.world = World(self.folder / "books.db")
        self.settled: list[dict[str, Any]] = []
        self.numbers = 0

    def teardown(self) -> None:
        self.world.close()
        shutil.rmtree(self.folder)

    @initialize(opening=st.integers(0, 100_000))
    def begin(self, opening: int) -> None:
        self.world.enrol(CHEN, LIN)
        self.world.link(
            self.world.relation(CHEN.certno, YU_CERTNO, Relation.CHILD, user_name=YU_NAME)
        )
        if opening:
            self.world.open_with(str(CHEN.psn_no), opening)

    # --- money in ---

    @rule(person=adults, month=months, base=st.integers(-600_000, 1_000_000).filter(bool))
    def contribute(self, person: Any, month: str, base: int) -> None:
        kind = ContributionKind.NORMAL if base > 0 else ContributionKind.REFUND
        row = self.world.rows(
            "SELECT plan FROM person_span WHERE person_id = ? AND valid_from <= ? "
            "AND valid_until > ?",
            self.world.person_id(str(person.psn_no)),
            Month.parse(month).first_day,
            Month.parse(month).first_day,
        )
        account = 0 if row[0][0] == "pool_only" else None
        self.world.contribute(
            self.world.contribution(str(person.psn_no), month, base, kind, account_fen=account)
        )

    @rule(month=months)
    def credit(self, month: str) -> None:
        self.world.credit(month)
        assert self.world.credit(month)["run"] is None

    @rule(person=adults, on=months, status=st.sampled_from(Status), plan=st.sampled_from(Plan))
    def change(self, person: Any, on: str, status: Status, plan: Plan) -> None:
        day = Month.parse(on).first_day
        self.world.enrol(somebody(person.row - 1, person.name, status, plan, changed_on=day))

    # --- visits ---

    def _visit(self, who: str, day: date, fen: int, at: str, use: int) -> Any:
        self.numbers += 1
        person = {"chen": CHEN, "lin": LIN}.get(who)
        more = {"psn_no": None, "certno": YU_CERTNO} if person is None else {}
        if at == "pharmacy":
            more |= {"med_type": "41"}
        number = None if person is None else person.psn_no
        visit = self.world.visit(f"v{self.numbers}", number, day, fen, at, use, fen % 700)
        return visit._replace(**more)

    @rule(who=patients, day=days, fen=amounts, at=places, use=st.integers(0, 2))
    def settle(self, who: str, day: date, fen: int, at: str, use: int) -> None:
        self.settled.append(self.world.settle(self._visit(who, day, fen, at, use)))

    @rule(who=patients, day=days, fen=amounts, at=places, use=st.integers(0, 2))
    def settle_and_give_back(self, who: str, day: date, fen: int, at: str, use: int) -> None:
        before = self._position()
        answer = self.world.settle(self._visit(who, day, fen, at, use))
        self.world.reverse(answer, datetime(day.year, day.month, day.day, 12))
        assert self._position() == before

    def _position(self) -> tuple[Any, ...]:
        """Balances, years, accumulators and quotas: what a refund must give back whole."""
        return (
            self.world.rows("SELECT person_id, credited_fen - debited_fen FROM personal_account"),
            self.world.rows("SELECT person_id, year, credited_fen - debited_fen FROM account_year"),
            self.world.rows(
                "SELECT person_id, year, in_scope_fen, deductible_fen, cost_fen, paid_fen, "
                "overall_fen FROM accumulator WHERE in_scope_fen > 0"
            ),
            self.world.rows("SELECT user_id, link_id, used_fen FROM family_link"),
        )

    @precondition(lambda self: self.settled)
    @rule(data=st.data(), later=st.integers(0, 40))
    def give_back(self, data: st.DataObject, later: int) -> None:
        answer = data.draw(st.sampled_from(self.settled))
        moment = datetime.fromisoformat(answer["setl_time"]) + timedelta(days=later)
        self._try(lambda: self.world.reverse(answer, moment))

    # --- the family ---

    @rule(
        holder=adults,
        relation=st.sampled_from([Relation.SPOUSE, Relation.CHILD]),
        day=days,
        quota=st.one_of(st.none(), st.integers(1, 50_000)),
    )
    def link(self, holder: Any, relation: Relation, day: date, quota: int | None) -> None:
        other = LIN if holder is CHEN else CHEN
        user = YU_CERTNO if relation is Relation.CHILD else other.certno
        record = self.world.relation(holder.certno, user, relation, day, quota_fen=quota)
        self._try(lambda: add_link(self.world.context, record))

    @rule(holder=adults, child=st.booleans(), day=days)
    def revoke(self, holder: Any, child: bool, day: date) -> None:
        other = LIN if holder is CHEN else CHEN
        user = YU_CERTNO if child else other.certno
        self._try(lambda: revoke_link(self.world.context, holder.certno, user, day))

    # --- the fund ---

    @rule(place=st.sampled_from(["fiscal", "disbursement"]), fen=st.integers(1, 200_000), day=days)
    def move(self, place: str, fen: int, day: date) -> None:
        self._try(lambda: move_funds(self.world.context, place, Fen(fen), day))

    @rule(month=months)
    def pay(self, month: str) -> None:
        of = Month.parse(month)
        self._try(lambda: pay_all(self.world.context, of, of.next().first_day))

    @rule(month=st.sampled_from(["2022-12", *MONTHS]))
    def close(self, month: str) -> None:
        self._try(lambda: self.world.close_month(month))

    def _try(self, act: Any) -> None:
        """A refusal is an answer too, where the state gives a reason for it."""
        try:
            act()
        except GongjiError as error:
            if error.code not in REFUSED_FOR_GOOD_REASON:
                raise

    # --- what always holds ---

    @invariant()
    def nothing_is_wrong(self) -> None:
        self.world.prove()

    @invariant()
    def no_account_is_overdrawn_and_the_fund_paid_no_more_than_its_limit(self) -> None:
        assert not self.world.rows(
            "SELECT 1 FROM personal_account WHERE debited_fen > credited_fen "
            "UNION ALL SELECT 1 FROM accumulator WHERE paid_fen > 300000 OR deductible_fen > 50000"
        )


SHORT = settings(
    max_examples=8, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
)
LONG = settings(
    max_examples=300, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_any_sequence_of_business_keeps_the_books_right() -> None:
    run_state_machine_as_test(Family, settings=SHORT)


@pytest.mark.slow
def test_long_sequences_of_business_keep_the_books_right() -> None:
    run_state_machine_as_test(Family, settings=LONG)
