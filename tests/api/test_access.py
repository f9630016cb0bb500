"""Who sees what: every role against every operation."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from api.rest.fields import as_registered
from ledger.core.errors import NotAllowed, Refused, Unknown
from ledger.services.tokens import caller_of, create_token, list_tokens, revoke
from tests.api.city import FIRST, TODAY, TOKENS, City, visit
from tests.people import CHEN, YU_CERTNO, ZHAO

NOBODYS_NUMBER = "42030000099999"
KEY = {"Idempotency-Key": "k"}

OPERATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "balance": ("GET", f"/people/{CHEN.psn_no}/balance", {}),
    "statement": ("GET", f"/people/{CHEN.psn_no}/statement", {}),
    "year": ("GET", f"/people/{CHEN.psn_no}/year", {}),
    "quote": ("POST", "/quotes", {"json": visit()}),
    "explain": ("GET", "/settlements/{chen_visit}", {}),
    "settle": ("POST", "/settlements", {"json": visit(), "headers": KEY}),
    "reverse": ("POST", "/settlements/{chen_visit}/reversal", {"headers": KEY}),
}
"""What is asked of Chen's, of the first hospital and of unit E001."""

ANSWERS: dict[str, dict[str, int]] = {
    # who              balance  statement  year  quote  explain  settle  reverse
    "chen": dict(zip(OPERATIONS, (200, 200, 200, 200, 200, 403, 403), strict=True)),
    "zhao": dict(zip(OPERATIONS, (404, 404, 404, 404, 404, 403, 403), strict=True)),
    "yu": dict(zip(OPERATIONS, (404, 404, 404, 404, 404, 403, 403), strict=True)),
    "unit-a": dict(zip(OPERATIONS, (403, 403, 403, 403, 403, 403, 403), strict=True)),
    "unit-b": dict(zip(OPERATIONS, (403, 403, 403, 403, 403, 403, 403), strict=True)),
    "finance": dict(zip(OPERATIONS, (403, 403, 403, 403, 403, 403, 403), strict=True)),
    "second": dict(zip(OPERATIONS, (403, 403, 403, 403, 404, 403, 404), strict=True)),
    "first": dict(zip(OPERATIONS, (403, 403, 403, 200, 200, 200, 200), strict=True)),
    "agency": dict(zip(OPERATIONS, (200, 200, 200, 200, 200, 200, 200), strict=True)),
}
CASES = [(who, operation) for who, row in ANSWERS.items() for operation in row]


def call(city: City, operation: str, who: str | None) -> Any:
    method, path, more = OPERATIONS[operation]
    return city.ask(method, path.format(chen_visit=city.chen_visit), who, **more)


def test_the_matrix_knows_every_caller_but_the_second_window() -> None:
    assert set(ANSWERS) | {"other-agency"} == set(TOKENS)


CHANGING = [
    (who, operation)
    for who, operation in CASES
    if operation in ("settle", "reverse") and ANSWERS[who][operation] == 200
]


@pytest.mark.parametrize(("who", "operation"), [case for case in CASES if case not in CHANGING])
def test_each_role_sees_what_is_its_own(quiet_city: City, who: str, operation: str) -> None:
    answer = call(quiet_city, operation, who)
    assert answer.status_code == ANSWERS[who][operation], answer.text


@pytest.mark.parametrize(("who", "operation"), CHANGING)
def test_each_role_does_what_is_its_own(city: City, who: str, operation: str) -> None:
    answer = call(city, operation, who)
    assert answer.status_code == ANSWERS[who][operation], answer.text


@pytest.mark.parametrize("operation", OPERATIONS)
def test_without_a_token_there_is_no_data(quiet_city: City, operation: str) -> None:
    answer = call(quiet_city, operation, None)
    assert answer.status_code == 401
    assert answer.json()["code"] == "access/no-token"
    assert answer.headers["www-authenticate"] == 'Bearer realm="gongji"'


