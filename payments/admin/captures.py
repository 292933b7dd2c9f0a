"""What was taken of a held payment, capture by capture, as the payment's page shows it."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ledger.admin import showing
from ledger.admin.panels import Cell, Column, Table
from payments.capture_states import CaptureStatus
from payments.models import Capture, Payment
from payments.queries.totals import of_capture


def captures_table(row: Payment) -> Table:
    """Show each capture: its number, where it stands, and what the merchants get of it."""
    captures = list(
        row.captures.select_related("operation")
        .defer("operation__raw_answer")
        .prefetch_related("shares__allocation__merchant")
        .order_by("created_at", "pk")
    )
    made = [each for each in captures if each.status == CaptureStatus.SUCCEEDED]
    net_minor = sum(_net_minor(each) for each in made)
    return Table(
        _("captures"),
        [
            Column(_("capture")),
            Column(_("status")),
            Column(_("numbers at the channel")),
            Column(_("asked at, taken at")),
            Column(_("amount"), is_amount=True),
            Column(_("channel settles"), is_amount=True),
            Column(_("merchants get"), is_amount=True),
        ],
        [_cells(row, each) for each in captures],
        empty=_("Nothing was taken yet. A capture is asked for by the button, or through the API."),
        totals=[
            [
                _("taken"),
                "",
                "",
                "",
                showing.money(sum(each.amount_minor for each in made), row.currency),
                "",
                showing.money(net_minor, row.currency),
            ]
        ]
        if made
        else [],
    )


def _cells(row: Payment, capture: Capture) -> list[Cell]:
    totals = of_capture(capture)
    number = showing.link(
        showing.row_url(capture.operation), showing.code(capture.operation.channel_no)
    )
    if capture.operation.channel_ref:
        number = format_html("{}<br>{}", number, showing.code(capture.operation.channel_ref))
    return [
        showing.row_link(capture),
        _status(capture),
        number,
        format_html(
            "{}<br>{}", showing.minute(capture.created_at), showing.minute(capture.succeeded_at)
        ),
        showing.money(capture.amount_minor, row.currency),
        showing.money(totals.settled_minor if totals else None, row.currency),
        _merchants_get(row, capture),
    ]


def _status(capture: Capture) -> SafeString:
    badge = showing.badge(capture.status, capture.get_status_display())
    if not capture.status_code:
        return badge
    return format_html("{} {}", badge, showing.code(capture.status_code))


def _merchants_get(row: Payment, capture: Capture) -> SafeString:
    """Write each merchant's net; of what failed nobody gets anything."""
    if capture.status == CaptureStatus.FAILED:
        return showing.nothing()
    return (
        format_html_join(
            SafeString("<br>"),
            "{} {}",
            (
                (
                    showing.row_link(share.allocation.merchant),
                    showing.money(share.amount_minor - share.fee_minor, row.currency),
                )
                for share in sorted(capture.shares.all(), key=lambda share: share.place)
            ),
        )
        or showing.nothing()
    )


def _net_minor(capture: Capture) -> int:
    return sum(share.amount_minor - share.fee_minor for share in capture.shares.all())
