"""Whatever happens to quotas across pools, in whatever order: nothing is lost and nothing is spent
twice. What was held, used and returned is always what the balance says."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.errors import Conflict, Refused
from ledger.core.money import Fen, fen_from_yuan
from ledger.core.people import Relation
from ledger.services.books.read import balance
from ledger.services.pools import pool_quotas
from ledger.services.pools.pool_clearing import balances
from ledger.services.pools.pool_quota_list import listing, statement
from tests.people import CHEN, certno, psn_no
from tests.world import World

START = date(2026, 3, 2)
MONEY = 50_000
STEPS = st.tuples(
    st.sampled_from(["give", "use", "back", "revoke", "expire", "visit"]),
    st.integers(1, 40_000),
    st.integers(0, 2),
)


class Books:
    """One holder with money, and what the steps have done so far."""

    def __init__(self, path: Path) -> None:
        self.world = World(path)
        self.world.enrol(CHEN)
        self.world.open_with(psn_no(1), MONEY, 2025)
        self.quotas: list[int] = []
        self.uses: list[tuple[int, str]] = []
        self.spent = 0

    def do(self, number: int, verb: str, fen: int, which: int) -> None:
        day = START + timedelta(days=number)
        try:
            getattr(self, verb)(number, day, fen, which)
        except (Refused, Conflict):
            return  # A refusal changes nothing: `check` looks.

    def give(self, number: int, day: date, fen: int, which: int) -> None:
        user = (certno(800 + which), "使用人")
        answer = pool_quotas.give(
            self.world.context, psn_no(1), user, "420100", Relation.CHILD, Fen(fen), day,
            day + timedelta(days=5),
        )  # fmt: skip
        self.quotas.append(int(answer["quota_id"]))

    def use(self, number: int, day: date, fen: int, which: int) -> None:
        if self.quotas:
            quota = self.quotas[which % len(self.quotas)]
            pool_quotas.use(self.world.context, quota, Fen(fen), day, f"W{number}")
            self.uses.append((quota, f"W{number}"))

    def back(self, number: int, day: date, fen: int, which: int) -> None:
        if self.uses:
            quota, reference = self.uses[which % len(self.uses)]
            part = Fen(fen) if fen % 2 else None
            pool_quotas.take_back(self.world.context, quota, reference, day, amount_fen=part)

    def revoke(self, number: int, day: date, fen: int, which: int) -> None:
        if self.quotas:
            pool_quotas.revoke(self.world.context, self.quotas[which % len(self.quotas)], day)

    def expire(self, number: int, day: date, fen: int, which: int) -> None:
        pool_quotas.expire(self.world.context, day)

    def visit(self, number: int, day: date, fen: int, which: int) -> None:
        record = self.world.visit(f"v{number}", psn_no(1), day, 0, self_paid_fen=fen, use=1)
        self.spent += fen_from_yuan(self.world.settle(record)["acct_pay"])

    def check(self) -> None:
        self.world.prove()
        found = listing(self.world.context, psn_no(1)) if self.quotas else []
        used = sum(fen_from_yuan(quota["used"]) for quota in found)
        held = sum(fen_from_yuan(quota["held"]) for quota in found)
        now = balance(self.world.context, psn_no(1), START)
        assert fen_from_yuan(now["balc"]) == MONEY - self.spent - used
        assert fen_from_yuan(now["held"]) == held <= MONEY - self.spent - used
        assert sum(fen_from_yuan(pool["owed"]) for pool in balances(self.world.context)) == used
        if self.quotas:
            assert fen_from_yuan(statement(self.world.context, psn_no(1))["held"]) == held


@settings(max_examples=12, deadline=None)
@given(st.lists(STEPS, min_size=4, max_size=14))
def test_what_is_held_used_and_returned_is_what_the_balance_says(
    steps: list[tuple[str, int, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        books = Books(Path(folder) / "quotas.db")
        try:
            for number, step in enumerate(steps):
                books.do(number, *step)
            books.check()
        finally:
            books.world.close()
