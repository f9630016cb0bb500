"""Steps of cases about other pools and merged numbers, for the runner in `test_spec.py`.

transfer        {person, way: out | in, pool, on}      what is due, and by when
transfer_step   {step, on, amount}                     of the last transfer
late            {as_of}                                who is late by how many working days
quota           {holder, user, pool, relation, amount, on, until (last day), id}
quota_use       {of, amount, on, reference}  quota_back {of, on, reference, amount (a part)}
quota_revoke    {of, on}                     quota_expire {as_of}
merge           {kept, merged, on}           unmerge {on}: proposed and approved by two actors
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from ledger.benefits.pool_transfer import Direction, Step
from ledger.core.money import fen_from_yuan
from ledger.core.months import FAR, day_after
from ledger.core.people import Relation
from ledger.services.accounts.merging import propose_merge
from ledger.services.accounts.unmerging import propose_unmerge
from ledger.services.approvals import proposals
from ledger.services.pools import pool_quotas
from ledger.services.pools.pool_transfers import begin, listing, take_step
from tests.people import certno, psn_no
from tests.world import World, open_context

if TYPE_CHECKING:
    from ledger.services.context import Context


class Moves:
    """What `Play` can do besides."""

    world: World
    numbers: dict[str, int]
    case: int
    last_merge: int
    quotas: dict[str, int]

    def do_transfer(self, words: dict[str, Any]) -> dict[str, Any]:
        answer = begin(
            self.world.context, Direction(words.get("way", "out")),
            psn_no(self.numbers[words.get("person", "patient")]), words.get("pool", "420100"),
            date.fromisoformat(words["on"]),
        )  # fmt: skip
        self.case = int(answer["case_id"])
        return _limits(answer)

    def do_transfer_step(self, words: dict[str, Any]) -> dict[str, Any]:
        amount = words.get("amount")
        answer = take_step(
            self.world.context, self.case, Step(words["step"]), date.fromisoformat(words["on"]),
            None if amount is None else fen_from_yuan(amount),
        )  # fmt: skip
        return _limits(answer) | {"amount": answer["steps"][-1]["amount"]}

    def do_late(self, words: dict[str, Any]) -> dict[str, Any]:
        found = listing(self.world.context, date.fromisoformat(words["as_of"]), late_only=True)
        names = {psn_no(number): nickname for nickname, number in self.numbers.items()}
        return {"late": {names[c["psn_no"]]: str(c["late_working_days"]) for c in found}}

    def do_quota(self, words: dict[str, Any]) -> dict[str, Any]:
        last = words.get("until")
        answer = pool_quotas.give(
            self.world.context,
            psn_no(self.numbers[words["holder"]]),
            (certno(self.numbers[words["user"]]), words["user"]),
            words.get("pool", "420100"),
            Relation[words.get("relation", "spouse").upper()],
            fen_from_yuan(words["amount"]),
            date.fromisoformat(words["on"]),
            FAR if last is None else day_after(date.fromisoformat(last)),
        )
        self.quotas = {**getattr(self, "quotas", {}), words.get("id", ""): int(answer["quota_id"])}
        return answer

    def do_quota_use(self, words: dict[str, Any]) -> dict[str, Any]:
        return pool_quotas.use(
            self.world.context, self._quota(words), fen_from_yuan(words["amount"]),
            date.fromisoformat(words["on"]), words["reference"],
        )  # fmt: skip

    def do_quota_back(self, words: dict[str, Any]) -> dict[str, Any]:
        day = date.fromisoformat(words["on"])
        return pool_quotas.take_back(
            self.world.context,
            self._quota(words),
            words["reference"],
            day,
            amount_fen=fen_from_yuan(words["amount"]) if "amount" in words else None,
        )

    def do_quota_revoke(self, words: dict[str, Any]) -> dict[str, Any]:
        day = date.fromisoformat(words["on"])
        return pool_quotas.revoke(self.world.context, self._quota(words), day)

    def do_quota_expire(self, words: dict[str, Any]) -> dict[str, Any]:
        answer = pool_quotas.expire(self.world.context, date.fromisoformat(words["as_of"]))
        return answer | {"ended": str(answer["ended"])}

    def _quota(self, words: dict[str, Any]) -> int:
        return self.quotas[words.get("of", "")]

    def do_merge(self, words: dict[str, Any]) -> dict[str, Any]:
        kept, merged = (psn_no(self.numbers[words[who]]) for who in ("kept", "merged"))
        day = date.fromisoformat(words["on"])
        answer = self._approved(propose_merge(self.world.context, kept, merged, day, "重复建档"))
        self.last_merge = int(answer["merge_id"])
        return answer

    def do_unmerge(self, words: dict[str, Any]) -> dict[str, Any]:
        day = date.fromisoformat(words["on"])
        proposal = propose_unmerge(self.world.context, self.last_merge, day, "实为两人")
        return self._approved(proposal)

    def _approved(self, proposal: dict[str, Any]) -> dict[str, Any]:
        second: Context = open_context(self.world.path, self.world.context.pack, "second")
        try:
            return proposals.approve(second, int(proposal["proposal_id"]))
        finally:
            second.engine.dispose()


def _limits(answer: dict[str, Any]) -> dict[str, Any]:
    """Step -> the day by which it is due, of what is still missing."""
    missing = [limit for limit in answer["limits"] if limit["done_on"] is None]
    return {"due": {limit["step"]: limit["due"] for limit in missing}}
