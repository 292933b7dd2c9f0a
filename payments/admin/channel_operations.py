"""The orders that went to channels."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.base import BusinessDayRange
from ledger.admin.operations import OperationsAdmin
from ledger.admin.panels import Fact, Facts, Moment, Panel
from payments.admin.contradictions import ApproveTruth, AskTruth, RejectTruth
from payments.admin.filters import CurrencyFilter
from payments.admin.masking import masked
from payments.admin.order_resolutions import ApproveResolution, AskResolution, RejectResolution
from payments.models import ChannelNotification, ChannelOperation
from payments.states import Verdict

NOTIFICATIONS_MAX = 20


@admin.register(ChannelOperation)
class ChannelOperationAdmin(OperationsAdmin[ChannelOperation]):
    """One order to a channel, and all that is known of its outcome."""

    list_display = (
        "channel_no",
        "kind",
        "status",
        "amount_minor",
        "channel_account",
        "subject",
        "code",
        "queries",
        "next_query_at",
        "created_at",
    )
    list_filter = ("status", "kind", CurrencyFilter, ("created_at", BusinessDayRange))
    search_fields = ("channel_no__exact", "channel_ref__exact", "subject__exact", "id__exact")
    search_help_text = gettext_lazy("Our number, the channel's number, att_… or po_…")
    unread_fields = ("lease_token", "raw_answer")
    row_operations = (
        AskResolution(),
        ApproveResolution(),
        RejectResolution(),
        AskTruth(),
        ApproveTruth(),
        RejectTruth(),
    )
    empty_hint = gettext_lazy("An order is written before a channel is called for the first time.")

    def panels(self, request: HttpRequest, row: ChannelOperation) -> Sequence[Panel]:
        """Show the order, what the channel last answered, and what it sent by itself."""
        answer = Facts(
            _("last answer of the channel"),
            [Fact(_("masked"), showing.structure(masked(row.raw_answer)), is_wide=True)]
            if row.raw_answer
            else [Fact(_("answer"), _("none yet"))],
            note=_("What names a person, and signatures, are blotted out."),
        )
        return [self.facts(row), answer]

    def moments(self, request: HttpRequest, row: ChannelOperation) -> Sequence[Moment]:
        """Tell what was sent and what came."""
        return [*super().moments(request, row), *operation_moments([row])]


def operation_moments(operations: Sequence[ChannelOperation]) -> list[Moment]:
    """Tell of some orders when they were sent and finished, and what the channel sent by itself."""
    moments = []
    for operation in operations:
        url, number = showing.row_url(operation), showing.code(operation.channel_no)
        # Not when it was sent: that is the database's time, and a sandbox's clock differs.
        moments.append(Moment(operation.created_at, _("order written"), "", number, url))
        if operation.finished_at is not None:
            what = _("order ended: %(status)s") % {"status": operation.get_status_display()}
            evidence = operation.channel_ref or operation.code
            moments.append(Moment(operation.finished_at, what, "", evidence, url))
    numbers = [operation.channel_no for operation in operations]
    notifications = ChannelNotification.objects.filter(
        channel_no__in=numbers, verdict=Verdict.GENUINE
    ).defer("body", "headers")
    moments.extend(
        Moment(
            notification.received_at,
            _("notification received: %(status)s") % {"status": notification.claimed_status},
            notification.client_ip or "",
            showing.code(notification.notification_id),
            showing.row_url(notification),
        )
        for notification in notifications[:NOTIFICATIONS_MAX]
    )
    return moments
