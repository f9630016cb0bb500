"""The months of the synthetic city, on its files: import, credit, settle, reconcile, pay,
verify, close. The same verbs as the command line's, in the order of an agency's month.

    1. the roster's changes and the contributions arrive; the treasury hands over
    2. the month is credited, and every earlier month up to what is due
    3. the visits are settled
    4. the month is reconciled within itself, and its workbooks are written
    5. on the first days of the next month providers are paid and the month is closed, which
       proves the books again; at the end every invariant is verified once more
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from api.demo.checks import EVEN, CheckRow, read_checks
from api.demo.folder import OUTPUTS, DemoFolder
from api.demo.generate import INPUT_NAMES, SEED, InputFile, Truth, write_inputs
from api.demo.outputs import write_at_the_end, write_month
from api.demo.world import MARCH, MONTHS
from ledger.core.money import Fen, fen_from_yuan
from ledger.core.months import Month

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.core.batches import ImportResult
    from ledger.services.context import Context

REJECTED = "被拒行"
"""Names of workbooks with rejected rows begin so."""
TREASURY_DAY, DISBURSEMENT_DAY, PAY_DAY = 28, 6, 8
_ROUND_UP_FEN = 1_000_000
"""The agency applies for whole ten thousands of yuan."""

Say = Callable[[str], None]
OpenContext = Callable[[str], "Context"]
"""Database URL -> context; the database need not be there yet."""


@dataclass(frozen=True, slots=True)
class FileDone:
    """One file taken in."""

    name: str
    kind: str
    month: str
    rows: int
    accepted: int
    unchanged: int
    rejected: int
    rejected_rows: str | None
    """The workbook that hands the rejected rows back, relative to the folder."""


@dataclass(frozen=True, slots=True)
class MonthDone:
    """One month's figures, fen."""

    month: str
    people: int
    credited_fen: int
    clawed_back_fen: int
    owed_fen: int
    differences: int
    settlements: int
    refunds: int
    cost_fen: int
    pool_fen: int
    account_fen: int
    family_fen: int
    """A part of `account_fen`, never added to it."""
    paid_fen: int
    checks: int
    uneven: list[str]
    """The checks of the month's reconciliation that did not come out even (不平)."""
    closed: bool

    @property
    def cash_fen(self) -> int:
        """What was left to the patients."""
        return self.cost_fen - self.pool_fen - self.account_fen


