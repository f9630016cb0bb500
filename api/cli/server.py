"""`gongji serve`: the API."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from api.cli.common import DbOption, PackOption, answering, examples, opened


def serve(
    db: DbOption = None,
    pack: PackOption = None,
    host: Annotated[str, typer.Option("--host", help="监听地址。 Address.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="端口；0 为任一空闲端口。 Port.")
    ] = 8000,
) -> None:
    """启动接口服务，按 Ctrl-C 停止。 Serve the API until Ctrl-C."""
    with answering(as_json=False), opened(db, pack) as context:
        from api.rest.app import create_app
        from api.rest.serving import run
        from api.wiring import kept_up

        with kept_up(db, partial(typer.echo, err=True)):
            run(create_app(context), host, port, typer.echo)


COMMANDS = (
    (
        "serve",
        serve,
        examples(
            "gongji serve",
            "gongji serve --db sqlite:///demo/gongji.db --port 8080",
            "gongji serve --host 0.0.0.0",
        ),
    ),
)
