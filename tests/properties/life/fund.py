"""The fund's own money: flows, payments to institutions and persons, debts, closing."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger.benefits.debts import Cause
from ledger.books.chart import DISBURSEMENT_ACCOUNT
from ledger.core.money import fen_from_yuan
from ledger.core.months import Month
from ledger.services.books.close_month import close_month
from ledger.services.books.move_funds import move_funds
from ledger.services.books.pay_provider import pay_all, pay_provider
from ledger.services.books.provider_payment_returned import provider_payment_returned
from ledger.services.claims.pay_person import due_to_persons, pay_everybody
from ledger.services.claims.returned_payment import payment_returned
from ledger.services.debts.owed import book_debt, propose_write_off, repay
from ledger.services.visits.settle_visit import settle
from ledger.storage.books.funds import cash_balance
from tests.people import psn_no
from tests.properties.life.frame import BANK, fen, lately, people, small
from tests.properties.life.money import Money
from tests.world import code_of

PAID = ("hifp_pay", "acct_pay", "paid", "carried")
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

    @rule(patient=people, amount=st.integers(60_000, 900_000))
    def a_month_is_paid_comes_back_and_is_paid_again(self, patient: int, amount: int) -> None:
        """What came back is owed as before: the second payment is the first."""
        day, place = self.day(), "hospital-1"
        when = datetime(day.year, day.month, day.day, 8, self.count % 60)
        visit = self.world.visit(self.name("v"), psn_no(patient), when, amount, place, 1)
        self.attempt(settle, self.world.context, visit)
        month, code = Month.of(day), code_of(place)
        words = (self.world.context, code, month, month.next().first_day)
        paid = self.attempt(pay_provider, *words)
        if paid is not None and self._provider_payment_back(code, month, 31):
            again = pay_provider(*words)
            assert [again[k] for k in PAID] == [paid[k] for k in PAID]

    @precondition(lambda self: self.has("provider_statement"))
    @rule(data=st.data(), later=st.integers(0, 20))
    def a_payment_to_a_provider_comes_back(self, data: st.DataObject, later: int) -> None:
        """The cash is there again and the month is owed again; once."""
        paid = self.world.rows(
            "SELECT p.code, s.fiscal_month FROM provider_statement AS s "
            "JOIN provider AS p ON p.provider_id = s.provider_id ORDER BY 2, 1"
        )
        code, number = data.draw(st.sampled_from(paid))
        self._provider_payment_back(code, Month.from_number(number), later)

    def _provider_payment_back(self, code: str, month: Month, later: int) -> bool:
        cash = self._cash()
        words = (self.world.context, code, month, self.day(-later), "账号已销户")
        answer = self.attempt(provider_payment_returned, *words)
        if answer is not None:
            assert self._cash() == cash + fen_from_yuan(answer["amount"])
            assert self.attempt(provider_payment_returned, *words) is None
        return answer is not None

    @rule(later=st.integers(0, 20), back=st.booleans(), data=st.data())
    def pay_persons(self, later: int, back: bool, data: st.DataObject) -> None:
        """Perhaps the bank returns one of the payments at once."""
        paid = self.attempt(pay_everybody, self.world.context, self.day(-later))
        if paid and back:
            number = data.draw(st.sampled_from([int(row["payee_id"]) for row in paid]))
            self._payment_back(number, later + 1, elsewhere=False)

    @precondition(lambda self: self.has("payee_payment"))
    @rule(data=st.data(), later=st.integers(0, 20), elsewhere=st.booleans())
    def a_payment_to_a_person_comes_back(
        self, data: st.DataObject, later: int, elsewhere: bool
    ) -> None:
        """The cash is there again and as much is due again, perhaps to another account; once."""
        paid = [row for row in due_to_persons(self.world.context, None, True) if row["paid_on"]]
        number = int(data.draw(st.sampled_from([row["payee_id"] for row in paid])))
        self._payment_back(number, later, elsewhere)

    def _payment_back(self, number: int, later: int, elsewhere: bool) -> None:
        cash, due = self._cash(), self._due()
        to = BANK._replace(number="6222000000000002") if elsewhere else None
        words = (self.world.context, number, self.day(-later), "账号与户名不符", to)
        answer = self.attempt(payment_returned, *words)
        if answer is not None:
            more = fen_from_yuan(answer["amount"])
            assert (self._cash(), self._due()) == (cash + more, due + more)
            assert self.attempt(payment_returned, *words) is None

    def _cash(self) -> int:
        with self.world.context.reading() as connection:
            return cash_balance(connection, DISBURSEMENT_ACCOUNT)

    def _due(self) -> int:
        rows = due_to_persons(self.world.context)
        return sum(fen_from_yuan(row["amount"]) for row in rows)

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
