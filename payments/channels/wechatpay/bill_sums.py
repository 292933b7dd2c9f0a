"""Whether the lines of a bill are those that its last two lines count and add up, and of its day.

The hash says that a file came as it was written; this, that it was written whole (F47). Lines are
read by the names of their columns; sums of columns that we do not know are left alone.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

NO_SUMS: Final = "The file has no sums."
WRONG_SUMS: Final = "The sums of the file are not those of its lines."
STRANGE_LINE: Final = "A line of the file cannot be read."
OTHER_DAY: Final = "The file is of another day."

_MARK: Final = "`"
_COUNTS: Final = frozenset({"总交易单数", "资金流水总笔数"})
_SUMS: Final = {
    "应结订单总金额": "应结订单金额",
    "退款总金额": "退款金额",
    "充值券退款总金额": "充值券退款金额",
    "手续费总金额": "手续费",
    "订单总金额": "订单金额",
    "申请退款总金额": "申请退款金额",
    # In the files of older merchants.
    "总交易额": "总金额",
    "总退款金额": "退款金额",
    "总代金券或立减优惠退款金额": "代金券或立减优惠退款金额",
}
_WAYS: Final = {
    "收入笔数": ("收入", ""),
    "收入金额": ("收入", "收支金额(元)"),
    "支出笔数": ("支出", ""),
    "支出金额": ("支出", "收支金额(元)"),
}
"""Of the bill of money: what is counted, or added up, of lines that go one way."""
_WAY: Final = "收支类型"
_TIMES: Final = ("交易时间", "记账时间")


def fault_of(text: bytes, *, day: date) -> str:
    """Say what is wrong with the text of a bill, or nothing."""
    try:
        lines = text.decode("utf-8-sig").split("\n")
        names, rows, sums = _read([line.removesuffix("\r") for line in lines])
        if not _COUNTS & sums.keys():
            return NO_SUMS
        lines_of = [dict(zip(names, row, strict=True)) for row in rows]
        told = {name: _number(value) for name, value in sums.items()}
        if any(told[name] != made for name, made in _made(lines_of, names, sums).items()):
            return WRONG_SUMS
    except (ValueError, InvalidOperation):
        return STRANGE_LINE
    times = [row[name] for row in lines_of for name in _TIMES if name in row]
    if times and not any(time.startswith(day.isoformat()) for time in times):
        return OTHER_DAY
    return ""


def _read(lines: list[str]) -> tuple[list[str], list[list[str]], dict[str, str]]:
    """Give the columns' names, the cells of each line, and the sums. Raises ValueError."""
    if len(lines) < 4 or lines.pop():
        raise ValueError("a bill has a head, two lines of sums, and an end of its last line")
    head, *rows, sums_head, sums = lines
    named = dict(zip(_names(sums_head), _cells(sums), strict=True))
    return _names(head), [_cells(row) for row in rows], named


def _names(line: str) -> list[str]:
    return unicodedata.normalize("NFKC", line).split(",")


def _cells(line: str) -> list[str]:
    """Split a line; commas inside of fields are written otherwise. Raises ValueError."""
    cells = line.split(",")
    if not all(cell.startswith(_MARK) for cell in cells):
        raise ValueError("each field begins with a backtick")
    return [cell.removeprefix(_MARK) for cell in cells]


def _made(
    rows: Sequence[Mapping[str, str]], names: Sequence[str], sums: Mapping[str, str]
) -> dict[str, Decimal]:
    """Count and add up what the sums are said to be of. Raises ValueError, InvalidOperation."""
    made = {name: Decimal(len(rows)) for name in _COUNTS & sums.keys()}
    for name in _SUMS.keys() & sums.keys():
        if _SUMS[name] in names:
            made[name] = sum((_number(row[_SUMS[name]]) for row in rows), Decimal(0))
    for name in _WAYS.keys() & sums.keys() if _WAY in names else ():
        way, column = _WAYS[name]
        of_it = [row for row in rows if row[_WAY] == way]
        made[name] = sum(
            (_number(row[column]) if column else Decimal(1) for row in of_it), Decimal(0)
        )
    return made


def _number(text: str) -> Decimal:
    """Read an amount in units of the currency, or a count. Raises InvalidOperation, ValueError."""
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError("a number is finite")
    return number
