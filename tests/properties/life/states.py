"""States of an account, and what ends it: death with heirs, emigration, reopening."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger.benefits.account_states import Event
from ledger.services.accounts.account_states import change_state
from ledger.services.accounts.death import Heir, inherit, register_death
from ledger.services.accounts.pay_out import pay_out, return_account
from ledger.services.accounts.premiums import pay_premium
from ledger.services.accounts.premiums_cash import pay_over
from ledger.services.accounts.reopening import propose_reopening, propose_withdrawal
from ledger.services.approvals import proposals
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

    @precondition(lambda self: self.has("premium"))
    @rule(amount=st.one_of(st.none(), small))
    def premiums_are_paid_over(self, amount: int | None) -> None:
        part = None if amount is None else fen(amount)
        self.attempt(pay_over, self.world.context, self.day(), part)
