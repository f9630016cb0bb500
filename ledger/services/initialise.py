"""`init`: the schema, the chart of accounts and the pool's settings. Again: changes nothing."""

from __future__ import annotations

from sqlalchemy import inspect

from ledger.books.chart import CHART
from ledger.core.errors import Refused
from ledger.services.carry_out import carry_out
from ledger.services.context import Context
from ledger.storage import policy
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.migrate import upgrade


def initialise(context: Context, folder: str | None = None) -> dict[str, object]:
    """Make or upgrade the database for the context's pool.

    Args:
        folder: where the pack is found again; None: by its code among those we ship.

    Raises:
        Refused: `init/other-pool` when the database keeps another pool.
    """
    changed = upgrade(context.engine)
    pack = context.pack

    def act(work: UnitOfWork) -> bool:
        pool = policy.pool(work.connection)
        if pool is not None and pool.code != pack.pool:
            raise Refused(
                "init/other-pool",
                f"该数据库属于统筹区 {pool.code}，不能改为 {pack.pool}；请另建数据库",
            )
        policy.set_chart(work, CHART)
        if pool is None:
            policy.set_pool(work, policy.PoolRow(pack.pool, pack.name, folder or pack.code))
        context.stamp_policy(work)
        return pool is None

    changed = carry_out(context, act) or changed
    return {"pool": pack.pool, "name": pack.name, "pack": pack.code, "changed": changed}


def is_initialised(context: Context) -> bool:
    """Is there a schema and a pool."""
    with context.reading() as connection:
        return inspect(connection).has_table("pool") and policy.pool(connection) is not None
