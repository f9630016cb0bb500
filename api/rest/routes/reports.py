"""Workbooks and the journal, for download. The names are those of `exports/catalog.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from tempfile import TemporaryFile
from typing import IO, Annotated, Any, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from api.rest.deps import AnyDesk, Desk, refuse_other_roles
from api.rest.fields import Code, Day, KnownAt, MonthText, PersonNumber
from api.rest.problems import FaultyRequest
from exports.catalog import EXPORTS, Export
from ledger.core.errors import Unknown
from ledger.core.months import Month
from ledger.services.access import reach_employer, reach_person, reach_provider
from ledger.services.books import reporting
from ledger.services.tokens import Role

router = APIRouter(prefix="/reports", tags=["reports"])

CHUNK = 1 << 16


class Wanted(NamedTuple):
    """What the query says; a report takes what it needs of it."""

    month: str | None
    person: str | None
    employer: str | None
    provider: str | None
    first: date | None
    last: date | None


class Report(NamedTuple):
    """Who may have a report, and what of the query it takes.

    `arguments` reads them for a desk that may have it; `needed` are the query's words without
    which there is no report, but for a caller whose own they are.
    """

    roles: tuple[Role, ...]
    needed: tuple[str, ...]
    arguments: Callable[[Desk, Wanted], dict[str, Any]]


OWN = {Role.PERSON: "person", Role.EMPLOYER: "employer", Role.PROVIDER: "provider"}
"""Whom a caller need not name, since it is himself."""


def _statement(desk: Desk, wanted: Wanted) -> dict[str, Any]:
    assert wanted.person is not None
    reach_person(desk.context, desk.caller, wanted.person)
    return {"person": wanted.person, "first_day": wanted.first, "last_day": wanted.last}


def _crediting_list(desk: Desk, wanted: Wanted) -> dict[str, Any]:
    assert wanted.employer is not None
    assert wanted.month is not None
    reach_employer(desk.caller, wanted.employer)
    return {"employer_no": wanted.employer, "month": Month.parse(wanted.month)}


def _provider_statement(desk: Desk, wanted: Wanted) -> dict[str, Any]:
    assert wanted.provider is not None
    assert wanted.month is not None
    reach_provider(desk.caller, wanted.provider)
    return {"provider_code": wanted.provider, "month": Month.parse(wanted.month)}


def _month_only(_desk: Desk, wanted: Wanted) -> dict[str, Any]:
    assert wanted.month is not None
    return {"month": Month.parse(wanted.month)}


def _journal(_desk: Desk, wanted: Wanted) -> dict[str, Any]:
    month = Month.parse(wanted.month) if wanted.month else None
    return {"first": month, "last": month}


def _owed(_desk: Desk, wanted: Wanted) -> dict[str, Any]:
    return {"as_of": wanted.last}


_HOUSE = (Role.FINANCE, Role.AGENCY)
REPORTS: dict[str, Report] = {
    "statement": Report((Role.PERSON, Role.AGENCY), ("person",), _statement),
    "crediting-list": Report((Role.EMPLOYER, Role.AGENCY), ("employer", "month"), _crediting_list),
    "provider-statement": Report(
        (Role.PROVIDER, Role.AGENCY), ("provider", "month"), _provider_statement
    ),
    "reconciliation": Report(_HOUSE, ("month",), _month_only),
    "fund-report": Report(_HOUSE, ("month",), _month_only),
    "journal": Report(_HOUSE, (), _journal),
    "owed": Report(_HOUSE, (), _owed),
}


@router.get(
    "/{name}",
    summary="下载报表 Download a report",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Excel 工作簿；序时账为文本。 A workbook; the journal is text.",
            "content": {
                export.media_type: {"schema": {"type": "string", "format": "binary"}}
                for export in EXPORTS.values()
            },
        }
    },
)
def download(
    desk: AnyDesk,
    name: Annotated[str, Path(json_schema_extra={"enum": list(REPORTS)})],
    month: Annotated[MonthText | None, Query(description="会计月份。 Month.")] = None,
    person: Annotated[
        PersonNumber | None, Query(description="对账单：人员编号或证件号码。 Person.")
    ] = None,
    employer: Annotated[Code | None, Query(description="划账明细：单位编号。 Employer.")] = None,
    provider: Annotated[Code | None, Query(description="结算单：机构编号。 Provider.")] = None,
    first: Annotated[Day | None, Query(alias="from", description="对账单：起始日。")] = None,
    last: Annotated[Day | None, Query(alias="to", description="对账单：终止日（含）。")] = None,
    on: Annotated[Day | None, Query(description="对账单：截至哪一天（含）。 As of a day.")] = None,
    known_at: Annotated[
        KnownAt | None, Query(description="按哪一时刻已入账的内容。 As known at an instant.")
    ] = None,
) -> StreamingResponse:
    """对账单给本人，划账明细给本单位，结算单给本机构，其余给财务部门；经办机构可下载全部。
    对账单不填人员、划账明细不填单位、结算单不填机构的，是令牌持有人自己的。"""
    report = REPORTS.get(name)
    if report is None:
        raise Unknown("report/unknown", f"没有报表“{name}”；可选 {'、'.join(REPORTS)}")
    refuse_other_roles(desk.caller, report.roles)
    wanted = _complete(desk, report, Wanted(month, person, employer, provider, first, last))
    arguments = report.arguments(desk, wanted)
    export = EXPORTS[name]
    with reporting.opened(desk.context, name, on, known_at, **arguments) as content:
        file = _written(export, content)
    about = (wanted.employer, wanted.provider, wanted.month, wanted.first, wanted.last)
    title = export.file_name(*(str(part) for part in about if part is not None))
    return _attached(file, export, f"{name}{export.suffix}", title)


def _complete(desk: Desk, report: Report, wanted: Wanted) -> Wanted:
    """The query with the caller's own number where he left it out.

    Raises:
        FaultyRequest: every word that is needed and not there.
    """
    own = OWN.get(desk.caller.role)
    if own in report.needed and getattr(wanted, own) is None:
        wanted = Wanted(**(wanted._asdict() | {own: desk.caller.subject}))
    missing = [word for word in report.needed if getattr(wanted, word) is None]
    if missing:
        raise FaultyRequest([(word, "value/missing", "这一项不能缺少") for word in missing])
    return wanted


def _written(export: Export, content: Any) -> IO[bytes]:
    """The report in a file without a name: it is gone when the last of it is sent."""
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - `_chunks` closes it.
    try:
        export.write(content, file)
    except BaseException:
        file.close()
        raise
    return file


def _attached(file: IO[bytes], export: Export, plain: str, title: str) -> StreamingResponse:
    """The file as a download: its Chinese name, and a plain one for old readers."""
    length = file.seek(0, 2)
    file.seek(0)
    headers = {
        "Content-Length": str(length),
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(title)}",
    }
    return StreamingResponse(_chunks(file), media_type=export.media_type, headers=headers)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        yield from iter(lambda: file.read(CHUNK), b"")
