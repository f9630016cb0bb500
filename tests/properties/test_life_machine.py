"""Random lives of a family over three years, through every verb.

After each step the nine invariants hold (`verify`), and a refusal has changed nothing. A visit
given back at once is as if never; whoever is resettled stands as the pure fold in the order of
the visits, in whatever order they arrived; statements chain; what was answered once is answered
again as known then. The rules stand in `tests/properties/life/`, one module per noun.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.life.again import Again
from tests.properties.life.family import Family
from tests.properties.life.fund import Fund
from tests.properties.life.moves import Moves
from tests.properties.life.questions import Questions
from tests.properties.life.roster import Roster
from tests.properties.life.states import States


class Life(Roster, Again, Family, States, Moves, Fund, Questions):
    """Everything that may happen to a family."""


SHORT = settings(
    max_examples=8,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
LONG = settings(SHORT, max_examples=400, stateful_step_count=80)


def test_any_life_keeps_the_books_right() -> None:
    run_state_machine_as_test(Life, settings=SHORT)


@pytest.mark.slow
def test_many_long_lives_keep_the_books_right() -> None:
    run_state_machine_as_test(Life, settings=LONG)
