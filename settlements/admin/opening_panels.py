"""What pages of opening balances show: sums, what 3101 keeps, lines, and what moves."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from ledger.admin import showing
from ledger.admin.panels import Column, Panel, Table
from ledger.chart import CHART
from settlements.models import Opening, OpeningRow
from settlements.queries.openings import CheckedRow, Total, left_in_3101, moved_by_currency

LINES_SHOWN = 50


def booked(row: Opening) -> list[Panel]:
    """Show what is booked: the sums, what 3101 ends at, and the first lines."""
    payload = row.approval.payload if row.approval is not None else {}
    totals = [
        Total(code, currency, 0, debit_minor, credit_minor)
        for currency, code, debit_minor, credit_minor in payload.get("totals", [])
    ]
    lines = OpeningRow.objects.filter(opening=row).order_by("place")[:LINES_SHOWN]
    return [
        sums(totals),
        ends(totals),
        first_lines(list(lines), count=row.row_count, opening=row),
    ]


def moved(row: Opening) -> Table:
    """Show what all lines of each currency come to, and which of them sets the tier."""
    asked = row.approval
    totals = asked.payload["totals"] if asked is not None else []
    found = moved_by_currency(totals)
    of_tier = asked.currency if asked is not None else ""
    return Table(
        _("what is moved, by currency"),
        [Column(_("currency")), Column(_("amount"), is_amount=True), Column(_("tier"))],
        [
            [
                currency,
                showing.money(minor, currency),
                _("says how many people must agree") if currency == of_tier else "",
            ]
            for currency, minor in found.items()
        ],
        empty=_("Nothing."),
        note=_("The currency that asks for the most people speaks for the whole file."),
    )


def sums(totals: Iterable[Total]) -> Table:
    """Show what is booked, by currency and account."""
    return Table(
        _("what is booked, by account"),
        [
            Column(_("account")),
            Column(_("name")),
            Column(_("debit"), is_amount=True),
            Column(_("credit"), is_amount=True),
        ],
        [
            [
                one.code,
                str(CHART[one.code].name),
                showing.money(one.debit_minor or None, one.currency),
                showing.money(one.credit_minor or None, one.currency),
            ]
            for one in totals
        ],
        empty=_("Nothing."),
    )


def ends(totals: Iterable[Total]) -> Table:
    """Show what 3101 keeps, by currency."""
    return Table(
        _("what 3101 keeps"),
        [Column(_("side")), Column(_("amount"), is_amount=True)],
        [
            [_("credit") if minor >= 0 else _("debit"), showing.money(abs(minor), currency)]
            for currency, minor in left_in_3101(totals).items()
        ],
        empty=_("Nothing."),
        note=_("What was there and what was owed meet in 3101; the platform's own is left in it."),
    )


def first_lines(
    lines: Sequence[CheckedRow | OpeningRow], *, count: int, opening: Opening | None = None
) -> Table:
    """Show the first lines, and the way to all of them."""
    return Table(
        _("lines"),
        [
            Column(_("line")),
            Column(_("account")),
            Column(_("owner")),
            Column(_("side")),
            Column(_("amount"), is_amount=True),
        ],
        [
            [
                str(line.line_no),
                line.code,
                showing.subject_link(line.owner_id),
                line.side,
                showing.money(line.amount_minor, line.currency),
            ]
            for line in lines
        ],
        empty=_("Nothing."),
        note=_("The first of %(count)d lines.") % {"count": count} if count > len(lines) else "",
        more_url=showing.list_url(OpeningRow, f"q={opening.pk}")
        if opening is not None and count > len(lines)
        else "",
        more_text=_("All lines"),
    )
