"""Mutual aid: links inside the pool, quotas given to and received from other pools."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger.core.months import FAR
from ledger.core.people import Relation
from ledger.core.quotas import QuotaUseRecord
from ledger.services.pools import incoming_quotas, pool_quotas
from ledger.services.pools.import_quota_uses import import_quota_uses
from ledger.services.roster.import_families import add_link, revoke_link
from tests.people import YU_CERTNO, YU_NAME, certno, psn_no
from tests.properties.life.frame import Frame, fen, lately, people, small

WUHAN, BEIJING = "420100", "110100"
pools = st.sampled_from([WUHAN, WUHAN, BEIJING, "420300"])
users = st.sampled_from([certno(1), certno(2), certno(3), certno(4), YU_CERTNO])
relations = st.sampled_from([Relation.SPOUSE, Relation.CHILD, Relation.PARENT, Relation.SIBLING])
ends = st.one_of(st.none(), st.integers(1, 300))


class Family(Frame):
    def __init__(self) -> None:
        super().__init__()
        self.given: list[int] = []
        self.received: list[int] = []
        self.uses: list[tuple[int, str]] = []

    @rule(
        holder=people,
        user=users,
        relation=relations,
        ago=lately,
        lasts=ends,
        quota=st.one_of(st.none(), small),
    )
    def link(
        self,
        holder: int,
        user: str,
        relation: Relation,
        ago: int,
        lasts: int | None,
        quota: int | None,
    ) -> None:
        first = self.day(ago)
        until = FAR if lasts is None else first + timedelta(days=lasts)
        record = self.world.relation(
            certno(holder), user, relation, first, until, quota, user_name=YU_NAME
        )
        self.attempt(add_link, self.world.context, record)

    @rule(data=st.data(), ago=lately)
    def revoke(self, data: st.DataObject, ago: int) -> None:
        linked = self.world.rows(
            "SELECT h.certno, u.certno FROM family_link AS l "
            "JOIN person AS h ON h.person_id = l.holder_id "
            "JOIN person AS u ON u.person_id = l.user_id ORDER BY l.user_id, l.link_id"
        )
        holder, user = data.draw(st.sampled_from(linked))
        self.attempt(revoke_link, self.world.context, holder, user, self.day(ago))

    # --- given to relatives elsewhere ---

    @rule(
        holder=people,
        user=st.integers(800, 801),
        pool=pools,
        amount=small,
        lasts=ends,
        used=st.lists(small, max_size=2),
        parts=st.lists(st.integers(1, 3_000), max_size=3, unique=True),
    )
    def give_a_quota(
        self,
        holder: int,
        user: int,
        pool: str,
        amount: int,
        lasts: int | None,
        used: list[int],
        parts: list[int],
    ) -> None:
        first = self.day()
        until = FAR if lasts is None else first + timedelta(days=lasts)
        answer = self.attempt(
            pool_quotas.give,
            self.world.context,
            psn_no(holder),
            (certno(user), "远亲"),
            pool,
            Relation.PARENT,
            fen(amount),
            first,
            until,
        )
        if answer is not None:
            self.given.append(int(answer["quota_id"]))
            for fen_used in used:
                self._use(self.given[-1], fen_used, 0)
            if parts:
                self._use_and_take_back(self.given[-1], parts)

    @precondition(lambda self: self.given)
    @rule(data=st.data(), amount=small, ago=lately)
    def a_use_elsewhere(self, data: st.DataObject, amount: int, ago: int) -> None:
        self._use(data.draw(st.sampled_from(self.given)), amount, ago)

    def _use(self, quota: int, amount: int, ago: int) -> None:
        reference, day = self.name("W"), self.day(ago)
        words = (self.world.context, quota, fen(amount), day, reference)
        if self.attempt(pool_quotas.use, *words) is not None:
            self.uses.append((quota, reference))
            record = QuotaUseRecord(2, quota, reference, day, fen(amount))
            told_again = self.file(import_quota_uses, "quota-uses", record)
            assert told_again.unchanged == 1, "the same use was booked twice"

    @precondition(lambda self: self.uses)
    @rule(data=st.data(), part=st.one_of(st.none(), small))
    def a_use_is_taken_back(self, data: st.DataObject, part: int | None) -> None:
        """Whole, or a part of it."""
        quota, reference = data.draw(st.sampled_from(self.uses))
        amount = None if part is None else fen(part)
        words = (quota, reference, self.day())
        self.attempt(pool_quotas.take_back, self.world.context, *words, amount_fen=amount)

    @precondition(lambda self: self.given)
    @rule(data=st.data(), parts=st.lists(small, min_size=1, max_size=3, unique=True))
    def used_and_taken_back_in_parts(self, data: st.DataObject, parts: list[int]) -> None:
        self._use_and_take_back(data.draw(st.sampled_from(self.given)), parts)

    def _use_and_take_back(self, quota: int, parts: list[int]) -> None:
        """Taken back part by part on the day of the use, it is as if never used."""
        reference, day, before = self.name("W"), self.day(), self.position()
        words = (self.world.context, quota, fen(sum(parts)), day, reference)
        if self.attempt(pool_quotas.use, *words) is None:
            return
        for part in parts:
            back = (self.world.context, quota, reference, day)
            self.attempt(pool_quotas.take_back, *back, amount_fen=fen(part))
        assert self.position() == before, "a use taken back in parts is not as if never"
        assert self.attempt(pool_quotas.take_back, *back) is None, "more came back than was used"

    @precondition(lambda self: self.given)
    @rule(data=st.data(), ago=lately)
    def revoke_a_quota(self, data: st.DataObject, ago: int) -> None:
        quota = data.draw(st.sampled_from(self.given))
        self.attempt(pool_quotas.revoke, self.world.context, quota, self.day(ago))

    @rule(later=st.integers(0, 30))
    def quotas_expire(self, later: int) -> None:
        day = self.day(-later)
        self.attempt(pool_quotas.expire, self.world.context, day)
        assert pool_quotas.expire(self.world.context, day)["ended"] == 0

    # --- received from relatives elsewhere ---

    @rule(patient=people, pool=pools, amount=small, ago=lately, lasts=ends)
    def receive_a_quota(
        self, patient: int, pool: str, amount: int, ago: int, lasts: int | None
    ) -> None:
        first = self.day(ago)
        until = FAR if lasts is None else first + timedelta(days=lasts)
        answer = self.attempt(
            incoming_quotas.receive,
            self.world.context,
            psn_no(patient),
            pool,
            self.name("Q"),
            (certno(810), "外地授权人"),
            Relation.CHILD,
            fen(amount),
            first,
            until,
        )
        if answer is not None:
            self.received.append(int(answer["quota_id"]))

    @precondition(lambda self: self.received)
    @rule(data=st.data(), ago=lately)
    def a_received_quota_ends(self, data: st.DataObject, ago: int) -> None:
        quota = data.draw(st.sampled_from(self.received))
        self.attempt(incoming_quotas.end, self.world.context, quota, self.day(ago))
