"""Money into accounts: contributions, credits, advances, supplements, interest."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger.core.months import Month
from ledger.core.people import ContributionKind, ContributionRecord
from ledger.services.accounts.extra_credits import inject, supplement
from ledger.services.accounts.interest import post_interest
from ledger.services.accounts.special_adjustment import propose_adjustment
from ledger.services.crediting.advance_credit import advance_credit
from ledger.services.crediting.credit_month import credit_month
from ledger.services.crediting.import_contributions import import_contributions
from tests.people import psn_no
from tests.properties.life.frame import CHEN, LIN, ZHAO, Frame, fen, lately, people, small

EMPLOYED = (CHEN, LIN, ZHAO)
months_ago = st.one_of(st.just(0), st.integers(0, 14))
bases = st.integers(400_000, 2_500_000)


class Money(Frame):
    def __init__(self) -> None:
        super().__init__()
        self.paid: list[ContributionRecord] = []

    @rule(base=bases, ahead=st.integers(0, 2))
    def a_month_is_paid_and_credited(self, base: int, ahead: int) -> None:
        """What happens most: everybody's contribution arrives and the month is credited."""
        month = self.month(-ahead)
        for who in EMPLOYED:
            self._contribute(who, month, base, ContributionKind.NORMAL)
        self._credit(month)

    @rule(who=people, ago=months_ago, base=bases)
    def contribute(self, who: int, ago: int, base: int) -> None:
        kind = ContributionKind.ARREARS if ago else ContributionKind.NORMAL
        self._contribute(who, self.month(ago), base, kind)

    @rule(who=people, ago=months_ago, base=st.integers(-300_000, 300_000).filter(bool))
    def correct_a_base(self, who: int, ago: int, base: int) -> None:
        self._contribute(who, self.month(ago), base, ContributionKind.BASE_DIFFERENCE)

    @precondition(lambda self: self.paid)
    @rule(data=st.data())
    def return_a_contribution(self, data: st.DataObject) -> None:
        paid = data.draw(st.sampled_from(self.paid))
        self.paid.remove(paid)
        self._contribute_record(
            paid._replace(
                base_fen=fen(-paid.base_fen),
                employer_fen=fen(-paid.employer_fen),
                personal_fen=fen(-paid.personal_fen),
                account_fen=fen(-paid.account_fen),
                kind=ContributionKind.REFUND,
                arrived_on=self.day(),
            )
        )

    def _contribute(self, who: int, month: Month, base: int, kind: ContributionKind) -> None:
        record = self.world.contribution(psn_no(who), str(month), base, kind, self.today)
        if self._contribute_record(record):
            return
        without_account = record._replace(account_fen=fen(0))
        self._contribute_record(without_account)

    def _contribute_record(self, record: ContributionRecord) -> bool:
        taken = self.file(import_contributions, "contributions", record).accepted == 1
        if taken and record.base_fen > 0:
            self.paid.append(record)
        return taken

    @rule(ago=st.integers(-2, 3))
    def credit(self, ago: int) -> None:
        self._credit(self.month(ago))

    def _credit(self, month: Month) -> None:
        if self.attempt(credit_month, self.world.context, month) is not None:
            again = credit_month(self.world.context, month)
            assert again["run"] is None, f"{month}: a second run posted {again}"

    @rule(ago=st.integers(-2, 2))
    def advance(self, ago: int) -> None:
        month = self.month(ago)
        if self.attempt(advance_credit, self.world.context, month) is not None:
            assert advance_credit(self.world.context, month)["run"] is None

    @rule(who=people, amount=small, ago=lately, earlier=st.integers(0, 2))
    def supplement(self, who: int, amount: int, ago: int, earlier: int) -> None:
        day = self.day(ago)
        self.attempt(
            supplement,
            self.world.context,
            psn_no(who),
            fen(amount),
            day,
            "补录",
            day.year - earlier,
            self.name("R"),
        )

    @rule(chosen=st.lists(people, min_size=1, max_size=3), amount=small)
    def inject(self, chosen: list[int], amount: int) -> None:
        listed = [(psn_no(who), fen(amount + who)) for who in chosen]
        self.attempt(inject, self.world.context, listed, self.day(), "一次性注入")

    @rule(who=people, amount=st.integers(-20_000, 20_000), ago=lately, at_once=st.booleans())
    def adjust(self, who: int, amount: int, ago: int, at_once: bool) -> None:
        words = (psn_no(who), fen(amount), self.day(ago), "更正")
        self.propose(at_once, propose_adjustment, *words)

    @rule(ago=st.integers(-1, 2), whole_year=st.booleans())
    def interest(self, ago: int, whole_year: bool) -> None:
        month = self.month(ago)
        through = date(month.year - 1, 12, 31) if whole_year else month.last_day
        if self.attempt(post_interest, self.world.context, through) is not None:
            again = post_interest(self.world.context, through)
            assert again["run"] is None, f"{through}: a second run posted {again}"
