"""Quote, settle, reverse, explain through the front door; one key, one effect."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.city import FIRST, SECOND, City, visit
from tests.people import CHEN, YU_CERTNO, ZHAO
from tests.world import code_of

MOVED = ("entry", "transfer", "settlement", "visit", "request", "accumulator", "policy_version")


def counted(city: City) -> dict[str, int]:
    return {table: city.world.count(table) for table in MOVED}


def test_a_quote_says_what_settling_gives_and_changes_nothing(city: City) -> None:
    before = counted(city)
    quote = city.ask("POST", "/quotes", "first", json=visit())
    assert quote.status_code == 200
    assert counted(city) == before
    settled = city.settle("first", "k", visit()).json()
    told = quote.json()
    assert told == {key: settled[key] for key in told}
    assert "setl_id" not in told


def test_a_quote_needs_no_visit_id(quiet_city: City) -> None:
    body = visit()
    del body["mdtrt_id"]
    for who in ("first", "chen"):
        quote = quiet_city.ask("POST", "/quotes", who, json=body)
        assert quote.status_code == 200
        assert quote.json()["mdtrt_id"] is None


def test_a_person_does_not_learn_which_visit_ids_there_are(quiet_city: City) -> None:
    for visit_id in ("V-ZHAO", "V-OF-NOBODY"):
        quote = quiet_city.ask("POST", "/quotes", "chen", json=visit(visit_id))
        assert (quote.status_code, quote.json()["mdtrt_id"]) == (200, None)
    assert quiet_city.ask("POST", "/quotes", "agency", json=visit("V-ZHAO")).status_code == 409


def test_a_settlement_is_explained_step_by_step(city: City) -> None:
    settled = city.settle("first", "k", visit()).json()
    assert settled["medfee_sumamt"] == "812.50"
    assert settled["steps"]
    assert all(step["article"] for step in settled["steps"])
    explained = city.ask("GET", f"/settlements/{settled['setl_id']}", "chen").json()
    assert explained == settled


def test_the_parts_of_a_settlement_add_up(city: City) -> None:
    settled = city.settle("first", "k", visit()).json()
    parts = [settled[key] for key in ("hifp_pay", "acct_pay", "psn_cash_pay")]
    assert sum(map(fen, parts)) == fen(settled["medfee_sumamt"])
    assert fen(settled["fund_pay_sumamt"]) + fen(settled["psn_part_amt"]) == 81_250


def fen(text: str) -> int:
    assert re.fullmatch(r"-?\d+\.\d\d", text), text
    return int(text.replace(".", ""))


def money_in(answer: Any) -> list[Any]:
    """Every value of an answer whose key says that it is money."""
    names = ("amt", "pay", "balc", "amount", "balance", "owed", "held", "opening", "closing")
    found = []
    for key, value in answer.items() if isinstance(answer, dict) else []:
        found += money_in(value)
        is_money = any(name in key for name in names) and "prop" not in key
        if is_money and not isinstance(value, dict | list):
            found.append(value)
    for value in answer if isinstance(answer, list) else []:
        found += money_in(value)
    return found


def test_money_is_text_of_yuan_with_two_decimals(city: City) -> None:
    city.settle("first", "k", visit())
    answers = [
        city.ask("GET", f"/people/{CHEN.psn_no}/{what}", "chen").json()
        for what in ("balance", "statement", "year")
    ]
    answers.append(city.ask("GET", f"/settlements/{city.chen_visit}", "chen").json())
    money = [value for answer in answers for value in money_in(answer) if value is not None]
    assert len(money) > 25
    assert [value for value in money if not re.fullmatch(r"-?\d+\.\d\d", str(value))] == []
    assert all(isinstance(value, str) for value in money)


def test_the_statement_follows_the_visit(city: City) -> None:
    before = city.ask("GET", f"/people/{CHEN.psn_no}/balance", "chen").json()
    settled = city.settle("first", "k", visit()).json()
    after = city.ask("GET", f"/people/{CHEN.psn_no}/balance", "chen").json()
    assert fen(before["balc"]) - fen(after["balc"]) == fen(settled["acct_pay"]) > 0
    params = {"from": "2023-02-01", "to": "2023-02-28"}
    statement = city.ask("GET", f"/people/{CHEN.psn_no}/statement", "chen", params=params).json()
    assert statement["closing"] == after["balc"]
    assert [line["amount"] for line in statement["lines"]] == [f"-{settled['acct_pay']}"]


def test_the_last_day_of_a_statement_is_in_it(quiet_city: City) -> None:
    def lines(last: str) -> int:
        path = f"/people/{CHEN.psn_no}/statement"
        answer = quiet_city.ask("GET", path, "chen", params={"from": "2023-01-30", "to": last})
        return len(answer.json()["lines"])

    assert lines("2023-01-30") > 0


def test_a_balance_is_asked_as_of_a_day_and_as_known_at_an_instant(city: City) -> None:
    path = f"/people/{CHEN.psn_no}/balance"
    before = city.ask("GET", path, "chen").json()
    known = {"known_at": "2023-02-15T10:29:59"}
    city.settle("first", "k", visit())
    after = city.ask("GET", path, "chen").json()
    assert fen(after["balc"]) < fen(before["balc"])
    assert city.ask("GET", path, "chen", params={"on": "2023-01-31"}).json()["on"] == "2023-01-31"
    nothing = city.ask("GET", path, "chen", params=known).json()
    assert nothing["known_at"].startswith("2023-02-15T10:29:59")
    assert fen(nothing["this_year"]) + fen(nothing["carried"]) == fen(nothing["balc"])
    lines = city.ask("GET", f"/people/{CHEN.psn_no}/statement", "chen", params=known).json()
    assert lines["closing"] == nothing["balc"]


def test_the_year_is_that_of_the_day_asked_for(quiet_city: City) -> None:
    path = f"/people/{CHEN.psn_no}/year"
    this = quiet_city.ask("GET", path, "chen").json()
    last = quiet_city.ask("GET", path, "chen", params={"on": "2022-06-30"}).json()
    assert (this["year"], last["year"]) == (2023, 2022)
    assert fen(this["deductible_used"]) > 0
    assert last["deductible_used"] == "0.00"


# --- one key, one effect ---


def test_the_same_key_and_visit_give_the_first_answer(city: City) -> None:
    first = city.settle("first", "k", visit())
    counts = counted(city)
    again = city.settle("first", "k", visit())
    assert again.status_code == 200
    assert again.json() == first.json()
    assert counted(city) == counts


def test_the_same_key_with_another_visit_is_a_conflict(city: City) -> None:
    city.settle("first", "k", visit())
    counts = counted(city)
    other = city.settle("first", "k", visit("V-OTHER"))
    assert (other.status_code, other.json()["code"]) == (409, "conflict/request-reused")
    assert counted(city) == counts


def test_two_callers_may_choose_the_same_key(city: City) -> None:
    body = visit("V-SECOND", fixmedins_code=SECOND)
    assert city.settle("first", "k", visit()).status_code == 200
    assert city.settle("second", "k", body).status_code == 200


def test_a_renewed_token_keeps_the_keys_of_its_caller(city: City) -> None:
    first = city.settle("first", "k", visit()).json()
    city.tokens["renewed"] = city.token("provider", FIRST, "")
    assert city.settle("renewed", "k", visit()).json() == first


def test_another_key_for_a_visit_that_is_settled_gives_its_settlement(city: City) -> None:
    first = city.settle("first", "k1", visit()).json()
    assert city.settle("first", "k2", visit()).json()["setl_id"] == first["setl_id"]


def test_a_refused_visit_does_not_burn_its_key(city: City) -> None:
    refused = city.settle("first", "k", visit(med_type="51"))
    assert (refused.status_code, refused.json()["code"]) == (422, "visit/elsewhere")
    assert refused.json()["article"]
    assert city.settle("first", "k", visit()).status_code == 200


def test_five_at_once_with_one_key_make_one_settlement(city: City) -> None:
    before = city.world.count("settlement")
    with ThreadPoolExecutor(5) as threads:
        answers = list(threads.map(lambda _: city.settle("first", "k", visit()), range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert len({answer.text for answer in answers}) == 1
    assert city.world.count("settlement") == before + 1
    city.world.prove()


# --- refunds and stays ---


def test_a_reversal_gives_everything_back(city: City) -> None:
    path = f"/people/{CHEN.psn_no}/balance"
    before = city.ask("GET", path, "chen").json()
    settled = city.settle("first", "k", visit()).json()
    refund = city.reverse("first", "r", settled["setl_id"])
    assert refund.status_code == 200
    assert refund.json()["medfee_sumamt"] == "-812.50"
    assert refund.json()["init_setl_id"] == settled["setl_id"]
    assert refund.json()["mdtrt_id"] == "V-NEW-R"
    assert city.ask("GET", path, "chen").json() == before
    explained = city.ask("GET", f"/settlements/{settled['setl_id']}", "chen").json()
    assert explained["reversed_by"] == refund.json()["setl_id"]
    city.world.prove()


@pytest.mark.parametrize("body", [{}, {"setl_time": "2024-02-16 08:00:00"}, {"mdtrt_id": "R-7"}])
def test_a_reversal_asked_again_is_the_same_and_a_second_one_a_conflict(
    city: City, body: dict[str, str]
) -> None:
    """However alike the two are: a key is one request, another key another one."""
    first = city.reverse("first", "r", city.chen_visit, json=body)
    assert first.status_code == 200
    assert city.reverse("first", "r", city.chen_visit, json=body).json() == first.json()
    for who, key in (("first", "r2"), ("agency", "r")):
        again = city.reverse(who, key, city.chen_visit, json=body)
        assert (again.status_code, again.json()["code"]) == (409, "refund/done-before")
        assert again.json()["reversed_by"] == first.json()["setl_id"]
    city.world.prove()


def test_a_reversal_may_have_an_id_and_a_time_of_its_own(city: City) -> None:
    body = {"mdtrt_id": "R-77", "setl_time": "2023-02-16 08:00:00"}
    refund = city.reverse("first", "r", city.chen_visit, json=body).json()
    assert (refund["mdtrt_id"], refund["setl_time"]) == ("R-77", "2023-02-16 08:00:00")


@pytest.mark.parametrize("setl_id", ["7", "abc", "9" * 30, "-1"])
def test_a_settlement_that_is_none_is_unknown(quiet_city: City, setl_id: str) -> None:
    for answer in (
        quiet_city.ask("GET", f"/settlements/{setl_id}", "agency"),
        quiet_city.reverse("agency", "r", setl_id),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "settlement/unknown")


def test_a_stay_is_recorded_and_not_settled(city: City) -> None:
    stay = visit("V-STAY", med_type="21", begndate="2023-02-01", enddate="2023-02-10")
    answer = city.settle("first", "k", stay)
    assert answer.json() == {"mdtrt_id": "V-STAY", "setl_id": None, "stay": True}
    inside = city.settle("first", "k2", visit("V-IN", setl_time="2023-02-05T09:00"))
    assert inside.json()["reason"] == "in_hospital"


def test_a_child_pays_from_a_relatives_account(city: City) -> None:
    body = visit("V-YU-2", certno=YU_CERTNO, acct_used_flag="2")
    del body["psn_no"]
    settled = city.settle("first", "k", body).json()
    assert settled["psn_no"] is None
    assert settled["acct_pay"] == settled["acct_mulaid_pay"]
    assert fen(settled["acct_pay"]) > 0


def test_a_refusal_names_its_code(city: City) -> None:
    refusals = [
        (visit(psn_no="nobody"), 404, "person/unknown"),
        (visit(fixmedins_code="nowhere"), 404, "provider/unknown"),
        (visit(certno=ZHAO.certno), 422, "person/numbers-disagree"),
        (visit(fixmedins_code=code_of("ungraded")), 422, "provider/no-tier"),
        (visit(setl_time="2019-05-01 09:00:00"), 422, "provider/not-in-agreement"),
        (visit(setl_time="2021-05-01 09:00:00"), 422, "policy/not-in-force"),
        (visit("V-CHEN"), 409, "visit/duplicate-id"),
    ]
    for body, status, code in refusals:
        for path in ("/quotes", "/settlements"):
            answer = city.ask(
                "POST", path, "agency", json=body, headers={"Idempotency-Key": f"k-{code}"}
            )
            assert (answer.status_code, answer.json()["code"]) == (status, code), path
