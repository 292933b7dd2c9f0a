"""From what the books say of a period to the rows that people read, on the screen and in a file."""

from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import is_id
from payments.models import LineKind
from payments.templatetags.portal import figure
from settlements.queries import statements
from settlements.queries.statements import PAYOUT_GIVEN_BACK, PAYOUT_SENT, RowsPage, Statement
from settlements.rendering.statements import (
    COLUMNS,
    Column,
    StatementRow,
    balance_row,
    with_balances,
)

OPENING, CLOSING = _("Opening balance"), _("Closing balance")
CARRIED_FORWARD, UNEXPLAINED = _("Carried forward"), _("Unexplained remainder")

KINDS: dict[str, str | Promise] = {
    **{kind.value: kind.label for kind in LineKind},
    PAYOUT_SENT: _("payout"),
    PAYOUT_GIVEN_BACK: _("payout returned"),
}


def page_rows(statement: Statement, page: RowsPage, *, is_first: bool) -> list[StatementRow]:
    """Return the rows of one page with the balance before them.

    The first page begins with the opening balance and the last one ends with the closing balance,
    as the file does; pages in between begin with what the page before left.
    """
    on = page.rows[0].business_date if page.rows and not is_first else statement.from_date
    rows = [
        balance_row(
            OPENING if is_first else CARRIED_FORWARD,
            on=on,
            currency=statement.currency,
            balance_minor=page.balance_before_minor,
        )
    ]
    rows.extend(_movements(page.rows, statement, opening_minor=page.balance_before_minor))
    if page.after is None:
        rows.extend(_end(statement, balance_minor=rows[-1].balance_minor))
    return rows


def file_rows(statement: Statement) -> Iterator[StatementRow]:
    """Yield every row from the opening to the closing balance, and keep none of them."""
    row = balance_row(
        OPENING,
        on=statement.from_date,
        currency=statement.currency,
        balance_minor=statement.opening_minor,
    )
    yield row
    everything = statements.all_rows(statement)
    for row in _movements(everything, statement, opening_minor=row.balance_minor):  # noqa: B020
        yield row
    yield from _end(statement, balance_minor=row.balance_minor)


def shown(row: StatementRow) -> dict[str, Any]:
    """Return a row as the cells of the screen: the columns of the file, made easy to read."""
    return {
        "is_carried": row.is_carried,
        "is_outgoing": row.net_minor < 0,
        "cells": [_cell(column, row) for column in COLUMNS],
    }


def _movements(
    rows: Iterable[statements.StatementRow], statement: Statement, *, opening_minor: int
) -> Iterator[StatementRow]:
    zone = ZoneInfo(str(settings.BUSINESS_TIME_ZONE))
    moved = (
        StatementRow(
            date=row.business_date,
            at=row.at.astimezone(zone),
            kind=KINDS[row.kind],
            currency=statement.currency,
            reference=row.subject,
            order_no=row.order_no,
            bank_reference=row.bank_reference,
            gross_minor=row.gross_minor,
            fee_minor=row.fee_minor,
            net_minor=row.net_minor,
        )
        for row in rows
    )
    return with_balances(moved, opening_minor=opening_minor)


def _end(statement: Statement, *, balance_minor: int) -> Iterator[StatementRow]:
    """Yield the closing balance, and before it what the books know and the rows do not."""
    if statement.remainder_minor:
        balance_minor += statement.remainder_minor
        yield StatementRow(
            date=statement.to_date,
            kind=UNEXPLAINED,
            currency=statement.currency,
            net_minor=statement.remainder_minor,
            balance_minor=balance_minor,
        )
    yield balance_row(
        CLOSING, on=statement.to_date, currency=statement.currency, balance_minor=balance_minor
    )


def _cell(column: Column, row: StatementRow) -> dict[str, Any]:
    value = column.value(row)
    text = "" if value is None else value
    return {
        "column": column,
        "text": figure(text, row.currency) if isinstance(text, int) else text,
        "href": _settlement_page(text) if column.key == "reference" else "",
    }


def _settlement_page(reference: str | int) -> str:
    if isinstance(reference, str) and is_id("stl", reference):
        return reverse("portal_settlement", args=[reference])
    return ""
