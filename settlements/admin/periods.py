"""Closed days and months of the books: what they came to, and the buttons that close and reopen."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing, values
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, OperationsAdmin, ReasonForm
from ledger.admin.panels import Fact, Facts, Notice, Panel
from ledger.errors import PeriodOrderError
from ledger.models import JournalEntry, Period
from ledger.models.periods import PeriodKind
from ledger.queries import periods
from ledger.states import PeriodState
from settlements.actions import closing
from settlements.admin import period_panels
from settlements.admin.period_decisions import ApproveReopening, RejectReopening
from settlements.queries.closing import unfinished_by

SHOWN: Final = "shown"
"""The first day of what a page shows to be closed: what is next may be another by then."""


class CloseDay(Operation[None]):
    """Close the next day."""

    name = "close-day"
    label = gettext_lazy("Close next day")
    explanation = gettext_lazy(
        "No entry may be dated in a closed day any more: what comes late is booked on the first"
        " open day. Reopening takes two people."
    )
    permission = "ledger.close_period"
    deed = "period.close"
    icon = "lock"
    variant = "primary"
    form_class = ReasonForm
    asks_second_factor = True

    def is_offered(self, row: None) -> bool:
        """Offer it when there is anything to close."""
        return periods.next_day_to_close() is not None

    def panels(self, request: HttpRequest, row: None) -> Sequence[Panel]:
        """Show the day, what it comes to, and what is not in it yet."""
        day = periods.next_day_to_close()
        if day is None:
            return []
        unfinished = unfinished_by(day)
        hints: list[Panel] = []
        if unfinished.maturing:
            hints.append(
                Notice(
                    _("%(count)d merchant accounts have money that has not been made available.")
                    % {"count": unfinished.maturing},
                    tone="alarm",
                )
            )
        if unfinished.openings:
            hints.append(
                Notice(
                    _("%(count)d opening balances are agreed to and not booked yet.")
                    % {"count": unfinished.openings},
                    tone="alarm",
                )
            )
        if unfinished.unknown_orders:
            hints.append(
                Notice(
                    _("%(count)d orders have no outcome yet; it is booked on the first open day.")
                    % {"count": unfinished.unknown_orders}
                )
            )
        return [
            *hints,
            Facts(_("the day that is closed"), [Fact(_("day"), showing.day(day))]),
            period_panels.totals(periods.totals_of(day, day)),
        ]

    def hidden(self, request: HttpRequest, row: None) -> Sequence[tuple[str, str]]:
        """Send back the day that the page shows."""
        return _to_send_back(periods.next_day_to_close())

    def perform(self, request: DoorRequest, row: None, form: forms.Form, asking: Asking) -> str:
        """Close the day that was shown, and no other."""
        day = _shown(request)
        closing.close_day(
            day, decider=asking.decider, at=asking.at, reason=form.cleaned_data["reason"]
        )
        return _("%(day)s is closed.") % {"day": day}


class CloseMonth(Operation[None]):
    """Close the next month."""

    name = "close-month"
    label = gettext_lazy("Close month")
    explanation = gettext_lazy("All its days are closed; now the month is, with what it came to.")
    permission = "ledger.close_period"
    deed = "period.close"
    icon = "event_available"
    form_class = ReasonForm
    asks_second_factor = True

    def is_offered(self, row: None) -> bool:
        """Offer it when all days of a month are closed."""
        return periods.next_month_to_close() is not None

    def panels(self, request: HttpRequest, row: None) -> Sequence[Panel]:
        """Show what the month comes to."""
        month = periods.next_month_to_close()
        if month is None:
            return []
        return [
            Facts(_("the month that is closed"), [Fact(_("month"), f"{month:%Y-%m}")]),
            period_panels.totals(periods.totals_of(month, periods.last_day_of_month(month))),
        ]

    def hidden(self, request: HttpRequest, row: None) -> Sequence[tuple[str, str]]:
        """Send back the month that the page shows."""
        return _to_send_back(periods.next_month_to_close())

    def perform(self, request: DoorRequest, row: None, form: forms.Form, asking: Asking) -> str:
        """Close the month that was shown, and no other."""
        month = _shown(request)
        closing.close_month(
            month, decider=asking.decider, at=asking.at, reason=form.cleaned_data["reason"]
        )
        return _("%(month)s is closed.") % {"month": f"{month:%Y-%m}"}


class RequestReopening(Operation[Period]):
    """Ask for a closed day, and all after it, to be open again."""

    name = "request-reopening"
    label = gettext_lazy("Ask to reopen")
    explanation = gettext_lazy(
        "You ask that this day and all closed days after it are open again. Another person has to"
        " agree; the balances of these days are made again when they are closed again."
    )
    permission = "ledger.reopen_period"
    deed = "period.request_reopening"
    icon = "lock_open"
    form_class = ReasonForm

    def is_offered(self, row: Period) -> bool:
        """Offer it for closed days that nobody has asked about."""
        is_closed_day = (row.kind, row.state) == (PeriodKind.DAY, PeriodState.CLOSED)
        return is_closed_day and periods.open_reopening(row.pk) is None

    def panels(self, request: HttpRequest, row: Period) -> Sequence[Panel]:
        """Show all that would be open again."""
        return [period_panels.reopened(periods.closed_from(row.starts_on))]

    def perform(self, request: DoorRequest, row: Period, form: forms.Form, asking: Asking) -> str:
        """Ask."""
        closing.request_reopening(
            row.starts_on,
            decider=asking.decider,
            at=asking.at,
            reason=form.cleaned_data["reason"],
        )
        return _("Asked. Another person has to agree now; nothing is open yet.")


def _to_send_back(first_day: date | None) -> Sequence[tuple[str, str]]:
    return [] if first_day is None else [(SHOWN, first_day.isoformat())]


def _shown(request: DoorRequest) -> date:
    """Return the day that the page showed. Raises PeriodOrderError when it sent none."""
    sent = request.POST.get(SHOWN, "")
    try:
        return date.fromisoformat(sent)
    except ValueError as error:
        raise PeriodOrderError(period=sent[:10] or "–", next="–") from error


@admin.register(Period)
class PeriodAdmin(OperationsAdmin[Period]):
    """Days and months that were closed, the newest first."""

    list_display = ("starts_on", "kind", "state", "closed_by", "closed_at")
    list_filter = ("kind", "state")
    ordering = ("-ends_on", "kind")
    empty_hint = gettext_lazy(
        "A day is closed when it is over and its money has matured: no entry may be dated in it any"
        " more, and its balances are kept. The first day is the one of the first entry. Begin with"
        " the button above, or with ./manage.py close_day."
    )
    list_operations = (CloseDay(), CloseMonth())
    row_operations = (RequestReopening(), ApproveReopening(), RejectReopening())

    def panels(self, request: HttpRequest, row: Period) -> Sequence[Panel]:
        """Show the period, what it came to at each closing, and the way to its entries."""
        events = list(row.events.order_by("id"))
        values.name_people(events)
        return [self._facts(row), period_panels.history(events)]

    def _facts(self, row: Period) -> Facts:
        query = f"effective_date_from={row.starts_on}&effective_date_to={row.ends_on}"
        entries = showing.link(showing.list_url(JournalEntry, query), _("entries of these days"))
        known = self.facts(row)
        return Facts(known.title, [*known.facts, Fact(_("journal"), entries)])
