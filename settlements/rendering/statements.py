"""The columns of a merchant's statement: written down once, for the screen and for the file."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

ColumnKind = Literal["text", "reference", "money"]


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One row of a statement, in minor units of its currency.

    `at` is local to BUSINESS_TIME_ZONE; the two balances have none, they stand at the edges of
    days. `gross_minor` and `fee_minor` are None where they make no sense (a payout has no fee).
    `balance_minor` is what the merchant is owed after the row; `with_balances` fills it in.
    """

    date: date
    kind: str | Promise
    currency: str
    net_minor: int
    at: datetime | None = None
    reference: str = ""
    order_no: str = ""
    bank_reference: str = ""
    gross_minor: int | None = None
    fee_minor: int | None = None
    balance_minor: int = 0
    is_carried: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, and what it says of a row (minor units if it is of money)."""

    key: str
    heading: str | Promise
    kind: ColumnKind
    value: Callable[[StatementRow], str | int | None]


def _time(row: StatementRow) -> str:
    return f"{row.at:%H:%M:%S}" if row.at else ""


def _debit(row: StatementRow) -> int | None:
    return -row.net_minor if row.net_minor < 0 and not row.is_carried else None


def _credit(row: StatementRow) -> int | None:
    return row.net_minor if row.net_minor >= 0 and not row.is_carried else None


COLUMNS: tuple[Column, ...] = (
    Column("date", _("Business day"), "text", lambda row: row.date.isoformat()),
    Column("time", _("Time"), "text", _time),
    Column("kind", _("Type"), "text", lambda row: str(row.kind)),
    Column("order_no", _("Order"), "text", lambda row: row.order_no),
    Column("reference", _("Reference"), "reference", lambda row: row.reference),
    Column("bank_reference", _("Bank reference"), "reference", lambda row: row.bank_reference),
    Column("currency", _("Currency"), "text", lambda row: row.currency),
    Column("gross", _("Gross"), "money", lambda row: row.gross_minor),
    Column("fee", _("Fee"), "money", lambda row: row.fee_minor),
    Column("debit", pgettext_lazy("statement", "Out"), "money", _debit),
    Column("credit", pgettext_lazy("statement", "In"), "money", _credit),
    Column("balance", _("Balance"), "money", lambda row: row.balance_minor),
)
"""In the order of screen and file. What goes out and what comes in have a column each."""


def balance_row(
    kind: str | Promise, *, on: date, currency: str, balance_minor: int
) -> StatementRow:
    """Make a row that moves nothing and says what is owed: opening, carried forward, closing."""
    return StatementRow(
        date=on,
        kind=kind,
        currency=currency,
        net_minor=0,
        balance_minor=balance_minor,
        is_carried=True,
    )


def with_balances(rows: Iterable[StatementRow], *, opening_minor: int) -> Iterator[StatementRow]:
    """Give each row the balance after it, row by row, as they come."""
    balance_minor = opening_minor
    for row in rows:
        balance_minor += row.net_minor
        yield replace(row, balance_minor=balance_minor)
