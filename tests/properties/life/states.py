"""States of an account, and what ends it: death with heirs, emigration, reopening."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger.benefits.account_states import Event
from ledger.core.errors import GongjiError
from ledger.core.money import fen_from_yuan
from ledger.services.accounts.account_states import change_state
from ledger.services.accounts.death import Heir, inherit, register_death
from ledger.services.accounts.pay_out import clear_account, pay_out, return_account
from ledger.services.accounts.premiums import pay_premium
from ledger.services.accounts.premiums_back import give_back
from ledger.services.accounts.premiums_cash import pay_over, receive_back
from ledger.services.accounts.reopening import propose_reopening, propose_withdrawal
from ledger.services.approvals import proposals
from ledger.services.claims.pay_person import due_to_persons
from tests.people import YU_CERTNO, psn_no
from tests.properties.life.frame import BANK, NUMBERS, Frame, fen, lately, people, small

COMING_BACK = [Event.RESTORE, Event.UNFREEZE, Event.RESUME]
MILD = [Event.LOSE, Event.FREEZE, Event.STOP]
GONE = "a.status IN ('closed', 'dead', 'emigrated')"
premium_kinds = st.sampled_from(["长期护理保险", "大额医疗费用补助", "城乡居民医保", "体育健身"])


class States(Frame):
    @rule(who=people, what=st.sampled_from(MILD + COMING_BACK + COMING_BACK), ago=lately)
    def change(self, who: int, what: Event, ago: int) -> None:
        self.attempt(change_state, self.world.context, psn_no(who), what, self.day(ago), "申请")

    @precondition(lambda self: self.lived)
    @rule(who=people, what=st.sampled_from([Event.EMIGRATION, Event.CLOSE]))
    def leave(self, who: int, what: Event) -> None:
        self.attempt(change_state, self.world.context, psn_no(who), what, self.day(), "申请")

    @precondition(lambda self: self.lived)
    @rule(who=people, ago=lately)
    def die(self, who: int, ago: int) -> None:
        self.die_of(who, ago)

    def die_of(self, who: int, ago: int) -> None:
        day = self.day(ago)
        self.attempt(register_death, self.world.context, psn_no(who), day, "死亡医学证明")

    @precondition(lambda self: self.lived)
    @rule(
        who=people,
        heirs=st.lists(people, max_size=2),
        weights=st.integers(1, 5),
        died=st.one_of(st.none(), lately),
    )
    def inherit(self, who: int, heirs: list[int], weights: int, died: int | None) -> None:
        """The heirs by number, and one in cash who takes the rest."""
        if died is not None:
            self.die_of(who, died)
        whole = sum(range(weights, weights + len(heirs) + 1))
        shares = [Fraction(weights + n, whole) for n in range(len(heirs) + 1)]
        named = [Heir(share, psn_no(heir)) for share, heir in zip(shares, heirs, strict=False)]
        named.append(Heir(shares[-1], bank_account=BANK))
        self.attempt(inherit, self.world.context, psn_no(who), named, self.day(), "继承公证书")

    @precondition(lambda self: self.lived)
    @rule(who=people)
    def pay_out(self, who: int) -> None:
        self.attempt(pay_out, self.world.context, psn_no(who), BANK, self.day(), "出境定居")

    @precondition(lambda self: self.lived)
    @rule(who=people, cause=st.sampled_from(["外国人离境终止参保", "参军", "其他"]))
    def clear(self, who: int, cause: str) -> None:
        """What the account held is due to the person, and the account is closed."""
        number, before = psn_no(who), self._due_to(who)
        words = (number, BANK, self.day(), cause, "本人申请")
        answer = self.attempt(clear_account, self.world.context, *words)
        if answer is not None:
            assert self.world.balance(number) == 0
            assert self._due_to(who) == before + fen_from_yuan(answer["amount"])
            assert number in self.numbers("a.status = 'closed'")

    def _due_to(self, who: int) -> int:
        due = due_to_persons(self.world.context, psn_no(who))
        return sum(fen_from_yuan(row["amount"]) for row in due)

    @rule(who=people, amount=st.one_of(st.none(), small))
    def return_money(self, who: int, amount: int | None) -> None:
        self.attempt(
            return_account,
            self.world.context,
            psn_no(who),
            BANK,
            self.day(),
            "异地安置",
            None if amount is None else fen(amount),
        )

    @precondition(lambda self: self.numbers(GONE))
    @rule(data=st.data(), dead=st.booleans(), ago=st.integers(0, 5), at_once=st.booleans())
    def come_back(self, data: st.DataObject, dead: bool, ago: int, at_once: bool) -> None:
        who = data.draw(st.sampled_from(self.numbers(GONE)))
        verb = propose_withdrawal if dead else propose_reopening
        self.propose(at_once, verb, who, self.day(ago), "登记有误")

    @precondition(lambda self: bool(proposals.listing(self.world.context, "open")))
    @rule(data=st.data(), how=st.sampled_from(["approve", "approve", "approve", "self", "reject"]))
    def decide(self, data: st.DataObject, how: str) -> None:
        waiting = proposals.listing(self.world.context, "open")
        number = int(data.draw(st.sampled_from([row["proposal_id"] for row in waiting])))
        if how == "reject":
            self.attempt(proposals.reject, self.reviewer, number, "不同意")
            return
        context = self.world.context if how == "self" else self.reviewer
        done = self.attempt(proposals.approve, context, number, "同意")
        assert how != "self" or done is None, "whoever proposed approved"

    # --- premiums ---

    @rule(
        holder=people,
        insured=st.one_of(st.none(), st.sampled_from([*map(psn_no, NUMBERS), YU_CERTNO])),
        kind=premium_kinds,
        amount=small,
        ago=lately,
    )
    def premium(self, holder: int, insured: str | None, kind: str, amount: int, ago: int) -> None:
        """For a relative, or (None) for the holder's own insurance."""
        day, whose = self.day(ago), psn_no(holder)
        words = (whose, insured or whose, kind, day.year + 1, fen(amount), day)
        self.attempt(pay_premium, self.world.context, *words)

    @rule(holder=people, kind=premium_kinds, amount=small, ago=lately)
    def premium_and_back(self, holder: int, kind: str, amount: int, ago: int) -> None:
        """A premium given back at once is as if never: the same years hold the same."""
        day, whose, before = self.day(ago), psn_no(holder), self.position()
        words = (whose, whose, kind, day.year + 2, fen(amount), day)
        if self.attempt(pay_premium, self.world.context, *words) is not None:
            self._give_back(whose, kind, day.year + 2, day)
            assert self.position() == before, "a premium given back is not as if never"

    @precondition(lambda self: self.has("premium"))
    @rule(data=st.data(), ago=lately)
    def a_premium_is_given_back(self, data: st.DataObject, ago: int) -> None:
        paid = self.world.rows(
            "SELECT p.certno, m.premium_kind, m.year FROM premium AS m "
            "JOIN person AS p ON p.person_id = m.insured_id ORDER BY m.entry_id"
        )
        self._give_back(*data.draw(st.sampled_from(paid)), self.day(ago))

    def _give_back(self, insured: str, kind: str, year: int, day: date) -> None:
        words = (insured, kind, year, day, "重复参保")
        if self.attempt(give_back, self.world.context, *words) is not None:
            with pytest.raises(GongjiError):
                give_back(self.world.context, *words)

    @precondition(lambda self: self.has("premium"))
    @rule(amount=st.one_of(st.none(), small))
    def premiums_come_back(self, amount: int | None) -> None:
        part = None if amount is None else fen(amount)
        answer = self.attempt(receive_back, self.world.context, self.day(), part)
        if answer is not None:
            assert fen_from_yuan(answer["waiting"]) <= 0, "more came back than was given back"

    @precondition(lambda self: self.has("premium"))
    @rule(amount=st.one_of(st.none(), small))
    def premiums_are_paid_over(self, amount: int | None) -> None:
        part = None if amount is None else fen(amount)
        self.attempt(pay_over, self.world.context, self.day(), part)
