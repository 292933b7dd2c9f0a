"""What the pages of closed days show: what they come to, what opens again, who closed them."""

from collections.abc import Sequence

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ledger.admin import showing, values
from ledger.admin.panels import Column, Table
from ledger.models import Period, PeriodEvent
from ledger.queries.periods import PeriodTotals


def totals(found: Sequence[PeriodTotals]) -> Table:
    """Show what a span of days comes to, per currency."""
    return Table(
        _("what it comes to"),
        [
            Column(_("currency")),
            Column(_("entries"), is_amount=True),
            Column(_("debits"), is_amount=True),
            Column(_("credits"), is_amount=True),
        ],
        [
            [
                one.currency,
                f"{one.entries:,}",
                showing.money(one.debits_minor, one.currency),
                showing.money(one.credits_minor, one.currency),
            ]
            for one in found
        ],
        empty=_("Nothing was booked in this time."),
    )


def reopened(found: Sequence[Period]) -> Table:
    """Show what is open again after a reopening."""
    return Table(
        _("open again"),
        [Column(_("period")), Column(_("kind"))],
        [[showing.row_link(one), one.get_kind_display()] for one in found],
        empty=_("Nothing is closed from that day on."),
    )


def history(events: Sequence[PeriodEvent]) -> Table:
    """Show every closing and reopening of a period, with what it then came to."""
    known = {field.name: field for field in PeriodEvent._meta.concrete_fields}
    return Table(
        _("closings"),
        [
            Column(_("deed")),
            Column(_("at")),
            Column(_("by")),
            Column(_("reason")),
            Column(_("came to"), is_amount=True),
            Column(_("seal"), is_amount=True),
        ],
        [
            [
                event.get_deed_display(),
                showing.instant(event.at, with_zone=False),
                values.shown(event, known["actor"]),
                event.reason,
                _came_to(event),
                f"#{event.seal_number}" if event.seal_number is not None else showing.nothing(),
            ]
            for event in events
        ],
        empty=_("Nobody has closed it."),
    )


def _came_to(event: PeriodEvent) -> SafeString:
    if not event.totals:
        return showing.nothing()
    return format_html_join(
        ", ",
        "{}",
        ((showing.money(one["debits_minor"], one["currency"]),) for one in event.totals),
    )
