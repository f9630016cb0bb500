"""Downloads: the right file to the right caller, under its Chinese name."""

from __future__ import annotations

import io
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook

from api.rest.routes.reports import REPORTS
from exports.catalog import EXPORTS, XLSX
from ledger.services.books.reporting import REPORTS as SERVICE_REPORTS
from tests.api.city import FIRST, SECOND, City
from tests.people import CHEN, ZHAO

QUERIES: dict[str, dict[str, str]] = {
    "statement": {"person": CHEN.psn_no},
    "crediting-list": {"employer": "E001", "month": "2023-01"},
    "provider-statement": {"provider": FIRST, "month": "2023-01"},
    "reconciliation": {"month": "2023-01"},
    "fund-report": {"month": "2023-01"},
    "journal": {},
    "owed": {"to": "2023-06-30"},
}
"""Chen's, unit E001's, the first hospital's, the fund's."""

ANSWERS: dict[str, dict[str, int]] = {
    # who              statement  crediting  provider  reconciliation  fund  journal  owed
    "chen": dict(zip(QUERIES, (200, 403, 403, 403, 403, 403, 403), strict=True)),
    "zhao": dict(zip(QUERIES, (404, 403, 403, 403, 403, 403, 403), strict=True)),
    "yu": dict(zip(QUERIES, (404, 403, 403, 403, 403, 403, 403), strict=True)),
    "unit-a": dict(zip(QUERIES, (403, 200, 403, 403, 403, 403, 403), strict=True)),
    "unit-b": dict(zip(QUERIES, (403, 404, 403, 403, 403, 403, 403), strict=True)),
    "finance": dict(zip(QUERIES, (403, 403, 403, 200, 200, 200, 200), strict=True)),
    "first": dict(zip(QUERIES, (403, 403, 200, 403, 403, 403, 403), strict=True)),
    "second": dict(zip(QUERIES, (403, 403, 403, 403, 403, 403, 403), strict=True)),
    "agency": dict(zip(QUERIES, (200, 200, 200, 200, 200, 200, 200), strict=True)),
}
CASES = [(who, name) for who, row in ANSWERS.items() for name in row]


def test_the_api_offers_what_the_exports_write() -> None:
    assert set(REPORTS) == set(QUERIES) == set(EXPORTS) == set(SERVICE_REPORTS)


@pytest.mark.parametrize(("who", "name"), CASES)
def test_each_role_downloads_what_is_its_own(quiet_city: City, who: str, name: str) -> None:
    answer = quiet_city.ask("GET", f"/reports/{name}", who, params=QUERIES[name])
    assert answer.status_code == ANSWERS[who][name], answer.text[:300]


@pytest.mark.parametrize("name", QUERIES)
def test_nobody_downloads_nothing(quiet_city: City, name: str) -> None:
    assert quiet_city.ask("GET", f"/reports/{name}", params=QUERIES[name]).status_code == 401


@pytest.mark.parametrize("name", [name for name in QUERIES if name != "journal"])
def test_a_workbook_opens_and_has_a_chinese_name(quiet_city: City, name: str) -> None:
    answer = quiet_city.ask("GET", f"/reports/{name}", "agency", params=QUERIES[name])
    assert answer.headers["content-type"] == XLSX
    assert int(answer.headers["content-length"]) == len(answer.content)
    plain, _, chinese = answer.headers["content-disposition"].partition("; filename*=UTF-8''")
    assert plain == f'attachment; filename="{name}.xlsx"'
    assert unquote(chinese).startswith(EXPORTS[name].title)
    assert load_workbook(io.BytesIO(answer.content)).sheetnames


def test_the_journal_is_text(quiet_city: City) -> None:
    answer = quiet_city.ask("GET", "/reports/journal", "finance", params={"month": "2023-01"})
    assert answer.headers["content-type"].startswith("text/plain")
    assert "CNY" in answer.content.decode()


