"""What was answered, against what is in the books, and what asking again brings."""

from __future__ import annotations

import json
from random import Random
from typing import Any, TypeVar

from ledger.services.visits.settle_visit import settle
from tests.plug.city import Books
from tests.plug.load import Request, client, send_again
from tests.plug.worker import context_of, visit_of

FEW = 12
_Asked = TypeVar("_Asked")


class Answers:
    """The answers of all rounds on one database."""

    def __init__(self, books: Books, token: str, rng: Random) -> None:
        self.token = token
        self._books, self._rng = books, rng
        self._visits: set[str] = set()

    def check(self, asked: list[Request], worker: dict[str, Any], address: str) -> None:
        """Every answered request is there once, every other one once or not at all; asked again
        under its id, the first has its answer again and the second gets one.

        Args:
            asked: by the desks. worker: request id -> answer or None.
        """
        assert any(request.answer for request in asked)
        self._check_visits({r.visit_id: r.answer is not None for r in asked})
        self._check_visits({key: answer is not None for key, answer in worker.items()})
        with client(address, self.token) as line:
            for request in self._again([(r, r.answer) for r in asked]):
                response = send_again(line, request)
                assert response.status_code == 200, response.text
                assert request.answer in (None, response.json()), request
        context = context_of(self._books.address)
        for key in self._again(list(worker.items())):
            again = json.loads(json.dumps(settle(context, visit_of(key), key)))
            assert worker[key] in (None, again), key
        context.engine.dispose()
        self._check_visits(dict.fromkeys([*(r.visit_id for r in asked), *worker], True))

    def _again(self, asked: list[tuple[_Asked, Any]]) -> list[_Asked]:
        """Those to ask again: all without an answer, and a few that have one."""
        answered = [each for each, answer in asked if answer is not None]
        open_ones = [each for each, answer in asked if answer is None]
        return open_ones + self._rng.sample(answered, min(FEW, len(answered)))

    def _check_visits(self, visits: dict[str, bool]) -> None:
        """`visits`: id -> must it be there."""
        there = self.settled()
        for visit_id, must in visits.items():
            assert there.get(visit_id, 0) in ((1,) if must else (0, 1)), visit_id
        self._visits.update(visit_id for visit_id, must in visits.items() if must)

    def check_all(self) -> None:
        """What was answered in any round is still there, once."""
        there = self.settled()
        assert {visit_id: there.get(visit_id) for visit_id in self._visits} == dict.fromkeys(
            self._visits, 1
        )

    def settled(self, prefix: str = "") -> dict[str, int]:
        """Visit -> how many settlements it has, of the visits whose ids begin so."""
        rows: list[tuple[Any, ...]] = self._books.rows(
            "SELECT visit_id, count(*) FROM settlement WHERE visit_id LIKE ? GROUP BY visit_id",
            f"{prefix}%",
        )
        return {visit_id: int(times) for visit_id, times in rows}

    def credited(self) -> dict[int, int]:
        """Person -> fen that credits have brought."""
        rows = self._books.rows(
            "SELECT person_id, sum(amount_fen) FROM transfer WHERE kind = 'credit_employee' "
            "GROUP BY person_id"
        )
        return {person: int(fen) for person, fen in rows}
