"""Steps of the cases about interest, statements, and what was known when:

- interest: YYYY or YYYY-MM      what a run posts, in yuan
- statement: {person, from, to}  opening and closing by bucket, lines as [day, type, amount]
- moment: NAME                   keep the instant, to ask later what was known then
- asked: {person, on, at}        the balance as of a day, as known at a kept moment
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ledger.core.money import yuan_text
from ledger.core.months import Month, day_after
from ledger.services.accounts.interest import post_interest
from ledger.services.books.read import balance, statement
from tests.world import CLOCK, World


class InterestSteps:
    """The runner has the world and the people's numbers."""

    world: World

    def _number(self, nickname: str) -> str:
        raise LookupError(nickname)

    def do_interest(self, period: str) -> dict[str, Any]:
        month = Month.parse(period if "-" in period else f"{period}-12")
        answer = post_interest(self.world.context, month.last_day)
        names = {"paid": "interest_fen", "taken_back": "taken_back_fen"}
        names |= {"not_covered": "not_covered_fen"}
        return {word: yuan_text(answer[field]) for word, field in names.items()}

    def do_statement(self, words: dict[str, Any]) -> dict[str, Any]:
        first = date.fromisoformat(words["from"]) if "from" in words else None
        until = day_after(date.fromisoformat(words["to"])) if "to" in words else None
        number = self._number(words.get("person", "patient"))
        found = statement(self.world.context, number, first, until, self._known(words))
        return found | {
            "lines": [
                [line["happened_on"], line["national"], line["amount"]] for line in found["lines"]
            ],
            "late": [line["happened_on"] for line in found["lines"] if line["booked_on"]],
        }

    def do_moment(self, name: str) -> dict[str, Any]:
        self._moments()[name] = CLOCK()
        return {}

    def do_asked(self, words: dict[str, Any]) -> dict[str, Any]:
        day = date.fromisoformat(words["on"]) if "on" in words else None
        number = self._number(words.get("person", "patient"))
        return balance(
            self.world.context, number, day or date(2023, 6, 30), day, self._known(words)
        )

    def _known(self, words: dict[str, Any]) -> datetime | None:
        return self._moments()[words["at"]] if "at" in words else None

    def _moments(self) -> dict[str, datetime]:
        moments: dict[str, datetime] = self.__dict__.setdefault("moments", {})
        return moments
