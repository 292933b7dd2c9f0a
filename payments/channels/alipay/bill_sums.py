"""Whether the lines of a bill of trades are those that its own sums count and add up (F47).

The list of a day ends with a sum of its trades and one of its refunds, and a second file sums it up
once more. Lines are read by the names of their columns; a bill without these columns has no such
sums.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

NO_SUMS: Final = "The file has no sums."
WRONG_SUMS: Final = "The sums of the file are not those of its lines."
STRANGE_LINE: Final = "A line of the file cannot be read."

_ENCODING: Final = "gb18030"
_KIND: Final = "业务类型"
_KINDS: Final = {"交易": "交易订单总笔数", "退款": "退款订单总笔数"}
"""The kinds of lines that are summed up, and how the second file calls their number."""
_SUMMED: Final = ("商家实收(元)", "商家优惠(元)")
_AGAIN: Final = ("订单金额(元)", *_SUMMED, "服务费(元)")
_SUM: Final = re.compile(r"#(交易|退款)合计:(\d+)笔,[^\d-]+(-?[\d.]+)元,[^\d-]+(-?[\d.]+)元")
_STORE, _TOTAL = "门店编号", "合计"
_PADDING: Final = " \t"


class _Sums:
    """What a file says of itself, and what its lines come to."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.told: dict[str, list[Decimal]] = {}
        self.again: Mapping[str, str] | None = None
        self.lines: Counter[str] = Counter()
        self.made: dict[tuple[str, str], Decimal] = defaultdict(Decimal)

    def take_comment(self, text: str) -> None:
        """Keep a sum, and pass over what else is said to people. Raises InvalidOperation."""
        found = _SUM.match(unicodedata.normalize("NFKC", text))
        if found is not None:
            self.told[found[1]] = [Decimal(number) for number in found.groups()[1:]]

    def take_row(self, row: Mapping[str, str]) -> None:
        """Count a line and add its amounts. Raises InvalidOperation."""
        if row.get(_STORE) == _TOTAL and set(_KINDS.values()) <= row.keys():
            self.again = row
        kind = row.get(_KIND, "")
        if kind not in _KINDS or not set(_SUMMED) <= row.keys():
            return
        self.lines[kind] += 1
        for name in set(_AGAIN) & row.keys():
            self.made[kind, name] += Decimal(row[name])

    def fault(self) -> str:
        """Say what does not agree, or nothing. Raises InvalidOperation."""
        for kind, number in _KINDS.items():
            made = [Decimal(self.lines[kind]), *(self.made[kind, name] for name in _SUMMED)]
            if kind in self.told and self.told[kind] != made:
                return WRONG_SUMS
            if self.lines[kind] and kind not in self.told:
                return NO_SUMS
            if self.again is not None and Decimal(self.again[number]) != self.lines[kind]:
                return WRONG_SUMS
        for name in _AGAIN if self.again is not None else ():
            total = sum(self.made[kind, name] for kind in _KINDS)
            if self.again is not None and Decimal(self.again.get(name, "0")) != total:
                return WRONG_SUMS
        return ""


def fault_of(lines: Iterable[tuple[int, bytes]]) -> str:
    """Say what is wrong with the lines of a bill, or nothing; each has the number of its file."""
    sums, names_of = _Sums(), dict[int, list[str]]()
    try:
        for member, line in lines:
            text = line.decode(_ENCODING).strip("\r\n")
            if text.startswith("#"):
                sums.take_comment(text)
            elif member not in names_of:
                head = unicodedata.normalize("NFKC", text)
                names_of[member] = [name.strip(_PADDING) for name in head.split(",")]
            elif text.strip():
                cells = [cell.strip(_PADDING) for cell in text.split(",")]
                sums.take_row(dict(zip(names_of[member], cells, strict=True)))
        return sums.fault()
    except (ValueError, InvalidOperation):
        return STRANGE_LINE