@pytest.mark.parametrize(
    ("who", "name"),
    [("chen", "statement"), ("unit-a", "crediting-list"), ("first", "provider-statement")],
)
def test_who_asks_for_his_own_need_not_name_himself(city: City, who: str, name: str) -> None:
    month = {} if name == "statement" else {"month": "2023-01"}
    own = city.ask("GET", f"/reports/{name}", who, params=month)
    named = city.ask("GET", f"/reports/{name}", who, params=QUERIES[name])
    assert own.status_code == named.status_code == 200
    assert cells(own.content) == cells(named.content)


def cells(workbook: bytes) -> list[object]:
    """Every cell but the instants at which the two were made."""
    book = load_workbook(io.BytesIO(workbook))
    return [
        cell
        for sheet in book
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if not (isinstance(cell, str) and "生成" in cell)
    ]


def test_an_employer_sees_no_visit_in_the_list_of_its_unit(quiet_city: City) -> None:
    params = QUERIES["crediting-list"]
    answer = quiet_city.ask("GET", "/reports/crediting-list", "unit-a", params=params)
    text = repr(cells(answer.content))
    assert CHEN.name in text
    assert ZHAO.name not in text
    assert FIRST not in text
    assert "医院" not in text


def test_a_list_of_another_unit_answers_like_one_of_no_unit(quiet_city: City) -> None:
    texts = [
        quiet_city.ask(
            "GET", "/reports/crediting-list", "unit-b", params={"employer": no, "month": "2023-01"}
        ).text.replace(no, "")
        for no in ("E001", "E999")
    ]
    assert texts[0] == texts[1]


def test_what_a_report_needs_is_named_all_at_once(quiet_city: City) -> None:
    answer = quiet_city.ask("GET", "/reports/provider-statement", "agency")
    assert answer.status_code == 422
    assert answer.json()["code"] == "request/faults"
    assert [fault["field"] for fault in answer.json()["errors"]] == ["provider", "month"]


@pytest.mark.parametrize(
    ("params", "field", "code"),
    [
        ({"month": "2023-13"}, "month", "value/not-a-month"),
        ({"month": "January"}, "month", "value/not-a-month"),
        ({"month": "2023-01", "from": "2023-02-30"}, "from", "value/not-a-day"),
    ],
)
def test_a_month_that_is_none_is_a_fault(
    quiet_city: City, params: dict[str, str], field: str, code: str
) -> None:
    answer = quiet_city.ask("GET", "/reports/fund-report", "agency", params=params)
    assert answer.status_code == 422
    assert [(f["field"], f["code"]) for f in answer.json()["errors"]] == [(field, code)]


def test_a_report_that_is_none_is_unknown(quiet_city: City) -> None:
    answer = quiet_city.ask("GET", "/reports/horoscope", "agency")
    assert (answer.status_code, answer.json()["code"]) == (404, "report/unknown")


def test_an_unknown_provider_or_unit_is_unknown_to_the_agency(quiet_city: City) -> None:
    month = {"month": "2023-01"}
    for name, who in (("provider-statement", "provider"), ("crediting-list", "employer")):
        answer = quiet_city.ask("GET", f"/reports/{name}", "agency", params={who: "X", **month})
        assert (answer.status_code, answer.json()["code"]) == (404, f"{who}/unknown")


def test_a_report_that_cannot_be_told_as_known_says_so(quiet_city: City) -> None:
    params = {"month": "2023-01", "known_at": "2023-02-01T00:00:00"}
    answer = quiet_city.ask("GET", "/reports/reconciliation", "finance", params=params)
    assert answer.json()["code"] == "report/not-as-known"
    assert (
        quiet_city.ask("GET", "/reports/fund-report", "finance", params=params).status_code == 200
    )


def test_a_provider_does_not_get_the_statement_of_another(quiet_city: City) -> None:
    params = {"provider": SECOND, "month": "2023-01"}
    answer = quiet_city.ask("GET", "/reports/provider-statement", "first", params=params)
    assert (answer.status_code, answer.json()["code"]) == (403, "access/other-provider")
