"""The fund's own money: flows, payments to institutions and persons, debts, closing."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger.benefits.debts import Cause
from ledger.core.months import Month
from ledger.services.books.close_month import close_month
from ledger.services.books.move_funds import move_funds
from ledger.services.books.pay_provider import pay_all
from ledger.services.claims.pay_person import pay_everybody
from ledger.services.debts.owed import book_debt, propose_write_off, repay
from tests.people import psn_no
from tests.properties.life.frame import fen, lately, people, small
from tests.properties.life.money import Money

OWING = "d.owed_fen > d.settled_fen"
causes = st.sampled_from([cause for cause in Cause if cause is not Cause.RESETTLED])


class Fund(Money):
    @rule(amount=st.integers(1, 3_000_000))
    def move_funds(self, amount: int) -> None:
        for place in ("fiscal", "disbursement"):
            self.attempt(move_funds, self.world.context, place, fen(amount), self.day())

    @rule(ago=st.integers(0, 3))
    def pay_providers(self, ago: int) -> None:
        month = self.month(ago)
        self.attempt(pay_all, self.world.context, month, month.next().first_day)

    @rule(later=st.integers(0, 20))
    def pay_persons(self, later: int) -> None:
        self.attempt(pay_everybody, self.world.context, self.day(-later))

    @rule(through=st.integers(1, 6))
    def close_months(self, through: int) -> None:
        """Everything a closing asks for, from the first open month on."""
        self._credit(self.month())
        rows = self.world.rows("SELECT month FROM fiscal_month WHERE status = 'open' ORDER BY 1")
        for (number,) in rows[:through]:
            self._close(int(number))

    def _close(self, number: int) -> None:
        month = Month.from_number(number)
        self.attempt(pay_all, self.world.context, month, month.next().first_day)
        self.attempt(close_month, self.world.context, month)

    # --- owed money ---

    @rule(who=people, cause=causes, pool=small, account=st.sampled_from([0, 0, 500]))
    def book_a_debt(self, who: int, cause: Cause, pool: int, account: int) -> None:
        words = (self.world.context, psn_no(who), cause, self.day(), pool, account)
        self.attempt(book_debt, *words)

    @precondition(lambda self: self.settled)
    @rule(data=st.data(), cause=causes)
    def book_a_visit_as_owed(self, data: st.DataObject, cause: Cause) -> None:
        visit = data.draw(st.sampled_from(self.settled))
        if visit["psn_no"]:
            self.attempt(
                book_debt,
                self.world.context,
                visit["psn_no"],
                cause,
                self.day(),
                settlement_id=int(visit["setl_id"]),
            )

    @precondition(lambda self: self.numbers(OWING))
    @rule(data=st.data(), amount=small, ago=lately)
    def repay(self, data: st.DataObject, amount: int, ago: int) -> None:
        who = data.draw(st.sampled_from(self.numbers(OWING)))
        self.attempt(repay, self.world.context, who, amount, self.day(ago))

    @precondition(lambda self: self.numbers(OWING))
    @rule(data=st.data(), amount=small, at_once=st.booleans())
    def write_off(self, data: st.DataObject, amount: int, at_once: bool) -> None:
        who = data.draw(st.sampled_from(self.numbers(OWING)))
        self.propose(at_once, propose_write_off, who, amount, self.day(), "无法追回")
