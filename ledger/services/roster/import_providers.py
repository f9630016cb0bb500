"""`import providers`: list and keep up to date the designated institutions.

A row with a day of change (变更日期) says what holds from that day up to the next change: it adds
a dated span, so that a visit is settled, and settled anew, by the tier of its day. A row without
one corrects the list: it holds since the last change. The same row again changes nothing. Years
with visits since a day of change are marked as to be resettled.
"""

from __future__ import annotations

from datetime import date

from ledger.core.batches import Batch, ImportResult
from ledger.core.months import FAR
from ledger.core.providers import ProviderRecord
from ledger.services.context import Context
from ledger.services.importing import ImportOptions, Ledgering, take_in
from ledger.services.roster.dated_changes import with_change
from ledger.storage.database.turns import Turn
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster import registry
from ledger.storage.roster.registry import Provider, ProviderSpan, provider_values
from ledger.storage.visits import resettlements

ALWAYS = date(1, 1, 1)
"""The first day of what held before the first change."""


def import_providers(
    context: Context, batch: Batch[ProviderRecord], options: ImportOptions
) -> ImportResult:
    """Add new providers, update those that the file changes. Of rows without a day of change the
    last one of a code counts."""

    def take(work: UnitOfWork, books: Ledgering) -> None:
        listed = _List(registry.providers(work.connection), batch.records)
        undated = {record.code: record for record in batch.records if record.changed_on is None}
        for record in batch.records:
            if record.changed_on is None:
                books.accept(unchanged=not listed.take(undated[record.code]))
        registry.save_providers(work.connection, listed.new.values(), listed.changed.values())
        history = _History(
            registry.providers(work.connection), registry.provider_spans(work.connection)
        )
        history.amend(listed.changed)
        for record in sorted(batch.records, key=lambda record: record.changed_on or ALWAYS):
            if record.changed_on is not None:
                new = history.take(record, record.changed_on) or record.code in listed.new
                books.accept(unchanged=not new)
        registry.save_providers(work.connection, (), history.present.values())
        registry.save_provider_spans(work.connection, history.respanned)
        for provider_id, since in history.since.items():
            resettlements.mark_provider(work.connection, provider_id, since)

    return take_in(context, batch, options, take, Turn.STANDSTILL)


class _List:
    """The list of institutions, before and after the rows without a day of change."""

    def __init__(self, known: dict[str, Provider], records: list[ProviderRecord]) -> None:
        self._known = known
        self.new: dict[str, ProviderRecord] = {}
        self.changed: dict[str, ProviderRecord] = {}
        for record in records:  # An institution may come with a dated row only.
            if record.code not in known and record.changed_on is not None:
                self.new.setdefault(record.code, record)

    def take(self, record: ProviderRecord) -> bool:
        """True when the row says something new."""
        known = self._known.get(record.code)
        if known is None:
            self.new[record.code] = record
        elif known[2:] != provider_values(record):
            self.changed[record.code] = record
        else:
            return False
        return True


class _History:
    """What institutions were on each day, before and after the rows with a day of change."""

    def __init__(self, listed: dict[str, Provider], spans: dict[int, list[ProviderSpan]]) -> None:
        self._listed, self._spans = listed, spans
        self.respanned: dict[int, list[ProviderSpan]] = {}
        self.present: dict[str, ProviderRecord] = {}
        self.since: dict[int, date] = {}
        """Provider -> the first day on which a row with a day of change says something new."""

    def amend(self, changed: dict[str, ProviderRecord]) -> None:
        """What a row without a day says holds since the last change."""
        for code in changed:
            provider = self._listed[code]
            spans = self._spans.get(provider.provider_id)
            if spans:
                latest = _span(provider, spans[-1].valid_from, FAR)
                self._keep(provider, [*spans[:-1], latest])

    def take(self, record: ProviderRecord, day: date) -> bool:
        """Let the row hold from its day up to the next change; True when that is new."""
        provider = self._listed[record.code]
        before = self._spans.get(provider.provider_id) or [_span(provider, ALWAYS, FAR)]
        stated = Provider(provider.provider_id, record.code, *provider_values(record))  # type: ignore[arg-type]  # In the order of the fields.
        after = with_change(before, _span(stated, day, FAR))
        if after == before:
            return False
        self._keep(provider, after)
        self.since[provider.provider_id] = min(day, self.since.get(provider.provider_id, day))
        if after[-1].valid_from == day:
            self.present[record.code] = record
        return True

    def _keep(self, provider: Provider, spans: list[ProviderSpan]) -> None:
        self._spans[provider.provider_id] = self.respanned[provider.provider_id] = spans


def _span(provider: Provider, start: date, until: date) -> ProviderSpan:
    return ProviderSpan(
        provider.provider_id,
        start,
        until,
        provider.grade,
        provider.tier,
        provider.agreement_from,
        provider.agreement_until,
        provider.pharmacy_pooling,
    )
