"""Runs for months to come. A run may be early, and dates are no matter of the clock; but a year
mistyped (2035 for 2025) would credit and pay to everybody what no later run takes back, so more
than a year ahead must be meant."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

AheadOption = Annotated[
    bool,
    typer.Option("--ahead", help="确实要办理一年以后的期间。 Far ahead is meant."),
]


def refuse_far_ahead(period: str, last_day: date, meant: bool) -> None:
    """Raises: Refused `period/far-ahead`."""
    from api.wiring import local_now
    from ledger.core.errors import Refused
    from ledger.core.months import Month

    nearest = Month.of(local_now().date()).plus(12)
    if not meant and last_day > nearest.last_day:
        raise Refused(
            "period/far-ahead",
            f"{period} 在一年以后（最晚到 {nearest}）；请核对年份，确实要办理请加 --ahead",
        )
