"""`gongji quota receive`, `end`, `received`: quotas of other pools for our patients."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.common import (
    ActorOption,
    DayOption,
    DbOption,
    DryRunOption,
    JsonOption,
    PackOption,
    RequestOption,
    a_day,
    answering,
    day_or_today,
    examples,
    opened,
    parsed,
    print_json,
    table,
    tell,
)
from api.cli.quota import (
    LastDayOption,
    PoolOption,
    QuotaArgument,
    app,
)
from api.cli.relatives import RelationOption, a_document, a_relation

__all__ = ["app"]
"""The same group as in `quota`, now with these commands too."""


@app.command(
    "receive",
    epilog=examples(
        "gongji quota receive 4203000000000001 --pool 110100 --reference BJ-77 "
        "--holder 110101190001010014 --holder-name 陈近 --relation 2 --amount 500.00",
    ),
)
def receive(
    patient: Annotated[str, typer.Argument(help="使用人人员编号或证件号码。 Our patient.")],
    pool: PoolOption,
    reference: Annotated[
        str, typer.Option("--reference", help="对方统筹区的额度编号。 Their number of it.")
    ],
    holder: Annotated[str, typer.Option("--holder", help="授权人证件号码。 Holder.")],
    relation: RelationOption,
    amount: Annotated[str, typer.Option("--amount", help="额度（元）。 Yuan.")],
    name: Annotated[str, typer.Option("--holder-name", help="授权人姓名。 Name.")] = "",
    position: Annotated[
        int | None, typer.Option("--position", help="支付顺序，默认按到达先后。 Order.")
    ] = None,
    on: DayOption = None,
    last: LastDayOption = None,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """登记其他统筹区授予本地参保人的额度。 Register a quota that another pool has given."""
    from ledger.core.money import fen_from_yuan
    from ledger.core.months import day_after

    fen, day, of = parsed(fen_from_yuan, amount), day_or_today(on), a_relation(relation)
    whose = a_document(holder), name
    until = day_after(parsed(a_day, last) if last else None)
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.pools import incoming_quotas

        answer = incoming_quotas.receive(
            context, patient, pool, reference, whose, of, fen, day, until, position,
            request_id, dry_run,
        )  # fmt: skip
        tell(answer, f"已登记，额度编号 {answer['quota_id']}", dry_run, as_json)


@app.command("end", epilog=examples("gongji quota end 897483939283046400 --on 2026-06-30"))
def end(
    quota: QuotaArgument,
    on: DayOption = None,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """对方统筹区结束了一笔额度：不再使用。 The other pool has ended a quota."""
    day = day_or_today(on)
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.pools import incoming_quotas

        answer = incoming_quotas.end(context, quota, day, request_id, dry_run)
        tell(answer, f"已结束，未用 {answer['left']} 元", dry_run, as_json)


@app.command(
    "received",
    epilog=examples(
        "gongji quota received", "gongji quota received --person 4203000000000001 --json"
    ),
)
def received(
    person: Annotated[
        str | None, typer.Option("--person", help="只看此人，并逐日列出使用。 Of a patient.")
    ] = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出其他统筹区授予本地参保人的额度；--person 另列逐日使用。 Quotas received."""
    with answering(as_json), opened(db) as context:
        from ledger.services.pools.incoming_quotas import listing, statement

        answer = statement(context, person) if person else {"quotas": listing(context)}
        if as_json:
            print_json(answer)
            return
        keys = ["quota_id", "psn_name", "pool", "reference", "holder_name", "given", "used", "left"]
        names = ["编号", "使用人", "统筹区", "对方编号", "授权人", "额度", "已用", "尚余", "结束"]
        rows = [[str(q[key] or "") for key in [*keys, "ended_on"]] for q in answer["quotas"]]
        table("其他统筹区授予的额度", names, rows)
        if person:
            keys = ["on", "quota_id", "pool", "name", "amount", "mdtrt_id"]
            names = ["日期", "额度编号", "统筹区", "事项", "金额", "就诊"]
            rows = [[str(x[key] or "") for key in keys] for x in answer["lines"]]
            table("逐日", names, rows)
