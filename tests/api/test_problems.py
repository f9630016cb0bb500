"""Faults answer as problem details (RFC 9457), all of a request at once, and say nothing inside."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.rest.problems import PROBLEM, problem_of, status_of
from ledger.core.errors import (
    NotAllowed,
    NotInForce,
    PackFaults,
    PolicyError,
    Refused,
    RequestReused,
    Unknown,
)
from tests import databases
from tests.api.city import City, visit
from tests.people import CHEN

AMOUNTS = ("medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt")


def faults(city: City, body: Any, path: str = "/quotes") -> dict[str, str]:
    """Field -> code of what is wrong with a body."""
    answer = city.ask("POST", path, "agency", json=body, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["code"] == "request/faults"
    return {fault["field"]: fault["code"] for fault in answer.json()["errors"]}


def test_a_problem_has_the_members_of_the_standard_and_our_code(quiet_city: City) -> None:
    answer = quiet_city.ask("GET", "/people/nobody/balance", "agency")
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "person/unknown",
        "detail": "“nobody”不在册：没有这个人员编号或证件号码",
    }


@pytest.mark.parametrize(
    "amount", [812.5, 812, "812.505", "8,12.50", "", "1e3", None, True, [], "１"]
)
def test_an_amount_is_text_of_yuan(quiet_city: City, amount: Any) -> None:
    assert faults(quiet_city, visit(medfee_sumamt=amount)) == {
        "medfee_sumamt": "value/not-an-amount"
    }


def test_a_number_where_money_is_due_is_explained(quiet_city: City) -> None:
    answer = quiet_city.ask("POST", "/quotes", "agency", json=visit(medfee_sumamt=812.5))
    assert "不能写作 JSON 数字" in answer.json()["errors"][0]["message"]


def test_the_parts_must_add_up(quiet_city: City) -> None:
    answer = quiet_city.ask("POST", "/quotes", "agency", json=visit(inscp_scp_amt="700.01"))
    assert answer.json()["errors"] == [
        {
            "field": "medfee_sumamt",
            "code": "visit/parts-do-not-add-up",
            "message": "四部分之和 812.51 不等于医疗费总额 812.50",
        }
    ]


def test_every_fault_of_a_body_is_told_at_once(quiet_city: City) -> None:
    body = visit(
        psn_no=" ",
        fixmedins_code="",
        mdtrt_id="x" * 31,
        med_type="clinic",
        setl_time="yesterday",
        inscp_scp_amt="1.00",
        acct_used_flag="3",
    )
    assert faults(quiet_city, body, "/settlements") == {
        "certno": "visit/person-missing",
        "fixmedins_code": "value/missing",
        "mdtrt_id": "value/too-long",
        "med_type": "visit/unknown-med-type",
        "setl_time": "value/not-a-time",
        "medfee_sumamt": "visit/parts-do-not-add-up",
        "acct_used_flag": "visit/account-flag",
    }


def test_what_is_missing_is_told(quiet_city: City) -> None:
    expected = {
        "certno": "visit/person-missing",
        **dict.fromkeys(
            ("fixmedins_code", "med_type", "setl_time", "inscp_scp_amt", "medfee_sumamt"),
            "value/missing",
        ),
        "acct_used_flag": "value/missing",
    }
    assert faults(quiet_city, {}) == expected
    assert faults(quiet_city, {}, "/settlements") == expected | {"mdtrt_id": "value/missing"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"medfee_sumamt": "-1.00"}, {"medfee_sumamt": "visit/negative-amount"}),
        ({"medfee_sumamt": "99999999999.00"}, {"medfee_sumamt": "value/amount-too-large"}),
        ({"psn_no": 42}, {"psn_no": "value/not-text"}),
        ({"setl_time": 20230131}, {"setl_time": "value/not-a-time"}),
        ({"setl_time": "0001-01-01T00:00:00+14:00"}, {"setl_time": "value/not-a-time"}),
        ({"med_type": "21"}, {"enddate": "visit/stay-without-days"}),
        ({"med_type": "21", "begndate": "2023-02-30"}, {"begndate": "value/not-a-day"}),
        (
            {"med_type": "21", "begndate": "2023-02-10", "enddate": "2023-02-01"},
            {"enddate": "visit/end-before-start"},
        ),
        ({"med_type": "{0} {message}"}, {"med_type": "visit/unknown-med-type"}),
        ({"setl_time": "9" * 5000}, {"setl_time": "value/not-a-time"}),
        ({"mdtrt_id": "a\x00b"}, {"mdtrt_id": "value/not-a-code"}),
    ],
)
def test_a_field_that_does_not_fit_is_told(
    quiet_city: City, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    assert faults(quiet_city, visit(**changes)) == expected


@pytest.mark.parametrize("field", ["psn_no", "mdtrt_id", "setl_time", "medfee_sumamt", "med_type"])
def test_what_is_no_unicode_is_a_fault_like_any_other(quiet_city: City, field: str) -> None:
    content = json.dumps(visit(**{field: "\ud800"})).encode()
    headers = {"Content-Type": "application/json"}
    answer = quiet_city.ask("POST", "/quotes", "agency", content=content, headers=headers)
    assert answer.status_code == 422
    assert field in [fault["field"] for fault in answer.json()["errors"]]


@pytest.mark.parametrize("number", ["%00", "x" * 51, "%F0%28", "..%2F..", "%E9%99%88"])
def test_a_strange_number_is_a_fault_or_nobody(quiet_city: City, number: str) -> None:
    answer = quiet_city.ask("GET", f"/people/{number}/balance", "agency")
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == PROBLEM


def test_fields_of_a_province_are_passed_over(quiet_city: City) -> None:
    body = visit(insutype="310", psn_setlway="01", exp_content={"x": 1})
    assert quiet_city.ask("POST", "/quotes", "agency", json=body).status_code == 200


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "request/not-json"),
        (b"[]", "request/not-an-object"),
        (b'"x"', "request/not-an-object"),
        (b"", "value/missing"),
        (b"null", "request/not-an-object"),
    ],
)
def test_a_body_that_is_no_object_is_told(quiet_city: City, content: bytes, code: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = quiet_city.ask("POST", "/quotes", "agency", content=content, headers=headers)
    assert answer.status_code == 422
    assert [fault["code"] for fault in answer.json()["errors"]] == [code]
    assert answer.json()["errors"][0]["field"] == "body"


@pytest.mark.parametrize("key", [None, "", "k" * 201])
def test_settling_and_reversing_need_a_key(quiet_city: City, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    for path in ("/settlements", f"/settlements/{quiet_city.chen_visit}/reversal"):
        answer = quiet_city.ask("POST", path, "agency", json=visit(), headers=headers)
        assert answer.status_code == 422
        assert [fault["field"] for fault in answer.json()["errors"]] == ["Idempotency-Key"]


def test_a_wrong_address_and_a_wrong_method_are_problems_too(quiet_city: City) -> None:
    for method, path, status, code in (
        ("GET", "/nowhere", 404, "http/not-found"),
        ("DELETE", "/quotes", 405, "http/method-not-allowed"),
    ):
        answer = quiet_city.ask(method, path, "agency")
        assert answer.headers["content-type"] == PROBLEM
        assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unknown("person/unknown", ""), 404),
        (Refused("visit/elsewhere", ""), 422),
        (Refused("ledger/month-closed", ""), 409),
        (RequestReused("k"), 409),
        (NotInForce(""), 422),
        (NotAllowed("access/role", ""), 403),
        (NotAllowed("access/no-token", ""), 401),
        (Refused("database/busy", ""), 503),
        (Refused("database/error", ""), 500),
        (PackFaults([]), 500),
        (PolicyError(""), 500),
    ],
)
def test_one_table_says_the_status(error: Any, status: int) -> None:
    assert status_of(error) == status


def test_a_busy_database_asks_to_come_again() -> None:
    answer = problem_of(Refused("database/busy", "x"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize("error", [RuntimeError("secret 420302"), Refused("database/error", "se")])
def test_an_unexpected_error_says_nothing_of_the_inside(
    quiet_city: City,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    def broken(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr("ledger.services.books.read.balance", broken)
    answer = quiet_city.ask("GET", f"/people/{CHEN.psn_no}/balance", "agency")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["code"] == "internal/error"
    assert "se" not in answer.json()["detail"]
    assert "error" in caplog.text
    assert "secret" not in caplog.text
    assert CHEN.psn_no not in caplog.text


def test_a_database_that_breaks_says_nothing_of_the_inside(city: City) -> None:
    with databases.open_test_engine(city.world.path, owner=True).connect() as connection:
        connection.exec_driver_sql("DROP TABLE personal_account")
        connection.commit()
    answer = city.ask("GET", f"/people/{CHEN.psn_no}/balance", "agency")
    assert answer.status_code == 503
    assert answer.json()["code"] == "database/not-initialised"
    assert "personal_account" not in answer.text
