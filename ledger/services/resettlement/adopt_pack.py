"""`rules adopt`: from now on the pool is settled by another version of its pack."""

from __future__ import annotations

from typing import Any

from ledger.core.errors import Refused
from ledger.services.carry_out import carry_out
from ledger.services.context import Context
from ledger.services.crediting.benefit_period import follow_rules
from ledger.storage import policy
from ledger.storage.database.turns import Turn
from ledger.storage.database.unit_of_work import UnitOfWork


def adopt_pack(context: Context, where: str, dry_run: bool = False) -> dict[str, Any]:
    """Make the context's pack the pool's.

    What was settled stands, until it is settled anew (`gongji resettle`); credits follow at the
    next run (`gongji credit`). Periods of benefit follow at once, and the years that this changes
    are marked to be settled anew.

    Args:
        where: the code or folder under which the pack is found again.

    Raises:
        Refused: `policy/other-pool`.
    """
    pack = context.pack

    def act(work: UnitOfWork) -> dict[str, Any]:
        row = policy.pool(work.connection)
        if row is None or row.code != pack.pool:
            raise Refused(
                "policy/other-pool",
                f"政策包 {pack.code} 属于统筹区 {pack.pool or '（无）'}，"
                f"本数据库属于 {row.code if row else '（无）'}",
            )
        changed = row.pack != where
        policy.set_pack(work, where)
        context.stamp_policy(work)
        follow_rules(context, work)
        return {
            "pool": pack.pool,
            "pack": pack.code,
            "name": pack.name,
            "version": pack.version,
            "before": row.pack,
            "changed": changed,
        }

    return carry_out(context, act, dry_run, Turn.STANDSTILL)
