"""`gongji family`: mutual aid links (家庭共济授权)."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.common import (
    ActorOption,
    DbOption,
    DryRunOption,
    JsonOption,
    PackOption,
    a_day,
    answering,
    examples,
    opened,
    parsed,
    print_json,
    say,
    table,
    tell,
)
from api.cli.relatives import RelationOption, a_relation, document

app = typer.Typer(help="家庭共济：建立、解除、查询授权。 Family mutual aid.", no_args_is_help=True)

Holder = Annotated[str, typer.Option("--holder", help="授权人的证件号码或人员编号。 Holder.")]
User = Annotated[str, typer.Option("--user", help="使用人的证件号码或人员编号。 User.")]


@app.command(
    "add",
    epilog=examples(
        "gongji family add --holder 420302198409034374 --user 420381195205277085 "
        "--relation 5 --from 2023-01-01 --quota 500.00",
    ),
)
def add(
    holder: Holder,
    user: User,
    relation: RelationOption,
    start: Annotated[str, typer.Option("--from", help="首日。 First day.")],
    last: Annotated[str | None, typer.Option("--to", help="末日（含）。 Last day.")] = None,
    quota: Annotated[str | None, typer.Option("--quota", help="共济额度（元）。 Ceiling.")] = None,
    name: Annotated[str, typer.Option("--user-name", help="使用人姓名。 User's name.")] = "",
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """建立共济关系。 Let a relative use an account."""
    from importers.cells import Fault
    from ledger.core.money import fen_from_yuan
    from ledger.core.months import day_after
    from ledger.core.people import FamilyRecord

    read = document(user)
    record = FamilyRecord(
        0,
        holder,
        "",
        user if isinstance(read, Fault) else read,
        name,
        a_relation(relation),
        parsed(a_day, start),
        day_after(parsed(a_day, last) if last else None),
        parsed(fen_from_yuan, quota) if quota else None,
    )
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.roster.import_families import add_link

        new = add_link(context, record, dry_run, read.message if isinstance(read, Fault) else "")
        if as_json:
            print_json({"holder": holder, "user": user, "new": new, "dry_run": dry_run})
        else:
            say("已建立共济关系" if new else "已有相同的共济关系，未作改动", dry_run)


@app.command(
    "revoke",
    epilog=examples(
        "gongji family revoke --holder 420302198409034374 --user 420324198808255607 "
        "--last-day 2023-03-31",
    ),
)
def revoke(
    holder: Holder,
    user: User,
    last_day: Annotated[
        str | None, typer.Option("--last-day", help="可用的最后一天，默认今天。 Last day of use.")
    ] = None,
    actor: ActorOption = None,
    db: DbOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """解除共济关系。 End a link."""
    from api.wiring import local_now

    day = parsed(a_day, last_day) if last_day else local_now().date()
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.roster.import_families import revoke_link

        answer = revoke_link(context, holder, user, day, dry_run)
        tell(answer, f"共济关系在 {day} 之后不再有效", dry_run, as_json)


@app.command("list", epilog=examples("gongji family list 420324198808255607 --json"))
def list_links(
    person: Annotated[str, typer.Argument(help="人员编号或证件号码。 Person.")],
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出某人作为授权人和使用人的共济关系。 Links of a person, both ways."""
    with answering(as_json), opened(db) as context:
        from ledger.services.books.read import family_links

        links = family_links(context, person)
        if as_json:
            print_json({"person": person, "links": links})
            return
        keys = ["holder", "user", "relation", "valid_from", "last_day", "quota", "used"]
        names = ["授权人", "使用人", "关系", "首日", "末日", "额度", "已用"]
        table("家庭共济", names, [[str(link[key] or "") for key in keys] for link in links])
