"""The description lists the operations and no page; the page lists them without the internet."""

from __future__ import annotations

import re
from typing import Any

from tests import databases
from tests.api.city import City, send, visit

OPERATIONS = {
    ("get", "/api/v1/people/{number}/balance"),
    ("get", "/api/v1/people/{number}/year"),
    ("get", "/api/v1/people/{number}/statement"),
    ("post", "/api/v1/quotes"),
    ("post", "/api/v1/settlements"),
    ("post", "/api/v1/settlements/{setl_id}/reversal"),
    ("get", "/api/v1/settlements/{setl_id}"),
    ("get", "/api/v1/reports/{name}"),
    ("get", "/api/v1/health"),
}


def document(city: City) -> dict[str, Any]:
    answer = city.ask("GET", "/openapi.json")
    assert answer.status_code == 200
    described: dict[str, Any] = answer.json()
    return described


def test_the_description_lists_the_operations_and_no_page(quiet_city: City) -> None:
    paths = document(quiet_city)["paths"]
    assert {(method, path) for path, methods in paths.items() for method in methods} == OPERATIONS


def test_all_but_health_ask_for_a_token(quiet_city: City) -> None:
    paths = document(quiet_city)["paths"]
    open_ones = {path for path, m in paths.items() for o in m.values() if "security" not in o}
    assert open_ones == {"/api/v1/health"}


def test_every_operation_says_how_it_fails_as_a_problem(quiet_city: City) -> None:
    described = document(quiet_city)
    for path, methods in described["paths"].items():
        for operation in methods.values():
            answers = operation["responses"]
            failing = {status: a for status, a in answers.items() if status >= "400"}
            assert failing, path
            for answer in failing.values():
                assert list(answer["content"]) == ["application/problem+json"]
    assert "Problem" in described["components"]["schemas"]
    assert "HTTPValidationError" not in described["components"]["schemas"]


def test_money_is_described_as_text(quiet_city: City) -> None:
    schemas = document(quiet_city)["components"]["schemas"]
    fields = schemas["SettledVisit"]["properties"]
    for name in visit():
        assert name in fields
    for name in ("medfee_sumamt", "inscp_scp_amt"):
        assert fields[name]["type"] == "string"
    assert fields["preselfpay_amt"]["default"] == "0.00"


def test_every_reference_of_the_description_leads_somewhere(quiet_city: City) -> None:
    text = quiet_city.ask("GET", "/openapi.json").text
    schemas = document(quiet_city)["components"]["schemas"]
    assert set(re.findall(r"#/components/schemas/(\w+)", text)) <= set(schemas)


def test_the_page_lists_every_operation_and_loads_nothing(quiet_city: City) -> None:
    answer = quiet_city.ask("GET", "/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    for method, path in OPERATIONS:
        assert path in answer.text
        assert method.upper() in answer.text
    assert "<script" not in answer.text
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", answer.text)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "Idempotency-Key" in answer.text
    assert "medfee_sumamt" in answer.text


def test_the_servers_address_leads_to_the_page(quiet_city: City) -> None:
    answer = send(quiet_city.app, "GET", "/")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/api/v1/docs"


def test_health_needs_no_token_and_names_no_person(quiet_city: City) -> None:
    answer = quiet_city.ask("GET", "/health")
    assert answer.status_code == 200
    assert answer.json()["database"] == "at-head"


def test_health_tells_of_a_database_behind_the_program(city: City) -> None:
    with databases.open_test_engine(city.world.path, owner=True).connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
        connection.commit()
    answer = city.ask("GET", "/health")
    assert (answer.status_code, answer.json()["code"]) == (503, "database/not-at-head")
    assert "older" not in answer.text