@pytest.mark.parametrize("scheme", ["Basic", "bearer-ish", ""])
def test_another_scheme_is_no_token(quiet_city: City, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {quiet_city.tokens['agency']}"}
    answer = quiet_city.ask("GET", f"/people/{CHEN.psn_no}/balance", headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize("what", ["balance", "statement", "year"])
def test_a_stranger_answers_like_nobody(quiet_city: City, what: str) -> None:
    for number in (CHEN.psn_no, CHEN.certno, YU_CERTNO):
        stranger = quiet_city.ask("GET", f"/people/{number}/{what}", "zhao")
        nobody = quiet_city.ask("GET", f"/people/{NOBODYS_NUMBER}/{what}", "zhao")
        assert stranger.status_code == nobody.status_code == 404
        assert stranger.text.replace(number, "") == nobody.text.replace(NOBODYS_NUMBER, "")


@pytest.mark.parametrize("who", ["zhao", "second"])
def test_a_strangers_settlement_answers_like_none(quiet_city: City, who: str) -> None:
    strange = quiet_city.ask("GET", f"/settlements/{quiet_city.chen_visit}", who)
    absent = quiet_city.ask("GET", "/settlements/123456789", who)
    assert strange.status_code == absent.status_code == 404
    assert strange.text.replace(quiet_city.chen_visit, "") == absent.text.replace("123456789", "")


def test_a_holder_does_not_see_the_visits_of_a_relative(quiet_city: City) -> None:
    assert quiet_city.ask("GET", f"/settlements/{quiet_city.yu_visit}", "chen").status_code == 404
    assert quiet_city.ask("GET", f"/settlements/{quiet_city.yu_visit}", "yu").status_code == 200


@pytest.mark.parametrize(
    ("who", "number"), [("chen", CHEN.certno), ("zhao", ZHAO.psn_no), ("yu", YU_CERTNO)]
)
def test_a_person_is_himself_by_either_number(quiet_city: City, who: str, number: str) -> None:
    assert quiet_city.ask("GET", f"/people/{number}/balance", who).status_code == 200


def test_a_small_x_is_the_same_identity_number() -> None:
    assert as_registered("42030219000101002x") == "42030219000101002X"
    assert as_registered("K-12x") == "K-12x"


def test_a_person_cannot_quote_with_a_second_number_of_somebody_else(quiet_city: City) -> None:
    body = visit(certno=ZHAO.certno)
    answer = quiet_city.ask("POST", "/quotes", "chen", json=body)
    assert answer.status_code == 404
    assert answer.json()["code"] == "person/unknown"


def test_a_provider_neither_settles_nor_quotes_for_another(quiet_city: City) -> None:
    for path in ("/quotes", "/settlements"):
        answer = quiet_city.ask("POST", path, "second", json=visit(), headers=KEY)
        assert answer.status_code == 403
        assert answer.json()["code"] == "access/other-provider"


def test_an_expired_and_a_revoked_token_open_nothing(city: City) -> None:
    context = city.world.context
    past = create_token(context, "agency", "", "past", 7, TODAY - timedelta(days=7))
    last_day = create_token(context, "agency", "", "last", 7, TODAY - timedelta(days=6))
    ended = create_token(context, "agency", "", "ended", 7, TODAY)
    revoke(context, ended["id"], TODAY)
    path = f"/people/{CHEN.psn_no}/balance"
    answers = [city.ask("GET", path, token["token"]) for token in (past, last_day, ended)]
    assert [answer.status_code for answer in answers] == [401, 200, 401]
    assert [answer.json().get("code") for answer in answers] == [
        "access/token-expired",
        None,
        "access/token-revoked",
    ]
    assert 'error="invalid_token"' in answers[0].headers["www-authenticate"]
    assert city.ask("GET", path, "gongji_guess").json()["code"] == "access/unknown-token"


def test_only_the_hash_of_a_token_is_kept(city: City) -> None:
    made = create_token(city.world.context, "agency", "", "", 1, TODAY)
    everything = repr(city.world.rows("SELECT * FROM api_token"))
    assert made["token"] not in everything
    assert hashlib.sha256(made["token"].encode()).hexdigest() in everything
    assert made["token"] not in repr(list_tokens(city.world.context, TODAY))


def test_a_person_without_a_person_number_gets_a_token_by_identity_number(city: City) -> None:
    token = city.token("person", YU_CERTNO, "")
    assert caller_of(city.world.context, token, TODAY).subject == YU_CERTNO


@pytest.mark.parametrize(
    ("role", "subject", "code"),
    [
        ("king", "", "token/unknown-role"),
        ("person", "", "token/no-subject"),
        ("person", NOBODYS_NUMBER, "person/unknown"),
        ("employer", "E999", "employer/unknown"),
        ("provider", "H999", "provider/unknown"),
        ("agency", "420302", "token/subject-not-used"),
    ],
)
def test_a_token_for_nobody_is_not_made(city: City, role: str, subject: str, code: str) -> None:
    before = city.world.count("api_token")
    with pytest.raises((Refused, Unknown)) as refusal:
        create_token(city.world.context, role, subject, "", 30, TODAY)
    assert refusal.value.code == code
    assert city.world.count("api_token") == before


@pytest.mark.parametrize("days", [0, -1, 100_000])
def test_a_token_works_for_a_number_of_days_that_makes_sense(city: City, days: int) -> None:
    with pytest.raises(Refused, match="有效天数"):
        create_token(city.world.context, "agency", "", "", days, TODAY)


def test_revoking_needs_one_token(city: City) -> None:
    context = city.world.context
    with pytest.raises(Refused, match="至少写出"):
        revoke(context, "ab", TODAY)
    with pytest.raises(Unknown, match="没有编号"):
        revoke(context, "0" * 12, TODAY)
    made = create_token(context, "agency", "", "", 1, TODAY)
    assert revoke(context, made["id"], TODAY)["status"] == "revoked"
    assert revoke(context, made["id"], TODAY)["status"] == "revoked"
    with pytest.raises(NotAllowed):
        caller_of(context, made["token"], TODAY)


def test_the_books_name_the_caller(city: City) -> None:
    city.settle("first", "k1", visit())
    actors = {row[0] for row in city.world.rows("SELECT actor FROM entry WHERE request_id = 'k1'")}
    assert actors == {f"token:provider:{FIRST}"}
