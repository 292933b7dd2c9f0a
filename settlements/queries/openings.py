"""Opening balances before they are booked: whose they are, what is wrong with them, what they make.

Nothing here writes. A file is checked whole: every fault is named by its line.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from ledger.models import JournalEntry
from ledger.money import AMOUNT_MINOR_MAX
from ledger.queries.periods import first_open
from payments.queries.calendar import business_date_of
from settlements.models import Opening, OpeningRow
from settlements.opening_files import (
    FileRow,
    OpeningDateError,
    OpeningFileError,
    OpeningSeenError,
    Problem,
    read_opening_file,
)
from settlements.queries.opening_owners import CHUNK, Owners, in_chunks
from settlements.states import OpeningStatus


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """One line whose owner is known: what will be booked, and by which entry."""

    place: int
    line_no: int
    entry_no: int
    code: str
    owner_id: str
    currency: str
    side: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Total:
    """What the lines of one code and currency add up to, in minor units."""

    code: str
    currency: str
    lines: int
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class OpeningPreview:
    """What a file would book: its lines, their sums, and what people should look at twice."""

    sha256: bytes
    rows: tuple[CheckedRow, ...]
    warnings: tuple[str, ...]

    @property
    def entry_count(self) -> int:
        """Return how many entries it makes."""
        return self.rows[-1].entry_no

    @property
    def totals(self) -> list[Total]:
        """Return the sums by currency and code."""
        return totals_of(self.rows)


def preview_opening(content: bytes, *, opening_date: date, at: datetime) -> OpeningPreview:
    """Check a whole file against the books as they are, and say what it would book.

    Raises OpeningFileError with every fault by its line, OpeningSeenError or OpeningDateError.
    """
    file = read_opening_file(content)
    require_openable(opening_date, at=at)
    sha256 = hashlib.sha256(content).digest()
    known = Opening.objects.filter(sha256=sha256).exclude(status=OpeningStatus.REJECTED).first()
    if known is not None:
        raise OpeningSeenError(opening=known.pk)
    owners = Owners(file.rows)
    problems = list(file.problems)
    found: dict[tuple[str, str, str], tuple[FileRow, str]] = {}
    for row in file.rows:
        owner_id, fault = owners.resolved(row)
        first = found.setdefault((owner_id, row.currency, row.code), (row, owner_id))[0]
        if not fault and first is not row:
            fault = _("the account stands in line %(line)d already.") % {"line": first.line_no}
        if fault:
            problems.append(Problem(row.line_no, fault))
    problems.extend(_opened_before(found))
    problems.extend(_too_much(file.rows))
    if problems:
        raise OpeningFileError(problems)
    rows = tuple(_numbered(found))
    return OpeningPreview(sha256, rows, tuple(_warnings(rows, owners, opening_date)))


def require_openable(opening_date: date, *, at: datetime) -> None:
    """Raise OpeningDateError unless books may begin on this day.

    The day has come and is open, and nothing stands in the books before it but other openings:
    an opening says what was there before the books began.
    """
    before = JournalEntry.objects.filter(effective_date__lt=opening_date).exclude(kind="opening")
    is_open = first_open(opening_date) == opening_date <= business_date_of(at)
    if not is_open or before.exists():
        raise OpeningDateError(day=opening_date.isoformat())


def opening_payload(opening: Opening) -> dict[str, Any]:
    """Return what people are shown and agree to: sums, and the digest of all lines, read anew."""
    lines = list(opening.rows.order_by("place").iterator(chunk_size=CHUNK))
    return {
        "opening": opening.pk,
        "file_sha256": bytes(opening.sha256).hex(),
        "opening_date": opening.opening_date.isoformat(),
        "lines": len(lines),
        "entries": opening.entry_count,
        "lines_sha256": digest_of_rows(lines).hex(),
        "totals": [
            [one.currency, one.code, one.debit_minor, one.credit_minor] for one in totals_of(lines)
        ],
    }


def digest_of_rows(rows: Iterable[CheckedRow | OpeningRow]) -> bytes:
    """Return the SHA-256 over all lines, in order of their places."""
    lines = (
        "|".join(
            (
                str(row.place),
                str(row.entry_no),
                row.code,
                row.owner_id,
                row.currency,
                row.side,
                str(row.amount_minor),
            )
        )
        for row in rows
    )
    return hashlib.sha256("\n".join(lines).encode()).digest()


def totals_of(rows: Iterable[CheckedRow | OpeningRow]) -> list[Total]:
    """Add lines up by currency and code."""
    sums: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        of_code = sums.setdefault((row.currency, row.code), [0, 0, 0])
        of_code[0] += 1
        of_code[1 if row.side == "D" else 2] += row.amount_minor
    return [
        Total(code, currency, lines, debit_minor, credit_minor)
        for (currency, code), (lines, debit_minor, credit_minor) in sorted(sums.items())
    ]


def moved_by_currency(totals: Iterable[tuple[str, str, int, int]]) -> dict[str, int]:
    """Return what all lines of each currency come to, in minor units: each goes against 3101.

    `totals` are those of `opening_payload`: currency, code, debits and credits.
    """
    moved: dict[str, int] = {}
    for currency, _code, debit_minor, credit_minor in totals:
        moved[currency] = moved.get(currency, 0) + debit_minor + credit_minor
    return moved


def left_in_3101(totals: Iterable[Total]) -> dict[str, int]:
    """Return what 3101 ends at by currency, in minor units; credits are above zero."""
    left: dict[str, int] = {}
    for one in totals:
        change = one.debit_minor - one.credit_minor
        left[one.currency] = left.get(one.currency, 0) + change
    return left


def _numbered(found: Mapping[tuple[str, str, str], tuple[FileRow, str]]) -> Iterator[CheckedRow]:
    """Yield the lines by owner, currency and code: one entry for each owner and currency."""
    entry_no, last = 0, ("", "")
    for place, (key, (row, owner_id)) in enumerate(
        sorted(found.items(), key=lambda one: one[0]), 1
    ):
        if key[:2] != last:
            entry_no, last = entry_no + 1, (key[0], key[1])
        yield CheckedRow(
            place,
            row.line_no,
            entry_no,
            row.code,
            owner_id,
            row.currency,
            row.side,
            row.amount_minor,
        )


def _opened_before(
    found: Mapping[tuple[str, str, str], tuple[FileRow, str]],
) -> Iterator[Problem]:
    """Name the lines of owners whose accounts of this currency another file opens or has opened."""
    live = OpeningRow.objects.exclude(opening__status=OpeningStatus.REJECTED)
    taken: set[tuple[str, str]] = set()
    for owner_ids in in_chunks(sorted({key[0] for key in found})):
        rows = live.filter(owner_id__in=owner_ids).values_list("owner_id", "currency")
        taken |= set(rows.distinct())
    for (owner_id, currency, _code), (row, _owner_id) in found.items():
        if (owner_id, currency) in taken:
            told = {"owner": row.owner, "currency": currency}
            sentence = _("another file opens the %(currency)s accounts of %(owner)s.") % told
            yield Problem(row.line_no, sentence)


def _too_much(rows: Sequence[FileRow]) -> Iterator[Problem]:
    sums: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row.currency, row.side)
        sums[key] = sums.get(key, 0) + row.amount_minor
    for (currency, _side), minor in sums.items():
        if minor > AMOUNT_MINOR_MAX // 2:
            told = {"currency": currency}
            yield Problem(0, _("Its amounts of %(currency)s are more than books can hold.") % told)


def _warnings(rows: Sequence[CheckedRow], owners: Owners, opening_date: date) -> Iterator[str]:
    """Yield what is allowed, and still worth a second look."""
    for currency, minor in left_in_3101(totals_of(rows)).items():
        if minor:
            told = {"currency": currency}
            yield (
                _("What was there and what was owed differ in %(currency)s: 3101 keeps it.") % told
            )
    inactive = {one.pk for one in owners.merchants.values() if not one.is_active}
    if inactive:
        yield _("%(count)d of the merchants are not active.") % {"count": len(inactive)}
    since = JournalEntry.objects.filter(effective_date__gte=opening_date).exclude(kind="opening")
    if since.exists():
        told = {"day": opening_date.isoformat()}
        yield _("The books have entries since %(day)s already; these stay as they are.") % told
