"""Rounds of a pulled plug: everything is at work, something is killed at a random moment, it is
started again, and the books are compared with what was answered."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event

from api.files import import_path
from api.wiring import local_now
from ledger.core.people import ContributionKind
from ledger.services.importing import ImportOptions
from ledger.services.tokens import create_token
from tests.plug.answers import Answers
from tests.plug.city import DAY, PEOPLE, Books, run, write_visits
from tests.plug.load import Desks
from tests.plug.processes import Command, Service, Worker
from tests.plug.worker import AGAIN

DESKS, VISITS = 3, 40
"""Threads that ask the service; visits that the worker settles in a round."""
FILE_ROWS = 3_000
CREDITED_FEN = 1_200
"""What the contribution of a round, 600.00 more of the base, adds to each account: 2 %."""

LONGEST = 0.8
"""Seconds under load before the plug is pulled, at most."""
AT_WORK = {"import": (0.68, 0.88), "credit": (0.79, 0.87)}
"""Between which shares of its processor time a command is killed. What comes before is Python and
the reading of its file, what comes after is Python taking leave."""

COMMANDS = tuple(AT_WORK)
PROCESSES = ("service", "worker", "everybody")


@dataclass
class Campaign:
    """Rounds on one database. `outages`: ways to bring its server down; `recover` starts it."""

    books: Books
    folder: Path
    rng: Random
    outages: dict[str, Callable[[], None]] = field(default_factory=dict)
    recover: Callable[[], None] | None = None
    number: int = 0

    def __post_init__(self) -> None:
        today = local_now().date()
        made = create_token(self.books.context, "agency", "", "window", 90, today)
        self.answers = Answers(self.books, made["token"], self.rng)
        self.errors = self.folder / "errors.txt"
        self.service: Service | None = None
        self.worker: Worker | None = None
        self.seconds = {
            "credit": self._seconds_of("credit", "2023-01"),
            "import": self._seconds_of("import", "visits", str(self._file("first"))),
        }

    @property
    def victims(self) -> list[str]:
        """What may be killed in a round."""
        return [*COMMANDS, *PROCESSES, *self.outages]

    def round(self, victim: str) -> None:
        """Pull one plug under load, put it back, prove the books."""
        self.number += 1
        service, worker = self._everything_up()
        kind = victim if victim in COMMANDS else self.rng.choice(COMMANDS)
        credited = self.answers.credited()
        command = self._start(kind)
        command.wait_for(self.seconds[kind] * (AT_WORK[kind][0] - 0.02))
        command.pause()
        desks = Desks(service.address, self.answers.token, f"r{self.number}")
        desks.open(DESKS, self.rng.randrange(1 << 30))
        worker.work(f"w{self.number}", VISITS)
        # A command that stands still with its locks held lets nobody be answered: it goes on soon.
        desks.first_answer.wait(5)
        command.resume()
        assert desks.first_answer.wait(120), f"no desk was answered: {desks.faults}"
        self._pull(victim, command)
        if self.recover is not None:
            self.recover()
            self.books.close()  # Its connections died with the server.
        code, said = command.end()
        desks.close()
        worker.rest()
        refused = code == 1 and any(again in said for again in AGAIN)
        assert code in (0, -9) or refused, said + self.errors.read_text("utf-8")
        answered = sum(request.answer is not None for request in desks.asked)
        print(f"  {kind} ended with {code}; {answered} of {len(desks.asked)} requests answered")
        service, _ = self._everything_up()
        self.answers.check(desks.asked, worker.said, service.address)
        if kind == "import":
            self._check_import(done=code == 0)
        else:
            self._check_credit(credited, done=code == 0)
        self.books.prove()

    def _everything_up(self) -> tuple[Service, Worker]:
        """Whoever is dead is started again."""
        database = self.books.address
        if self.service is None or self.service.is_dead():
            self.service = Service(("--db", database), self.errors)
        if self.worker is None or self.worker.is_dead():
            self.worker = Worker(database, self.errors)
        return self.service, self.worker

    def _pull(self, victim: str, command: Command) -> None:
        if victim in COMMANDS:
            whole = self.seconds[victim]
            command.kill_after(whole * self.rng.uniform(*AT_WORK[victim]))
            return
        Event().wait(self.rng.uniform(0, LONGEST))
        if victim in self.outages:
            self.outages[victim]()
        assert self.service is not None
        assert self.worker is not None
        if victim in ("service", "everybody"):
            self.service.kill()
        if victim in ("worker", "everybody"):
            self.worker.kill()
        if victim == "everybody":
            command.kill()

    # --- the commands ---

    def _start(self, kind: str) -> Command:
        if kind == "import":
            words = ("import", "visits", str(self._file(f"f{self.number}")))
        else:
            self.books.contribute(
                *(
                    self.books.contribution(
                        str(person.psn_no), "2023-01", 60_000, ContributionKind.BASE_DIFFERENCE
                    )
                    for person in PEOPLE
                )
            )
            words = ("credit", "2023-01")
        return Command(self.books.address, *words, errors=self.errors)

    def _file(self, name: str) -> Path:
        path = self.folder / f"{name}.csv"
        visits = [
            self.books.visit(f"{name}-{row}", str(PEOPLE[row % len(PEOPLE)].psn_no), DAY, 700)
            for row in range(FILE_ROWS)
        ]
        write_visits(path, visits)
        return path

    def _seconds_of(self, *words: str) -> float:
        """Processor time of a whole command that nobody kills."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = run(*words, "--json", "--db", self.books.address)
        assert done.returncode == 0, done.stdout + done.stderr
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def _check_import(self, done: bool) -> None:
        """The file is in the books whole or not at all; asked again it is whole."""
        name = f"f{self.number}"
        there = self.answers.settled(name + "-")
        print(f"  {len(there)} of {FILE_ROWS} visits imported")
        assert len(there) in ((FILE_ROWS,) if done else (0, FILE_ROWS))
        again = import_path(
            self.books.context, "visits", self.folder / f"{name}.csv", ImportOptions()
        )
        assert (again.accepted, again.unchanged) == (FILE_ROWS, len(there))
        assert set(self.answers.settled(name + "-").values()) == {1}

    def _check_credit(self, before: dict[int, int], done: bool) -> None:
        """Everybody has this round's credit, or nobody; asked again everybody has it once."""
        there = self.answers.credited()
        added = {there[person] - fen for person, fen in before.items()}
        assert added in ({CREDITED_FEN},) if done else ({0}, {CREDITED_FEN}), added
        self.books.credit("2023-01")
        due = {person: fen + CREDITED_FEN for person, fen in before.items()}
        assert self.answers.credited() == due

    def finish(self) -> None:
        """What was answered in any round is there to the last."""
        self.answers.check_all()
        self.books.prove()

    def close(self) -> None:
        for process in (self.service, self.worker):
            if process is not None:
                process.close()
        self.books.close()
