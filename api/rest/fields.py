"""Kinds of field in requests and answers: money as text of yuan, days, times, numbers of people.

A fault carries our stable code as its type, so that `faults.py` only has to hand it on.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, PlainValidator, StringConstraints
from pydantic import WithJsonSchema as Schema
from pydantic_core import PydanticCustomError

from ledger.benefits.kernel import MOST_FEN
from ledger.core.errors import NotAMonth, NotAnAmount
from ledger.core.money import Fen, fen_from_yuan, ratio_bp, yuan_text
from ledger.core.months import Month
from ledger.core.visits import AccountUse

LONGEST_MESSAGE = 200
_YEARS = range(1900, 9999)
_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
_SHANGHAI = ZoneInfo("Asia/Shanghai")


def fault(code: str, message: str) -> PydanticCustomError:
    """A fault of a field. The message is handed over as a value, since it may hold braces of the
    caller's; it is cut short, and what is no Unicode is replaced, or it could not be answered."""
    said = message[:LONGEST_MESSAGE].encode("utf-8", "replace").decode()
    return PydanticCustomError(code, "{message}", {"message": said})


def _fen(value: Any) -> Fen:
    if not isinstance(value, str):
        raise fault("value/not-an-amount", '金额应写作文本，例如 "1234.50"，不能写作 JSON 数字')
    try:
        fen = fen_from_yuan(value)
    except NotAnAmount as error:
        raise fault(error.code, error.message) from None
    if fen < 0:
        raise fault("visit/negative-amount", "金额为负；退费请用退费接口整笔退回")
    if fen > MOST_FEN:
        raise fault("value/amount-too-large", f"金额超过 {yuan_text(MOST_FEN)} 元，请核对")
    return fen


def _share(value: Any) -> int:
    try:
        return ratio_bp(value)
    except (TypeError, NotAnAmount):
        raise fault("value/not-an-amount", f"“{value}”不是比例；应写作文本，例如 0.10") from None


def _day(value: Any) -> date:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        day = None
    if day is None or day.year not in _YEARS:
        raise fault("value/not-a-day", f"“{value}”不是日期；应写作 2023-01-31")
    return day


def _known_at(value: Any) -> datetime:
    """An instant of recording, with its zone: China's where none is given."""
    at = _read_time(value)
    return at if at.tzinfo is not None else at.replace(tzinfo=_SHANGHAI)


def _instant(value: Any) -> datetime:
    """Local time, naive, to the second; a time with a zone is converted."""
    at = _read_time(value)
    if at.tzinfo is not None:
        at = at.astimezone(_SHANGHAI).replace(tzinfo=None)
    return at.replace(microsecond=0)


def _read_time(value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        at = None
    if at is None or at.year not in _YEARS:
        raise fault("value/not-a-time", f"“{value}”不是时间；应写作 2023-01-31 09:00:00")
    return at


def _month(value: Any) -> str:
    """A month as text, since FastAPI takes no class of ours in a query: "2023-01"."""
    try:
        return str(Month.parse(str(value)))
    except NotAMonth as error:
        raise fault(error.code, error.message) from None


def _account_use(value: Any) -> AccountUse:
    if str(value) not in ("0", "1", "2"):
        raise fault("visit/account-flag", "个人账户使用标志应为 0 不使用、1 本人、2 本人及共济")
    return AccountUse(int(value))


def _med_type(value: str) -> str:
    if re.fullmatch(r"[0-9]{2,6}", value) is None:
        raise fault("visit/unknown-med-type", f"医疗类别“{value}”不明；应为 11、13、41 等代码")
    return value


def as_registered(number: str) -> str:
    """A person number or identity number as the roster has it: with a capital X."""
    return number.upper() if re.fullmatch(r"[0-9]{17}x", number) else number


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _schema(example: str, pattern: str, description: str) -> Schema:
    return Schema(
        {"type": "string", "pattern": pattern, "examples": [example], "description": description}
    )


YUAN = r"^-?[0-9]+\.[0-9]{2}$"
Yuan = Annotated[str, _schema("1234.50", YUAN, "元，两位小数的文本。 Yuan as text.")]
Amount = Annotated[
    Fen,
    PlainValidator(_fen),
    _schema("812.50", r"^[0-9]{1,11}(\.[0-9]{1,2})?$", "元，文本，最多两位小数。 Yuan as text."),
]
Share = Annotated[
    int,
    PlainValidator(_share),
    _schema("0.10", r"^[01](\.[0-9]{1,4})?$", "比例，文本。 A ratio as text."),
]
Day = Annotated[
    date,
    PlainValidator(_day),
    Schema({"type": "string", "format": "date", "examples": ["2023-01-31"]}),
]
Instant = Annotated[
    datetime,
    PlainValidator(_instant),
    _schema(
        "2023-01-31 09:00:00",
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.+Z-]+)?$",
        "当地时间。 Local time (Asia/Shanghai).",
    ),
]
KnownAt = Annotated[
    datetime,
    PlainValidator(_known_at),
    _schema(
        "2023-02-05T17:00:00",
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.+Z-]+)?$",
        "入账时刻，不写时区为北京时间。 Instant of recording; Asia/Shanghai by default.",
    ),
]
MonthText = Annotated[
    str, PlainValidator(_month), _schema("2023-01", r"^[0-9]{4}-?[0-9]{2}$", "月份。 Month.")
]
AccountUseFlag = Annotated[
    AccountUse,
    PlainValidator(_account_use),
    Schema({"enum": ["0", "1", "2"], "description": "0 不使用，1 本人，2 本人及共济。"}),
]
Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=30, pattern=_PRINTABLE),
]
PersonNumber = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=50, pattern=_PRINTABLE),
    AfterValidator(as_registered),
]
OptionalCode = Annotated[Code | None, BeforeValidator(_none_if_blank)]
OptionalPersonNumber = Annotated[PersonNumber | None, BeforeValidator(_none_if_blank)]
MedType = Annotated[Code, AfterValidator(_med_type), Schema({"type": "string", "examples": ["11"]})]
