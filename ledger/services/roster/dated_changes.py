"""What holds of somebody or something over time, and a change of it from a day on."""

from __future__ import annotations

from typing import TypeVar

from ledger.storage.roster.people import Span
from ledger.storage.roster.registry import ProviderSpan

S = TypeVar("S", Span, ProviderSpan)
"""Whose, from when, until when; then what holds."""


def with_change(spans: list[S], change: S) -> list[S]:
    """The spans once `change` holds from its first day up to the next span's."""
    before: list[S] = [
        span._replace(valid_until=min(span.valid_until, change.valid_from))
        for span in spans
        if span.valid_from < change.valid_from
    ]
    later: list[S] = [span for span in spans if span.valid_from > change.valid_from]
    until = min([change.valid_until, *(span.valid_from for span in later)])
    if before and before[-1][3:] == change[3:] and before[-1].valid_until == change.valid_from:
        change = before.pop()
    before.append(change._replace(valid_until=until))
    return before + later
