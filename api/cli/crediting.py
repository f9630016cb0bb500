"""Verbs beside `credit`: advances before the contribution arrives, and credits kept back."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.ahead import AheadOption, refuse_far_ahead
from api.cli.common import (
    ActorOption,
    DbOption,
    DryRunOption,
    JsonOption,
    PackOption,
    answering,
    examples,
    opened,
    parsed,
    print_json,
    table,
)


def advance(
    month: Annotated[str, typer.Argument(help="月份 2023-01。 Month.")],
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    ahead: AheadOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """个人账户预划：缴费到账之前先划入，到账后多退少补。 Credit before contributions arrive."""
    from ledger.core.months import Month

    wanted = parsed(Month.parse, month)
    with answering(as_json), opened(db, pack, quiet=as_json, actor=actor) as context:
        from ledger.core.money import yuan_text
        from ledger.services.crediting.advance_credit import advance_credit

        refuse_far_ahead(month, wanted.last_day, ahead or dry_run)
        answer = advance_credit(context, wanted, dry_run)
        if as_json:
            print_json(answer)
        else:
            amount = yuan_text(answer["advanced_fen"])
            trial = "（试算）" if dry_run else ""
            typer.echo(f"✓ {wanted} 预划{trial}：{answer['people']} 人，{amount} 元")


def withheld(db: DbOption = None, as_json: JsonOption = False) -> None:
    """应划而账户状态不允许划入的清单，账户恢复后自动补划。 Credits kept back by a state."""
    with answering(as_json), opened(db) as context:
        from ledger.services.crediting.withheld_credits import withheld_credits

        rows = withheld_credits(context)
        if as_json:
            print_json({"withheld": rows})
            return
        keys = ["psn_no", "psn_name", "month", "source_name", "amount", "state_name"]
        names = ["人员编号", "姓名", "所属月", "类别", "应划", "账户状态"]
        table(
            "应划未划（账户状态）", names, [[str(row[key] or "") for key in keys] for row in rows]
        )


COMMANDS = (
    ("advance", advance, examples("gongji advance 2023-02", "gongji advance 2023-02 --dry-run")),
    ("withheld", withheld, examples("gongji withheld", "gongji withheld --json")),
)
