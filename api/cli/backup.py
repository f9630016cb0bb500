"""`gongji backup` and `gongji restore`: the books in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.books import print_proof
from api.cli.common import (
    DbOption,
    JsonOption,
    answering,
    database_faults,
    examples,
    opened,
    print_json,
    progress_shown,
)


def backup(
    path: Annotated[Path, typer.Argument(help="备份文件，尚不存在。 A new file.")],
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """把账簿备份成一个文件，备份时照常办理业务。 Back the books up while desks go on."""
    with answering(as_json), opened(db, quiet=as_json, or_older=True) as context:
        from ledger.services.backups.backup import backup as back_up

        answer = back_up(context, path)
        if as_json:
            print_json(answer)
            return
        rows = sum(answer["counts"].values())
        typer.echo(f"✓ {path}：{len(answer['counts'])} 张表 {rows} 行，{answer['bytes']} 字节")
        typer.echo("  文件含个人信息，请妥善保管；请定期试恢复。", err=True)


def restore(
    path: Annotated[Path, typer.Argument(help="gongji backup 建立的文件。 The backup.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="覆盖已有的账簿。 Replace books that are there.")
    ] = False,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """从备份恢复账簿，然后核对全部不变式。 Restore a backup, then re-prove the books."""
    from api.wiring import open_as_owner

    with answering(as_json), database_faults(), progress_shown(quiet=as_json) as tell:
        from ledger.services.backups.restore import restore as put_back
        from ledger.services.context import no_progress

        owner = open_as_owner(db)
        try:
            answer = put_back(owner, path, overwrite, tell or no_progress)
        finally:
            owner.dispose()
    with answering(as_json), opened(db, quiet=as_json) as context:
        from ledger.services.books.verify import verify

        proof = verify(context)
    if as_json:
        print_json(answer | {"verify": proof})
    else:
        typer.echo(f"✓ 已恢复 {answer['taken_at']}（UTC）的备份，统筹区 {answer['pool']}")
        print_proof(proof)
    if not proof["ok"]:
        raise typer.Exit(1)


COMMANDS = (
    (
        "backup",
        backup,
        examples(
            "gongji backup 20230131.gongji",
            "gongji backup 20230131.gongji --db sqlite:///shiyan.db --json",
        ),
    ),
    (
        "restore",
        restore,
        examples(
            "gongji restore 20230131.gongji --db sqlite:///trial.db",
            "gongji restore 20230131.gongji --overwrite --json",
        ),
    ),
)
