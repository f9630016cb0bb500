"""Reference data: providers and employers. Small tables, read whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.core.providers import ProviderKind, ProviderRecord
from ledger.storage.database.bulk import Row, execute_rows, insert_rows
from ledger.storage.database.questions import Question

_PROVIDER_COLUMNS = (
    "provider_id code name kind grade tier county agreement_from agreement_until pharmacy_pooling"
)


class Provider(NamedTuple):
    """A row of `provider`, or what it was on a day."""

    provider_id: int
    code: str
    name: str
    kind: ProviderKind
    grade: str
    tier: int | None
    county: str
    agreement_from: date
    agreement_until: date
    pharmacy_pooling: bool | None

    def in_agreement(self, day: date) -> bool:
        return self.agreement_from <= day < self.agreement_until


class ProviderSpan(NamedTuple):
    """A row of `provider_span`: what held over [valid_from, valid_until)."""

    provider_id: int
    valid_from: date
    valid_until: date
    grade: str
    tier: int | None
    agreement_from: date
    agreement_until: date
    pharmacy_pooling: bool | None

    def said_of(self, provider: Provider) -> Provider:
        """The provider as it was over the span."""
        return provider._replace(
            grade=self.grade,
            tier=self.tier,
            agreement_from=self.agreement_from,
            agreement_until=self.agreement_until,
            pharmacy_pooling=self.pharmacy_pooling,
        )


class DatedProviders:
    """Providers as they were on any day. Most never changed; for those a look-up is one `get`."""

    def __init__(self, connection: Connection) -> None:
        self._know(providers(connection), provider_spans(connection))

    @classmethod
    def some(
        cls, by_code: Mapping[str, Provider], spans: Mapping[int, list[ProviderSpan]]
    ) -> DatedProviders:
        """Those that were read before; of others it knows nothing."""
        known = cls.__new__(cls)
        known._know(by_code, spans)
        return known

    def _know(
        self, by_code: Mapping[str, Provider], spans: Mapping[int, list[ProviderSpan]]
    ) -> None:
        self._by_code, self._spans = by_code, spans
        self._by_id = {provider.provider_id: provider for provider in by_code.values()}

    def on(self, code: str | None, day: date) -> Provider | None:
        """By code; None: there is no such provider."""
        provider = self._by_code.get(code or "")
        return provider if provider is None else self._as_of(provider, day)

    def by_id(self, provider_id: int, day: date) -> Provider | None:
        provider = self._by_id.get(provider_id)
        return provider if provider is None else self._as_of(provider, day)

    def changed(self, provider_id: int | None) -> bool:
        """Has a provider been something else on other days?"""
        return provider_id in self._spans

    def _as_of(self, provider: Provider, day: date) -> Provider:
        for span in self._spans.get(provider.provider_id, ()):
            if span.valid_from <= day < span.valid_until:
                return span.said_of(provider)
        return provider


def provider_spans(connection: Connection) -> dict[int, list[ProviderSpan]]:
    """Provider -> its spans, oldest first; only those that changed on a named day have any."""
    return _spans(
        connection.exec_driver_sql(
            f"SELECT {', '.join(ProviderSpan._fields)} FROM provider_span "
            "ORDER BY provider_id, valid_from"
        )
    )


def _spans(rows: Iterable[Row]) -> dict[int, list[ProviderSpan]]:
    found: dict[int, list[ProviderSpan]] = {}
    for number, start, until, grade, tier, agreed, ended, pooling in rows:
        span = ProviderSpan(
            number,
            date.fromisoformat(start),
            date.fromisoformat(until),
            grade,
            tier,
            date.fromisoformat(agreed),
            date.fromisoformat(ended),
            None if pooling is None else bool(pooling),
        )
        found.setdefault(number, []).append(span)
    return found


def save_provider_spans(connection: Connection, spans: dict[int, list[ProviderSpan]]) -> None:
    """Replace the spans of these providers."""
    execute_rows(
        connection,
        "DELETE FROM provider_span WHERE provider_id = ?",
        [(provider_id,) for provider_id in spans],
    )
    rows = [span for provider_id in sorted(spans) for span in spans[provider_id]]
    insert_rows(connection, "provider_span", " ".join(ProviderSpan._fields), rows)


def providers(connection: Connection) -> dict[str, Provider]:
    """Code -> provider."""
    return _providers(
        connection.exec_driver_sql(
            f"SELECT {', '.join(_PROVIDER_COLUMNS.split())} FROM provider ORDER BY code"
        )
    )


def _providers(rows: Iterable[Row]) -> dict[str, Provider]:
    return {row[1]: _provider(tuple(row)) for row in rows}


NAMED_PROVIDERS = Question(
    f"SELECT {', '.join(f'p.{name}' for name in _PROVIDER_COLUMNS.split())} "
    "FROM json_each(:texts) AS w CROSS JOIN provider AS p ON p.code = w.value",
    _providers,
)
NAMED_SPANS = Question(
    f"SELECT {', '.join(f's.{name}' for name in ProviderSpan._fields)} "
    "FROM json_each(:texts) AS w CROSS JOIN provider AS p ON p.code = w.value "
    "JOIN provider_span AS s ON s.provider_id = p.provider_id "
    "ORDER BY s.provider_id, s.valid_from",
    _spans,
)
"""Providers with these codes, and their spans."""


def provider_by_id(connection: Connection, provider_id: int) -> Provider:
    row = connection.exec_driver_sql(
        f"SELECT {', '.join(_PROVIDER_COLUMNS.split())} FROM provider WHERE provider_id = ?",
        (provider_id,),
    ).one()
    return _provider(tuple(row))


def _provider(row: tuple[object, ...]) -> Provider:
    values: list[object] = list(row)
    values[3] = ProviderKind(str(row[3]))
    values[7] = date.fromisoformat(str(row[7]))
    values[8] = date.fromisoformat(str(row[8]))
    values[9] = None if row[9] is None else bool(row[9])
    return Provider(*values)  # type: ignore[arg-type]  # Columns stand in the order of the fields.


def provider_values(record: ProviderRecord) -> tuple[object, ...]:
    """What a record says, in the order of the columns after `code`."""
    return (
        record.name,
        record.kind,
        record.grade,
        record.tier,
        record.county,
        record.agreement_from,
        record.agreement_until,
        record.pharmacy_pooling,
    )


def save_providers(
    connection: Connection, new: Iterable[ProviderRecord], changed: Iterable[ProviderRecord]
) -> None:
    start = (
        connection.exec_driver_sql(
            "SELECT coalesce(max(provider_id), 0) FROM provider"
        ).scalar_one()
        + 1
    )
    insert_rows(
        connection,
        "provider",
        _PROVIDER_COLUMNS,
        [(start + i, record.code, *provider_values(record)) for i, record in enumerate(new)],
    )
    execute_rows(
        connection,
        "UPDATE provider SET name = ?, kind = ?, grade = ?, tier = ?, county = ?, "
        "agreement_from = ?, agreement_until = ?, pharmacy_pooling = ? WHERE code = ?",
        [(*provider_values(record), record.code) for record in changed],
    )


_SEVERAL = ""
"""An employer under several names in one file: none of them is a change of name."""


class Employers:
    """Employer number -> id; a new number is added on the way, `save` writes them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        rows = connection.exec_driver_sql("SELECT employer_no, employer_id, name FROM employer")
        known = [(str(no), int(number), str(name)) for no, number, name in rows]
        self._ids: dict[str, int] = {no: number for no, number, _ in known}
        self._names: dict[str, str] = {no: name for no, _, name in known}
        self._stated: dict[str, str] = {}
        self._new: list[tuple[int, str, str]] = []

    def id_of(self, employer_no: str | None, name: str | None) -> int | None:
        if employer_no is None:
            return None
        if name is not None and self._stated.setdefault(employer_no, name) != name:
            self._stated[employer_no] = _SEVERAL
        employer_id = self._ids.get(employer_no)
        if employer_id is None:
            employer_id = self._ids[employer_no] = len(self._ids) + 1
            self._new.append((employer_id, employer_no, name or ""))
        return employer_id

    def rename(self) -> None:
        """Known employers to the name that every row of the file has for them."""
        renamed = [
            (name, self._ids[no])
            for no, name in self._stated.items()
            if name != _SEVERAL and self._names.get(no, name) != name
        ]
        execute_rows(
            self._connection, "UPDATE employer SET name = ? WHERE employer_id = ?", renamed
        )

    def save(self) -> None:
        insert_rows(self._connection, "employer", "employer_id employer_no name", self._new)
        self._new.clear()
