"""`gongji merge`: two numbers of one person are put together, or taken apart (人员合并)."""

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
    ReasonOption,
    RequestOption,
    answering,
    day_or_today,
    examples,
    opened,
    print_json,
    table,
)
from api.cli.proposals import tell_proposed

app = typer.Typer(
    help="人员合并：提出合并或撤销，复核后生效。 Two numbers of one person.",
    no_args_is_help=True,
)

MergeArgument = Annotated[int, typer.Argument(help="合并编号。 The merge.")]


@app.command(
    "propose",
    epilog=examples(
        "gongji merge propose 4203000000000001 4203000000000009 --reason 重复建档 --json",
        "gongji merge propose 4203000000000001 420324197803281545 --reason 重复建档 --dry-run",
    ),
)
def propose(
    kept: Annotated[str, typer.Argument(help="保留的编号。 The number that is kept.")],
    merged: Annotated[str, typer.Argument(help="并入的编号。 The number that goes into it.")],
    reason: ReasonOption,
    on: DayOption = None,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """提出合并：余额、待追回、年度累计和共济关系并入保留的编号。 Propose to merge two numbers."""
    day = day_or_today(on)
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.accounts.merging import propose_merge

        answer = propose_merge(context, kept, merged, day, reason, request_id, dry_run)
        tell_proposed(answer, as_json, dry_run)


@app.command(
    "undo",
    epilog=examples("gongji merge undo 897483939283046400 --reason 实为两人 --json"),
)
def undo(
    merge: MergeArgument,
    reason: ReasonOption,
    on: DayOption = None,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """提出撤销合并：原样退还；合并后已有就诊或缴费的不能撤销。 Propose to take them apart."""
    day = day_or_today(on)
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.accounts.unmerging import propose_unmerge

        answer = propose_unmerge(context, merge, day, reason, request_id, dry_run)
        tell_proposed(answer, as_json, dry_run)


@app.command(
    "list", epilog=examples("gongji merge list", "gongji merge list 4203000000000001 --json")
)
def list_merges(
    person: Annotated[
        str | None, typer.Argument(help="人员编号或证件号码。 Person; default all.")
    ] = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出合并和撤销。 Merges and undoings."""
    with answering(as_json), opened(db) as context:
        from ledger.services.accounts.merging import listing

        found = listing(context, person)
        if as_json:
            print_json({"merges": found})
            return
        keys = ["merge_id", "on", "kept_psn_no", "kept_name", "merged_psn_no", "undoes", "reason"]
        names = ["编号", "日期", "保留", "姓名", "并入", "撤销了", "理由"]
        table("人员合并", names, [[str(row[key] or "") for key in keys] for row in found])


@app.command(
    "statement",
    epilog=examples("gongji merge statement 897483939283046400 --json"),
)
def statement(
    merge: MergeArgument,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """被合并编号自己的账户明细，以合并转出结束。 The merged number's own statement."""
    with answering(as_json), opened(db) as context:
        from ledger.services.accounts.merging import statement_of_merged

        answer = statement_of_merged(context, merge)
        if as_json:
            print_json(answer)
            return
        keys = ["happened_on", "name", "amount", "balance", "fixmedins_name"]
        names = ["日期", "事项", "金额", "余额", "机构"]
        rows = [[str(line[key] or "") for key in keys] for line in answer["lines"]]
        table(f"{answer['psn_name']} {answer['psn_no']}", names, rows)
