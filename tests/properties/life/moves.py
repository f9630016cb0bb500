"""People who move between pools, money between pools, and two numbers of one person."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger.benefits.pool_transfer import Direction, Step
from ledger.services.accounts.merging import listing, propose_merge
from ledger.services.accounts.unmerging import propose_unmerge
from ledger.services.pools.pool_clearing import move_money
from ledger.services.pools.pool_transfers import begin, take_step
from ledger.storage.pools.pool_clearing import PAID, RECEIVED
from tests.people import psn_no
from tests.properties.life.family import WUHAN, pools
from tests.properties.life.frame import CHEN, LIN, SPARE, Frame, fen, people, small

STEPS = (Step.MOVED_OUT, Step.MOVED_OUT, Step.MOVED_IN, Step.PAID, Step.RECEIVED, Step.CANCELLED)


class Moves(Frame):
    def __init__(self) -> None:
        super().__init__()
        self.cases: list[int] = []

    @rule(who=people, pool=pools, amount=st.one_of(st.just(0), small), far=st.integers(0, 3))
    def come_here(self, who: int, pool: str, amount: int, far: int) -> None:
        case = self._begin(Direction.IN, who, pool)
        steps = (Step.MOVED_OUT, Step.RECEIVED, Step.MOVED_IN)
        for step in steps[:far] if case else ():
            self.attempt(take_step, self.world.context, case, step, self.day(), fen(amount))

    @precondition(lambda self: self.lived)
    @rule(who=people, pool=pools, far=st.integers(0, 3))
    def go_away(self, who: int, pool: str, far: int) -> None:
        case = self._begin(Direction.OUT, who, pool)
        for step in (Step.MOVED_OUT, Step.PAID, Step.MOVED_IN)[:far] if case else ():
            self.attempt(take_step, self.world.context, case, step, self.day())

    def _begin(self, direction: Direction, who: int, pool: str) -> int | None:
        words = (self.world.context, direction, psn_no(who), pool, self.day())
        answer = self.attempt(begin, *words)
        if answer is None:
            return None
        self.cases.append(int(answer["case_id"]))
        return self.cases[-1]

    @precondition(lambda self: self.cases)
    @rule(data=st.data(), step=st.sampled_from(STEPS), amount=st.one_of(st.none(), small))
    def take_a_step(self, data: st.DataObject, step: Step, amount: int | None) -> None:
        case = data.draw(st.sampled_from(self.cases))
        announced = None if amount is None else fen(amount)
        self.attempt(take_step, self.world.context, case, step, self.day(), announced)

    @rule(way=st.sampled_from([PAID, RECEIVED]), amount=small)
    def settle_with_a_pool(self, way: str, amount: int) -> None:
        self.attempt(move_money, self.world.context, WUHAN, way, fen(amount), self.day())

    @rule(kept=people, merged=st.sampled_from([SPARE, SPARE, CHEN, LIN]), at_once=st.booleans())
    def merge(self, kept: int, merged: int, at_once: bool) -> None:
        words = (psn_no(kept), psn_no(merged), self.day(), "重复建档")
        self.propose(at_once, propose_merge, *words)

    @precondition(lambda self: self.has("person_merge"))
    @rule(data=st.data(), at_once=st.booleans())
    def unmerge(self, data: st.DataObject, at_once: bool) -> None:
        merges = [int(row["merge_id"]) for row in listing(self.world.context)]
        merge = data.draw(st.sampled_from(merges))
        self.propose(at_once, propose_unmerge, merge, self.day(), "实为两人")
