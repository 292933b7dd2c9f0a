"""Our accounts with channels, the orders that went there, and what they told us."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import Q, Sum
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.base import BusinessDayRange
from ledger.admin.operations import OperationsAdmin
from ledger.admin.panels import Column, Fact, Facts, Moment, Panel, Table
from ledger.chart import CHART
from ledger.models import Account, AccountBalance
from payments.admin.filters import CurrencyFilter
from payments.admin.masking import masked
from payments.admin.sending import HoldAccount, line_panels
from payments.models import ChannelAccount, ChannelNotification, ChannelOperation

NOTIFICATIONS_MAX = 20


@admin.register(ChannelAccount)
class ChannelAccountAdmin(OperationsAdmin[ChannelAccount]):
    """Where orders go and money comes from. Keys are never shown, only whether they are set."""

    list_display = (
        "name",
        "channel",
        "currency",
        "merchant_no",
        "channel_fee_bps",
        "settles_to",
        "is_enabled",
    )
    list_filter = ("channel", "is_enabled")
    ordering = ("channel", "name")
    secret_fields = ("private_key_encrypted", "channel_public_key")
    search_fields = ("id__exact", "name__icontains", "merchant_no__exact")
    row_operations = (HoldAccount(),)
    empty_hint = gettext_lazy("A channel account is registered by a command, with its keys.")

    def panels(self, request: HttpRequest, row: ChannelAccount) -> Sequence[Panel]:
        """Show the account and what the books say about it."""
        sums = (
            AccountBalance.objects.filter(
                Q(account__owner_id=row.pk) | Q(account__owner_id__startswith=f"{row.pk}/")
            )
            .values_list("account__code", "account__currency")
            .annotate(Sum("balance_minor"))
            .order_by("account__code", "account__currency")
        )
        return [
            *line_panels(row),
            self.facts(row),
            Table(
                _("what the books say"),
                [Column(_("account")), Column(_("balance"), is_amount=True)],
                [
                    [
                        f"{code} {CHART[code].name}",
                        showing.money(int(minor), currency, url=_accounts_url(row, code, currency)),
                    ]
                    for code, currency, minor in sums
                ],
                empty=_("Nothing is booked for this account yet."),
            ),
        ]


def _accounts_url(row: ChannelAccount, code: str, currency: str) -> str:
    """Return where the accounts of a number are that belong to a channel account."""
    query = f"code={code}&currency__exact={currency}&owner_id__startswith={row.pk}"
    return showing.list_url(Account, query)


@admin.register(ChannelOperation)
class ChannelOperationAdmin(ReadOnlyAdmin[ChannelOperation]):
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


@admin.register(ChannelNotification)
class ChannelNotificationAdmin(ReadOnlyAdmin[ChannelNotification]):
    """What a channel told us by itself; it only makes us ask."""

    list_display = (
        "id",
        "channel_account",
        "channel_no",
        "claimed_status",
        "client_ip",
        "received_at",
    )
    list_filter = (("received_at", BusinessDayRange),)
    search_fields = ("channel_no__exact", "notification_id__exact")
    search_help_text = gettext_lazy("Our number, or the channel's notification id")
    unread_fields = ("body",)
    has_story = False
    empty_hint = gettext_lazy("Genuine notifications are kept here; forged ones are refused.")

    def panels(self, request: HttpRequest, row: ChannelNotification) -> Sequence[Panel]:
        """Show the notification with its masked body."""
        body = bytes(row.body).decode("utf-8", errors="replace")
        content = Facts(
            _("content"),
            [Fact(_("masked"), showing.structure(masked(body)), is_wide=True)],
            note=_("What names a person, and signatures, are blotted out."),
        )
        return [self.facts(row), content]


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
    notifications = ChannelNotification.objects.filter(channel_no__in=numbers).defer("body")
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