@dataclass(slots=True)
class DemoDone:
    """What a run did, for the table at its end."""

    directory: Path
    truth: Truth
    files: list[FileDone] = field(default_factory=list)
    months: list[MonthDone] = field(default_factory=list)
    outputs: list[Path] = field(default_factory=list)
    verified: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Everything came out as the generator knows it must."""
        expected = {file.name: (file.rows, file.accepted) for file in self.truth.files}
        taken = {file.name: (file.rows, file.accepted) for file in self.files}
        months = all(month.closed and not month.uneven for month in self.months)
        return bool(self.verified.get("ok")) and months and expected == taken


def run_demo(directory: Path, open_context: OpenContext, say: Say, seed: int = SEED) -> DemoDone:
    """Make the city's files in `directory/in`, and run its three months.

    Args:
        directory: made if missing; what an earlier run made there is replaced.
        say: told what is being done, in the user's words.

    Raises:
        Refused: `demo/foreign-files`, or what a verb refuses.
    """
    return _Run(directory, open_context, say, seed).run()


class _Run:
    def __init__(self, directory: Path, open_context: OpenContext, say: Say, seed: int) -> None:
        self._say = say
        self._seconds: dict[str, float] = {}
        self._folder = DemoFolder(directory, INPUT_NAMES)
        say("生成十堰示例文件")
        with self._timed("generate"):
            truth = write_inputs(self._folder.inputs, seed)
        self._context = open_context(f"sqlite:///{self._folder.database}")
        self._done = DemoDone(directory, truth, seconds=self._seconds)

    def run(self) -> DemoDone:
        from ledger.services.initialise import initialise

        initialise(self._context)
        for month in MONTHS:
            self._run_month(month)
        self._verify()
        self._write_the_rest()
        return self._done

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        begun = monotonic()
        yield
        self._seconds[what] = self._seconds.get(what, 0) + monotonic() - begun

    def _run_month(self, month: Month) -> None:
        files = self._done.truth.arriving(month)
        for file in files:
            if file.kind != "visits":
                self._take_in(file)
        self._hand_over(month)
        credited = self._credit(month)
        if month == MARCH:
            self._revoke_a_link()
        for file in files:
            if file.kind == "visits":
                self._take_in(file)
        checks = self._reconcile(month)
        paid_fen = self._pay(month)
        closed = self._close(month)
        self._done.months.append(_month_done(month, credited, checks, paid_fen, closed))

    def _take_in(self, file: InputFile) -> None:
        from api.files import import_path, write_errors
        from ledger.services.importing import ImportOptions

        self._say(f"导入 {file.name}")
        path = self._folder.inputs / file.name
        with self._timed(f"import {file.kind}"):
            result = import_path(self._context, file.kind, path, ImportOptions())
        rejected = None
        if result.errors:
            rejected = self._folder.output(f"{REJECTED}-{path.stem}.xlsx")
            write_errors(file.kind, path, result.errors, rejected)
            self._done.outputs.append(rejected)
        self._done.files.append(_file_done(file, result, rejected))

    def _hand_over(self, month: Month) -> None:
        """The treasury hands the month's premiums over to the fiscal account (S3b 三.1)."""
        from ledger.books.chart import TREASURY

        day = month.first_day.replace(day=TREASURY_DAY)
        self._move("fiscal", self._balance_of(TREASURY), day, f"{month} 保费缴入财政专户")

    def _balance_of(self, account: str) -> int:
        from ledger.storage.books.funds import cash_balance

        with self._context.reading() as connection:
            return cash_balance(connection, account)

    def _move(self, to: str, amount_fen: int, day: date, memo: str) -> None:
        from ledger.services.books.move_funds import move_funds

        if amount_fen > 0:
            request = f"demo-{to}-{day}"
            move_funds(self._context, to, Fen(amount_fen), day, request, memo)

    def _credit(self, month: Month) -> dict[str, Any]:
        from ledger.services.crediting.credit_month import credit_month

        self._say(f"{month} 划账")
        with self._timed("credit"):
            return credit_month(self._context, month)

    def _revoke_a_link(self) -> None:
        from ledger.services.roster.import_families import revoke_link

        link = self._done.truth.cast.revoked
        revoke_link(self._context, link.holder.certno, link.user.certno, date(2023, 3, 10))

    def _pay(self, month: Month) -> int:
        """Apply for what providers are owed, then pay every one of them."""
        from ledger.services.books.pay_provider import pay_all

        self._say(f"{month} 拨付定点机构")
        first = month.next().first_day
        with self._timed("pay"):
            owed = self._owed_to_providers(month)
            applied = -(-owed // _ROUND_UP_FEN) * _ROUND_UP_FEN
            day = first.replace(day=DISBURSEMENT_DAY)
            self._move("disbursement", applied, day, f"{month} 待遇用款")
            paid = pay_all(self._context, month, first + timedelta(days=PAY_DAY - 1))
        return sum(fen_from_yuan(item["paid"]) for item in paid)

    def _owed_to_providers(self, month: Month) -> int:
        """What the providers of a month have to get; what refunds left over is not taken back."""
        from ledger.storage.books.funds import payable, providers_with_business

        with self._context.reading() as connection:
            owed = [
                payable(connection, provider_id, month)
                for provider_id in providers_with_business(connection, month)
            ]
        return sum(max(one.pool_fen, 0) + max(one.account_fen, 0) for one in owed)

    def _reconcile(self, month: Month) -> list[CheckRow]:
        """Write the month's workbooks, then read the checks back as their reader sees them."""
        self._say(f"{month} 月度对账、出表")
        with self._timed("export"):
            books = write_month(self._context, self._folder, month, self._done.truth)
            self._done.outputs += books
            return read_checks(books[0])

    def _close(self, month: Month) -> bool:
        from ledger.services.books.close_month import close_month

        self._say(f"{month} 结账")
        with self._timed("close"):
            return bool(close_month(self._context, month)["status"] == "closed")

    def _verify(self) -> None:
        from ledger.services.books.verify import verify

        self._say("从明细重新证明全部不变式")
        with self._timed("verify"):
            self._done.verified = verify(self._context)

    def _write_the_rest(self) -> None:
        self._say("写个人账户对账单和序时账")
        with self._timed("export"):
            self._done.outputs += write_at_the_end(self._context, self._folder, self._done.truth)


def _file_done(file: InputFile, result: ImportResult, rejected: Path | None) -> FileDone:
    return FileDone(
        file.name,
        file.kind,
        str(file.arrives),
        result.rows,
        result.accepted,
        result.unchanged,
        result.rejected,
        None if rejected is None else f"{OUTPUTS}/{rejected.name}",
    )


def _month_done(
    month: Month, credited: dict[str, Any], checks: list[CheckRow], paid_fen: int, closed: bool
) -> MonthDone:
    seen = {check.title: check for check in checks}
    return MonthDone(
        month=str(month),
        people=credited["people"],
        credited_fen=credited["credited_fen"],
        clawed_back_fen=credited["clawed_back_fen"],
        owed_fen=credited["owed_fen"],
        differences=credited["differences"],
        settlements=seen["结算笔数"].details_fen // 100,
        refunds=seen["退费笔数"].details_fen // 100,
        cost_fen=seen["统筹＋个人账户＋现金＝总额"].details_fen,
        pool_fen=seen["统筹基金支出（退费已减）"].details_fen,
        account_fen=seen["个人账户支出（含共济）"].details_fen,
        family_fen=seen["其中：家庭共济支付"].details_fen,
        paid_fen=paid_fen,
        checks=len(checks),
        uneven=[check.title for check in checks if check.result != EVEN],
        closed=closed,
    )
