"""`gongji quota`: mutual aid across pools (跨统筹区共济), given from here or to our patients."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.common import (
    ActorOption,
    AsOfOption,
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
from api.cli.relatives import RelationOption, a_document, a_relation

app = typer.Typer(
    help="跨统筹区共济：授予、使用、退回、解除、到期、对账单。 Mutual aid across pools.",
    no_args_is_help=True,
)

QuotaArgument = Annotated[int, typer.Argument(help="额度编号。 The quota.")]
PoolOption = Annotated[
    str, typer.Option("--pool", help="对方统筹区代码，6 位。 Code of the other pool.")
]
LastDayOption = Annotated[
    str | None, typer.Option("--to", help="末日（含），不填为长期。 Last day.")
]


@app.command(
    "give",
    epilog=examples(
        "gongji quota give 4203000000000001 --user 420102190001010013 --user-name 陈远 "
        "--pool 420100 --relation 2 --amount 50.00 --to 2026-12-31",
    ),
)
def give(
    holder: Annotated[str, typer.Argument(help="授权人人员编号或证件号码。 Holder.")],
    user: Annotated[str, typer.Option("--user", help="使用人证件号码。 User.")],
    pool: PoolOption,
    relation: RelationOption,
    amount: Annotated[str, typer.Option("--amount", help="额度（元）。 Yuan.")],
    name: Annotated[str, typer.Option("--user-name", help="使用人姓名。 User's name.")] = "",
    on: DayOption = None,
    last: LastDayOption = None,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """授予其他统筹区的亲属额度：额度内的余额随即冻结。 Give a quota; the money is held."""
    from ledger.core.money import fen_from_yuan
    from ledger.core.months import day_after

    fen, day, of = parsed(fen_from_yuan, amount), day_or_today(on), a_relation(relation)
    whom = a_document(user), name
    until = day_after(parsed(a_day, last) if last else None)
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.pools import pool_quotas

        answer = pool_quotas.give(
            context, holder, whom, pool, of, fen, day, until, request_id, dry_run
        )
        tell(answer, f"已冻结，额度编号 {answer['quota_id']}", dry_run, as_json)


@app.command(
    "use",
    epilog=examples(
        "gongji quota use 897483939283046400 35.00 --reference WH202603050001 --on 2026-03-05",
        "gongji quota use 897483939283046400 --reference WH202603050001 --back --json",
        "gongji quota use 897483939283046400 5.00 --reference WH202603050001 --back",
    ),
)
def use(
    quota: QuotaArgument,
    amount: Annotated[str | None, typer.Argument(help="金额（元）。 Yuan.")] = None,
    reference: Annotated[
        str, typer.Option("--reference", help="对方统筹区的业务号。 Their number of the use.")
    ] = "",
    back: Annotated[
        bool,
        typer.Option("--back", help="退回这笔使用，给金额则退回一部分。 Take it back, or a part."),
    ] = False,
    on: DayOption = None,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """登记对方统筹区报来的使用，或退回一笔使用。 Enter a use that the other pool reports."""
    from ledger.core.money import fen_from_yuan

    if not back and amount is None:
        raise typer.BadParameter("使用须给金额；--back 不给金额时退回整笔。 Amount, or --back.")
    day, fen = day_or_today(on), None if amount is None else parsed(fen_from_yuan, amount)
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.pools import pool_quotas

        if back:
            answer = pool_quotas.take_back(context, quota, reference, day, request_id, dry_run, fen)
        else:
            assert fen is not None
            answer = pool_quotas.use(context, quota, fen, day, reference, request_id, dry_run)
        tell(answer, f"已用 {answer['used']} 元，尚余 {answer['held']} 元", dry_run, as_json)


@app.command(
    "revoke",
    epilog=examples("gongji quota revoke 897483939283046400 --reason 本人申请 --json"),
)
def revoke(
    quota: QuotaArgument,
    reason: Annotated[str, typer.Option("--reason", help="原因。 Why.")] = "解除",
    on: DayOption = None,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """解除额度，未用部分返还授权人。 End a quota; what is unused returns."""
    day = day_or_today(on)
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.pools import pool_quotas

        answer = pool_quotas.revoke(context, quota, day, reason, request_id, dry_run)
        tell(answer, f"已解除，返还 {answer['returned']} 元", dry_run, as_json)


@app.command(
    "expire",
    epilog=examples("gongji quota expire", "gongji quota expire --as-of 2027-01-01 --json"),
)
def expire(
    as_of: AsOfOption = None,
    actor: ActorOption = None,
    db: DbOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """结束已过末日的额度，未用部分返还；可重复运行。 End what has passed its last day."""
    day = day_or_today(as_of)
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.pools import pool_quotas

        answer = pool_quotas.expire(context, day, dry_run)
        tell(answer, f"结束 {answer['ended']} 笔，返还 {answer['returned']} 元", dry_run, as_json)


@app.command(
    "list",
    epilog=examples("gongji quota list", "gongji quota list --person 4203000000000001 --json"),
)
def list_quotas(
    person: Annotated[
        str | None, typer.Option("--person", help="授权人，或使用人证件号码。 Holder or user.")
    ] = None,
    open_only: Annotated[bool, typer.Option("--open", help="只列未结束的。 Only open.")] = False,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出授予其他统筹区的额度。 Quotas given to other pools."""
    with answering(as_json), opened(db) as context:
        from ledger.services.pools.pool_quota_list import listing

        found = listing(context, person, open_only)
        if as_json:
            print_json({"quotas": found})
            return
        keys = ["quota_id", "holder_name", "user_name", "pool", "given", "used", "held"]
        names = ["编号", "授权人", "使用人", "统筹区", "额度", "已用", "冻结", "末日", "结束"]
        rows = [[str(row[key] or "") for key in [*keys, "last_day", "ended_on"]] for row in found]
        table("跨统筹区共济额度", names, rows)


@app.command(
    "statement",
    epilog=examples(
        "gongji quota statement 4203000000000001",
        "gongji quota statement 420102190001010013 --json",
    ),
)
def statement(
    person: Annotated[
        str, typer.Argument(help="授权人，或使用人证件号码。 Holder, or user's identity number.")
    ],
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """逐日列出授予、使用、退回、返还和冻结余额。 Given, used, returned, held, by day."""
    with answering(as_json), opened(db) as context:
        from ledger.services.pools.pool_quota_list import statement as read

        answer = read(context, person)
        if as_json:
            print_json(answer)
            return
        to_me = any(quota["user_certno"] == person.upper() for quota in answer["quotas"])
        shown = {
            "on": "日期",
            "quota_id": "额度编号",
            **({"holder_name": "授权人"} if to_me else {"user_name": "使用人"}),
            "pool": "统筹区",
            "name": "事项",
            "amount": "金额",
            "held_after": "冻结余额",
            "reference": "业务号",
        }
        rows = [[str(line[key] or "") for key in shown] for line in answer["lines"]]
        table("跨统筹区共济", [*shown.values()], rows)
