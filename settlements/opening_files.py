"""Reading a file of opening balances, and what it may be refused for. It asks no database."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.errors import AmountError, DomainError, UnknownCurrencyError
from ledger.money import exponent, from_decimal_text

BYTES_MAX: Final = 10 * 2**20
ROWS_MAX: Final = 20_000
"""A file is checked and kept in one transaction; who has more lines hands in several files."""
PROBLEMS_MAX: Final = 20
OWNER_LENGTH_MAX: Final = 90

COLUMNS: Final = ("code", "owner", "currency", "amount", "side")
_CHINESE: Final = {
    "科目": "code",
    "户主": "owner",
    "币种": "currency",
    "金额": "amount",
    "方向": "side",
}
_SIDES: Final = {"D": "D", "C": "C", "借": "D", "贷": "C"}


class OpeningFileError(DomainError):
    """A file of opening balances cannot be taken as it is; every fault is named by its line.

    Nothing was written. Correct the file and send it again.
    """

    code = "opening_file_invalid"
    status = 422
    retry = "new_key"
    detail = gettext_lazy("The file cannot be taken as it is. %(problems)s")

    def __init__(self, problems: "Sequence[Problem]") -> None:
        """Name the first PROBLEMS_MAX faults, in order of their lines, and count the others."""
        self.problems = sorted(problems, key=lambda problem: problem.line_no)
        told = [str(problem) for problem in self.problems[:PROBLEMS_MAX]]
        if self.problems[PROBLEMS_MAX:]:
            more = len(self.problems) - PROBLEMS_MAX
            told.append(_("… and %(count)d more.") % {"count": more})
        super().__init__(problems=" ".join(told))


class OpeningSeenError(DomainError):
    """A file of the same bytes was asked for, or booked, before.

    Nothing was written; the first one stands. Look at that one.
    """

    code = "opening_seen"
    status = 409
    detail = gettext_lazy("This file was handed in before: %(opening)s.")


class OpeningDateError(DomainError):
    """The books have entries before this day, or the day is closed or still to come.

    Nothing was written. What was there before books begin is opened on their first day or before.
    """

    code = "opening_date"
    status = 409
    retry = "new_key"
    detail = gettext_lazy(
        "Balances cannot be opened on %(day)s: the day is closed or still to come, or the books"
        " have entries before it."
    )


class OpeningNotFoundError(DomainError):
    """There is no such opening.

    Nothing was written. Check the id.
    """

    code = "opening_not_found"
    status = 404
    detail = gettext_lazy("There is no such opening.")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one line of the file; line 0 is the file itself."""

    line_no: int
    sentence: str

    def __str__(self) -> str:
        """Name the line and what is wrong with it."""
        if self.line_no == 0:
            return self.sentence
        told = {"line": self.line_no, "problem": self.sentence}
        return _("Line %(line)d: %(problem)s") % told


@dataclass(frozen=True, slots=True)
class FileRow:
    """One line as it was written: its owner is still what the file calls it."""

    line_no: int
    code: str
    owner: str
    currency: str
    side: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class OpeningFile:
    """What was read: the lines that are sound, and what is wrong with the others."""

    rows: tuple[FileRow, ...]
    problems: tuple[Problem, ...]


def read_opening_file(content: bytes) -> OpeningFile:
    """Read a CSV file in UTF-8 or GBK, whose first line names the columns, in any order.

    They are code, owner, currency, amount, side (or 科目, 户主, 币种, 金额, 方向); a side is D or C
    (借 or 贷), an amount is above zero and exact. Empty lines are passed over.

    Raises OpeningFileError when the file as a whole is none: too large, in no such encoding, no
    CSV, without a column, or empty.
    """
    if len(content) > BYTES_MAX:
        _refuse(_("It is larger than %(megabytes)d MiB.") % {"megabytes": BYTES_MAX // 2**20})
    lines = csv.reader(io.StringIO(_text_of(content), newline=""), strict=True)
    rows: list[FileRow] = []
    problems: list[Problem] = []
    try:
        places = _places_of(next(lines, []))
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) + len(problems) == ROWS_MAX:
                _refuse(_("It has more than %(rows)d lines.") % {"rows": ROWS_MAX})
            found = _row(lines.line_num, cells, places)
            rows.append(found) if isinstance(found, FileRow) else problems.append(found)
    except csv.Error as error:
        raise OpeningFileError([Problem(lines.line_num, _("it is no CSV."))]) from error
    if not rows and not problems:
        _refuse(_("It has no lines of balances."))
    return OpeningFile(tuple(rows), tuple(problems))


def _text_of(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gbk"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise OpeningFileError([Problem(0, _("It is neither UTF-8 nor GBK."))])


def _places_of(header: Sequence[str]) -> dict[str, int]:
    """Return where each column stands."""
    names = [name.strip().lower() for name in header]
    names = [_CHINESE.get(name, name) for name in names]
    missing = [column for column in COLUMNS if names.count(column) != 1]
    if missing:
        columns = {"columns": ", ".join(missing)}
        _refuse(_("Its first line must name these columns once: %(columns)s.") % columns)
    return {column: names.index(column) for column in COLUMNS}


def _row(line_no: int, cells: Sequence[str], places: dict[str, int]) -> FileRow | Problem:
    """Read one line, or say the first thing that is wrong with it."""
    if len(cells) <= max(places.values()):
        return Problem(line_no, _("it has too few columns."))
    code, owner, currency, amount, side = (cells[places[name]].strip() for name in COLUMNS)
    try:
        exponent(currency)
        amount_minor = from_decimal_text(amount, currency)
    except UnknownCurrencyError:
        told = {"currency": currency[:10]}
        return Problem(line_no, _("the currency %(currency)s is not known.") % told)
    except AmountError:
        told = {"amount": amount[:30], "currency": currency}
        return Problem(line_no, _("%(amount)s is no exact amount of %(currency)s.") % told)
    for sentence in _faults(owner, amount_minor, side):
        return Problem(line_no, sentence)
    return FileRow(line_no, code, owner, currency, _SIDES[side.upper()], amount_minor)


def _faults(owner: str, amount_minor: int, side: str) -> Iterator[str]:
    if amount_minor <= 0:
        yield _("an amount must be above zero; the side says which way it stands.")
    if side.upper() not in _SIDES:
        yield _("the side must be D or C.")
    if not 0 < len(owner) <= OWNER_LENGTH_MAX or not owner.isprintable():
        yield _("the owner is missing or too long.")


def _refuse(sentence: str) -> None:
    raise OpeningFileError([Problem(0, sentence)])
