"""The one tree of errors. Every leaf has a stable code; a code never changes its meaning.

    GongjiError
    ├── BadValue              value/…       a text is not what its field needs
    │   ├── NotAnAmount           value/not-an-amount
    │   ├── NotAMonth             value/not-a-month
    │   └── NotADay               value/not-a-day
    ├── PolicyError           policy/…      the rules do not say
    │   ├── NotInForce            policy/not-in-force
    │   ├── UnknownPack           policy/unknown-pack
    │   ├── BadOverride           policy/bad-override     (`--set KEY=VALUE`)
    │   └── PackFaults            policy/pack-faults      (every fault of a pack at once)
    ├── Refused               (a code of its own)  a rule or a state forbids what was asked
    ├── Unknown               (a code of its own)  what was named does not exist
    ├── Conflict              conflict/…    it was done before, otherwise
    │   └── RequestReused         conflict/request-reused
    └── NotAllowed            access/…      the caller may not see or do this

One command refused: raise. A file or a pack with many faults: collect `RowError`
or `PackFault` values and report all. Messages are in the user's words (Chinese).
HTTP status and exit code are one table each, at the edge (`api/`).
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple


class GongjiError(Exception):
    """The root. `code` is stable; `message` says what was found and what would be right."""

    code: str = "gongji/error"

    def __init__(self, message: str, **data: object) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class CodedError(GongjiError):
    """An error whose code is chosen where it is raised, from the list in `CODES`."""

    def __init__(self, code: str, message: str, **data: object) -> None:
        super().__init__(message, **data)
        self.code = code


class BadValue(GongjiError):
    """A text is not what its field needs."""

    code = "value/bad"


class NotAnAmount(BadValue):
    """Not an amount of yuan with at most two decimals (不是金额)."""

    code = "value/not-an-amount"


class NotAMonth(BadValue):
    """No such month (没有这个月份)."""

    code = "value/not-a-month"


class NotADay(BadValue):
    """No such day (没有这一天)."""

    code = "value/not-a-day"


class PolicyError(GongjiError):
    """The rules do not answer."""

    code = "policy/error"


class NotInForce(PolicyError):
    """No rule is in force on the day asked for; there is no "latest"."""

    code = "policy/not-in-force"


class UnknownPack(PolicyError):
    """No policy pack of that code, nor a folder of that name."""

    code = "policy/unknown-pack"


class BadOverride(PolicyError):
    """A value given for a trial (`--set KEY=VALUE`) names no key of the pack, or does not fit."""

    code = "policy/bad-override"


class PackFault(NamedTuple):
    """One fault in a pack: where it stands and what would be right."""

    file: str
    line: int
    key: str
    code: str
    message: str


class PackFaults(PolicyError):
    """A pack does not load. Carries every fault at once."""

    code = "policy/pack-faults"

    def __init__(self, faults: list[PackFault]) -> None:
        lines = "\n".join(f"{f.file}:{f.line} {f.key}: {f.message}" for f in faults)
        super().__init__(f"政策包有 {len(faults)} 处错误：\n{lines}")
        self.faults = faults


class Refused(CodedError):
    """A rule or a state forbids what was asked; nothing was written."""


class Unknown(CodedError):
    """What was named does not exist."""


class Conflict(CodedError):
    """It was done before, with other content."""


class RequestReused(Conflict):
    """The same request id with other content."""

    CODE: ClassVar[str] = "conflict/request-reused"

    def __init__(self, request_id: str) -> None:
        super().__init__(
            self.CODE,
            f"请求号 {request_id} 已用于另一笔内容不同的业务；请换一个请求号",
            request_id=request_id,
        )


class NotAllowed(CodedError):
    """The caller may not see or do this."""


class RowError(NamedTuple):
    """One fault in one row of a file.

    `row` is the number a person sees in Excel (1-based, header rows counted);
    `column` is the heading as the file writes it, or "" for the row as a whole.
    """

    row: int
    column: str
    code: str
    message: str
