"""What a window asks: balance, statement, the year's position, the family's links."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ledger.core.errors import Unknown
from ledger.core.money import fen_from_yuan
from ledger.services.books.read import balance, family_links, statement
from tests.people import CHEN, LIN, WANG, YU_CERTNO, YU_NAME, ZHAO
from tests.world import World

MARCH = date(2023, 3, 1)


def test_a_balance_is_shown_with_its_years_and_the_position_of_the_year(world: World) -> None:
    found = balance(world.context, str(CHEN.psn_no), MARCH)
    assert found["balc"] == found["available"] == "2219.01"
    assert found["held"] == found["owed"] == "0.00"
    years = sum(fen_from_yuan(left) for left in found["by_year"].values())
    assert years == world.balance(str(CHEN.psn_no))
    assert (found["deductible_used"], found["deductible_left"]) == ("500.00", "0.00")
    assert (found["pool_paid"], found["cap_left"]) == ("260.00", "2740.00")
    assert (found["psn_type"], found["plan"], found["year"]) == ("1201", "combined", 2023)
    assert found == balance(world.context, CHEN.certno, MARCH)


def test_a_new_year_shows_the_whole_deductible_and_limit(world: World) -> None:
    found = balance(world.context, str(CHEN.psn_no), date(2024, 1, 1))
    assert (found["deductible_left"], found["cap_left"]) == ("500.00", "3000.00")


def test_a_day_before_the_rules_has_no_position(world: World) -> None:
    found = balance(world.context, str(CHEN.psn_no), date(2021, 1, 1))
    assert (found["deductible_left"], found["cap_left"], found["psn_type"]) == (None, None, None)


def test_people_without_an_account_have_a_balance_of_nothing(world: World) -> None:
    for number in (str(WANG.psn_no), YU_CERTNO):
        found = balance(world.context, number, MARCH)
        assert (found["balc"], found["account_status"], found["by_year"]) == ("0.00", "none", {})


def test_a_debt_is_shown_until_it_is_recovered(world: World) -> None:
    assert balance(world.context, str(ZHAO.psn_no), MARCH)["owed"] == "104.17"


@pytest.mark.parametrize("person", [CHEN, LIN, ZHAO])
def test_a_statement_runs_from_nothing_to_the_balance(world: World, person: object) -> None:
    number = str(getattr(person, "psn_no", ""))
    found = statement(world.context, number)
    assert found["opening"] == "0.00"
    running = 0
    for line in found["lines"]:
        running += fen_from_yuan(line["amount"])
        assert fen_from_yuan(line["balance"]) == running
    assert fen_from_yuan(found["closing"]) == running == world.balance(number)
    days = [line["happened_on"] for line in found["lines"]]
    assert days == sorted(days)


def test_a_statement_of_a_span_begins_with_what_was_there_before(world: World) -> None:
    number, cut = str(CHEN.psn_no), date(2023, 2, 1)
    before = statement(world.context, number, until=cut)
    after = statement(world.context, number, start=cut)
    whole = statement(world.context, number)
    assert after["opening"] == before["closing"]
    assert after["closing"] == whole["closing"]
    assert before["lines"] + after["lines"] == whole["lines"]
    assert statement(world.context, number, cut, cut)["lines"] == []


def test_the_retirees_flat_amount_shows_that_it_rests_on_an_assumed_value(world: World) -> None:
    lines = statement(world.context, str(LIN.psn_no))["lines"]
    marked = {line["kind"] for line in lines if line["assumed"]}
    assert marked == {"credit_retiree"}


def test_links_are_shown_to_holder_and_user_alike(world: World) -> None:
    of_chen = family_links(world.context, str(CHEN.psn_no))
    assert [link["user"] for link in of_chen] == [
        f"{LIN.name} {LIN.certno}",
        f"{YU_NAME} {YU_CERTNO}",
    ]
    of_lin = family_links(world.context, LIN.certno)
    assert of_lin == [of_chen[0]]
    assert (of_lin[0]["quota"], of_lin[0]["used"], of_lin[0]["last_day"]) == (
        "200.00",
        "200.00",
        None,
    )


def test_nobody_is_nobody(world: World) -> None:
    for ask in (lambda: balance(world.context, "42030000000000000", MARCH),
                lambda: statement(world.context, "nobody"),
                lambda: family_links(world.context, "nobody")):  # fmt: skip
        with pytest.raises(Unknown) as refused:
            ask()
        assert refused.value.code == "person/unknown"


def test_what_is_known_in_a_far_future_is_what_is_known_now(world: World) -> None:
    number = str(CHEN.psn_no)
    far = datetime(9000, 1, 1, tzinfo=UTC)
    now = balance(world.context, number, MARCH)
    assert balance(world.context, number, MARCH, known_at=far)["balc"] == now["balc"]
