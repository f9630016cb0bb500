"""What every rule of the machine stands on: the family, the days, and how a verb is tried."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import event, note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from ledger.core.batches import Batch, ImportResult
from ledger.core.errors import GongjiError
from ledger.core.money import Fen
from ledger.core.months import Month
from ledger.core.people import BankAccount, Relation, Status
from ledger.policy.loader import load_pack
from ledger.policy.pack import Pack
from ledger.services.approvals import proposals
from ledger.services.books.move_funds import move_funds
from ledger.services.books.verify import verify
from ledger.services.importing import ImportOptions
from ledger.storage.database.append_only import APPEND_ONLY
from tests.people import YU_CERTNO, YU_NAME, certno, psn_no, somebody
from tests.world import World, open_context, twin_of

FIRST, LAST = date(2024, 1, 1), date(2026, 12, 31)
"""The three years."""
BEGINNINGS = (FIRST, date(2024, 11, 10), date(2026, 1, 10))
"""The first day, and days from which quotas across pools of the province and of all are allowed."""

CHEN, LIN, ZHOU, ZHAO, SPARE = 1, 2, 3, 4, 7
"""Holder, spouse (flexible), parent (retired), a second employee, and a second number that the
holder got by mistake."""
OTHERS = 50
NUMBERS = (CHEN, LIN, ZHOU, ZHAO, SPARE)
CAST = (
    somebody(CHEN, "陈建国"),
    somebody(LIN, "林秀英"),
    somebody(ZHOU, "周桂芳", Status.RETIRED, settled_up_on=date(2021, 6, 1)),
    somebody(ZHAO, "赵敏"),
    somebody(SPARE, "陈建国", benefit_until=date(2024, 3, 1)),
)
BANK = BankAccount("收款人", "样例银行", "6222000000000001")

PACKS: tuple[dict[str, str], ...] = (
    {},
    {
        "benefit_period.source": "contributions",
        "resettlement.resettle_behaviour": "resettle_later",
        "debts.recover_from_credits": "true",
        "account_use.premiums_allowed": "true",
        "advance.credit": "all_employers",
        "outpatient.deductible": "300.00",
    },
    {
        "resettlement.resettle_difference": "provider",
        "account_use.use_order": "this_year_first",
        "account_use.premiums_allowed": "true",
        "account_use.returned_when_settled_elsewhere": "true",
        "advance.credit": "all_employers",
        "advance.back_after_months": "1",
    },
)
"""What a city may set otherwise; a life begins under one of them."""

MAY_CHANGE = (
    "person", "person_identity", "person_alias", "person_span", "benefit_span", "family_link",
    "personal_account", "account_year", "accumulator", "hold", "incoming_quota", "debtor",
    "credit_again", "credit_withheld", "resettle_again", "fiscal_month", "provider_statement",
)  # fmt: skip
"""Tables whose rows change; all others only grow."""

PARTS = ("in_scope_fen", "deductible_fen", "cost_fen", "paid_fen", "overall_fen")
"""The amounts of an accumulator."""

people = st.sampled_from(NUMBERS)
patients = st.sampled_from([psn_no(CHEN), psn_no(LIN), psn_no(ZHOU), psn_no(ZHAO), None])
"""None: the child, who is on no roster."""
lately = st.one_of(st.just(0), st.integers(0, 20), st.integers(0, 420))
"""Days that something is told late."""
small = st.integers(1, 30_000)
amounts = st.one_of(st.just(1), small, st.integers(30_000, 900_000))

TALLY: Counter[str] = Counter()
"""What was tried and how it ended, in this process: to see that nothing is always refused."""


@cache
def pack_of(number: int) -> Pack:
    return load_pack("420300-shiyan", PACKS[number])


class Frame(RuleBasedStateMachine):
    """A database with the family in it. Rules are in the subclasses, one per noun.

    The model is what the ledger answered; what must hold is asked of the ledger itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="gongji-life-"))
        self.today, self.pace, self.count = FIRST, 1, 0
        self.settled: list[dict[str, Any]] = []
        self.steps, self.proved = 0, True

    @initialize(
        pack=st.integers(0, len(PACKS) - 1),
        start=st.sampled_from(BEGINNINGS),
        pace=st.sampled_from([1, 9, 20, 40]),
        patience=st.sampled_from([0, 15, 30]),
    )
    def begin(self, pack: int, start: date, pace: int, patience: int) -> None:
        self.today, self.pace, self.patience = start, pace, patience
        self.pack = pack_of(pack)
        self.world = World(self.folder / "books.db", self.pack)
        self.reviewer = open_context(self.world.path, self.pack, actor="reviewer")
        self.world.enrol(*CAST)
        self._the_rest_of_the_city(start)
        self.world.open_with(psn_no(CHEN), 150_000, 2022)
        self.world.open_with(psn_no(SPARE), 20_000, 2023)
        self.world.link(
            self.world.relation(certno(CHEN), YU_CERTNO, Relation.CHILD, user_name=YU_NAME)
        )

    def _the_rest_of_the_city(self, start: date) -> None:
        """A family alone carries no fund: somebody else's money is there already."""
        self.world.enrol(somebody(OTHERS, "其他参保人"))
        month = str(Month.of(start))
        self.world.contribute(self.world.contribution(psn_no(OTHERS), month, 99_999_900))
        for place in ("fiscal", "disbursement"):
            move_funds(self.world.context, place, Fen(3_000_000), start)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()
            self.reviewer.engine.dispose()
        shutil.rmtree(self.folder)

    @property
    def lived(self) -> bool:
        """Has enough happened for a life to end?"""
        return self.steps > self.patience

    # --- days ---

    def day(self, ago: int = 0) -> date:
        """Today, or some days ago; whatever asks for a day lets time pass."""
        self.today = min(self.today + timedelta(days=self.pace), LAST)
        return self.today - timedelta(days=ago)

    def month(self, ago: int = 0) -> Month:
        return Month.of(self.day()).plus(-ago)

    def noon(self) -> datetime:
        return datetime(self.today.year, self.today.month, self.today.day, 12)

    def name(self, prefix: str) -> str:
        """A name that nothing has yet."""
        self.count += 1
        return f"{prefix}{self.count}"

    # --- trying ---

    def attempt(self, verb: Callable[..., Any], *given: Any, **more: Any) -> Any:
        """What the verb answers; None when it refuses, and then nothing has changed."""
        before = self.fingerprint()
        what = f"{verb.__module__.rsplit('.', 1)[-1]}.{verb.__name__}"
        answer, code = None, ""
        try:
            answer = verb(*given, **more)
        except GongjiError as error:
            code = error.code
        self._tell(what, code or "done")
        assert not code or self.fingerprint() == before, f"{code}: refused, but something changed"
        return answer

    def propose(self, at_once: bool, verb: Callable[..., Any], *given: Any) -> None:
        """Propose something; where it is urgent, somebody else approves on the spot."""
        answer = self.attempt(verb, self.world.context, *given)
        if answer is not None and at_once:
            number = int(answer["proposal_id"])
            self.attempt(proposals.approve, self.reviewer, number, "同意")

    def file(self, verb: Callable[..., ImportResult], kind: str, *records: Any) -> ImportResult:
        """A file with these rows; a file whose every row is refused changes nothing."""
        before = self.fingerprint()
        batch = Batch(kind, f"{kind}.xlsx", len(records), list(records), [])
        result = verb(self.world.context, batch, ImportOptions())
        self._tell(verb.__name__, "done" if result.accepted else result.errors[0].code)
        if not result.accepted:
            assert self.fingerprint() == before, f"{kind}: all rows refused, but something changed"
        return result

    def _tell(self, what: str, outcome: str) -> None:
        self.proved = self.proved and outcome != "done"
        TALLY[f"{what}: {outcome}"] += 1
        event(f"{what}: {outcome}")
        note(f"-- {what}: {outcome}")

    def fingerprint(self) -> list[list[tuple[Any, ...]]]:
        """All that counts: how many rows of what only grows, every row of what changes."""
        with self.world.context.reading() as connection:
            return [
                [tuple(row) for row in connection.exec_driver_sql(question)]
                for question in FINGERPRINT
            ]

    def position(self) -> dict[str, list[tuple[Any, ...]]]:
        """Balances, years of the money, accumulators and quotas, without empty rows."""
        rows = self.world.rows
        return {
            "accounts": rows(
                "SELECT person_id, credited_fen - debited_fen, held_fen FROM personal_account "
                "WHERE credited_fen > debited_fen ORDER BY 1"
            ),
            "years": rows(
                "SELECT person_id, year, credited_fen - debited_fen FROM account_year "
                "WHERE credited_fen > debited_fen ORDER BY 1, 2"
            ),
            "accumulators": rows(
                f"SELECT person_id, year, benefit, {', '.join(PARTS)} FROM accumulator "
                "WHERE in_scope_fen + cost_fen + overall_fen <> 0 ORDER BY 1, 2, 3"
            ),
            "links": rows("SELECT user_id, link_id, used_fen FROM family_link ORDER BY 1, 2"),
            "quotas": rows(
                "SELECT person_id, quota_id, used_fen FROM incoming_quota ORDER BY 1, 2"
            ),
            "debts": rows("SELECT person_id, owed_fen - settled_fen FROM debtor ORDER BY 1"),
        }

    def has(self, table: str) -> bool:
        """Is there any row?"""
        return bool(self.world.rows(f"SELECT 1 FROM {table} LIMIT 1"))

    def numbers(self, condition: str) -> list[str]:
        """Person numbers of those of whom a condition on account or debts holds."""
        return [
            str(number)
            for (number,) in self.world.rows(
                "SELECT p.psn_no FROM person AS p "
                "LEFT JOIN personal_account AS a ON a.person_id = p.person_id "
                "LEFT JOIN debtor AS d ON d.person_id = p.person_id "
                f"WHERE p.psn_no IS NOT NULL AND {condition} ORDER BY p.person_id"
            )
        ]

    def twin(self) -> World:
        """Another world that stands exactly as this one does now."""
        self.reviewer.engine.dispose()  # PostgreSQL copies what nobody has open.
        return twin_of(self.world, self.folder / f"{self.name('twin')}.db")

    # --- what always holds ---

    @invariant()
    def the_nine_invariants_hold(self) -> None:
        """After every step that did anything; a refusal has changed nothing, see `attempt`."""
        self.steps += 1
        if not self.proved:
            found = verify(self.world.context)
            assert found["ok"], found["breaches"]
            self.proved = True


FINGERPRINT = (
    " UNION ALL ".join(
        f"SELECT '{name}', count(*) FROM {name}"
        for name in sorted(set(APPEND_ONLY) - {"request", "policy_version"})
    ),
    *(f"SELECT * FROM {name} ORDER BY 1, 2" for name in MAY_CHANGE),
)


def fen(amount: int) -> Fen:
    return Fen(amount)


def yuan(answer: Mapping[str, Any], *keys: str) -> tuple[Any, ...]:
    return tuple(answer[key] for key in keys)
