"""What pages of opening balances show: sums, what 3101 keeps, lines, and what is agreed to."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from ledger.admin import showing
from ledger.admin.panels import Column, Fact, Facts, Panel, Table
from ledger.chart import CHART
from settlements.models import Opening, OpeningRow
from settlements.queries.openings import CheckedRow, Total, left_in_3101

LINES_SHOWN = 50


def agreed_to(row: Opening) -> list[Panel]:
    """Show what people agree to: the sums, what 3101 ends at, the first lines, and the digest."""
    asked = row.approval
    payload = asked.payload if asked is not None else {}
    totals = [
        Total(code, currency, 0, debit_minor, credit_minor)
        for currency, code, debit_minor, credit_minor in payload.get("totals", [])
    ]
    lines = OpeningRow.objects.filter(opening=row).order_by("place")[:LINES_SHOWN]
    digest = bytes(asked.digest).hex() if asked is not None else ""
    return [
        sums(totals),
        ends(totals),
        first_lines(list(lines), count=row.row_count, opening=row),
        Facts(
            _("what is agreed to"),
            [
                Fact(_("lines"), f"{row.row_count:,}"),
                Fact(_("opened on"), showing.day(row.opening_date)),
                Fact(_("SHA-256 of the lines"), showing.code(bytes(row.rows_sha256).hex())),
                Fact(_("digest"), showing.code(digest), is_wide=True),
            ],
            note=_("The digest covers the sums and every line; when one changes, it is another."),
        ),
    ]


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
