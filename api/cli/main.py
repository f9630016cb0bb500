"""The program `gongji`. Every command imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

import typer

from api.cli import (
    account,
    backup,
    benefit,
    books,
    claim,
    crediting,
    exporting,
    family,
    importing,
    interest,
    merge,
    owed,
    payables,
    premium,
    proposals,
    quota_received,
    resettle,
    returned,
    rules,
    server,
    token,
    transfer,
    visits,
)
from api.cli.common import examples
from api.cli.demo import demo
from api.cli.embedded import accept_embedded
from api.cli.simulate import EPILOG as SIMULATE_EPILOG
from api.cli.simulate import simulate
from api.cli.usage import Commands

app = typer.Typer(
    name="gongji",
    cls=Commands,
    help="共济：职工医保个人账户与门诊统筹的账簿。 "
    "Gongji keeps personal accounts and settles the outpatient pool, explaining every fen.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _register() -> None:
    for module in (
        books,
        benefit,
        crediting,
        interest,
        payables,
        returned,
        importing,
        visits,
        resettle,
        exporting,
        backup,
        server,
    ):
        for name, command, epilog in module.COMMANDS:
            app.command(name, epilog=epilog)(command)
    app.command("simulate", epilog=SIMULATE_EPILOG)(simulate)
    app.command("demo", epilog=examples("gongji demo", "gongji demo city --json"))(demo)
    app.add_typer(account.app, name="account")
    app.add_typer(claim.app, name="claim")
    app.add_typer(family.app, name="family")
    app.add_typer(merge.app, name="merge")
    app.add_typer(premium.app, name="premium")
    app.add_typer(owed.app, name="owed")
    app.add_typer(proposals.propose, name="propose")
    app.add_typer(proposals.proposals, name="proposals")
    app.add_typer(quota_received.app, name="quota")
    app.add_typer(rules.app, name="rules")
    app.add_typer(token.app, name="token")
    app.add_typer(transfer.app, name="transfer")

    accept_embedded(app)


_register()


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
