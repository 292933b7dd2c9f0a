"""Our accounts with channels, and what the books say about them."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import Q, Sum
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.operations import OperationsAdmin
from ledger.admin.panels import Column, Panel, Table
from ledger.chart import CHART
from ledger.models import Account, AccountBalance
from payments.admin.channel_health import ExamineAccount, health_panels
from payments.admin.channel_key_buttons import KEY_BUTTONS, keys_panel
from payments.admin.sending import HoldAccount, line_panels
from payments.models import ChannelAccount


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
    secret_fields = ("private_key_encrypted", "api_key_encrypted", "channel_public_key")
    row_operations = (ExamineAccount(), *KEY_BUTTONS, HoldAccount())
    search_fields = ("id__exact", "name__icontains", "merchant_no__exact")
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
            self.facts(row),
            *line_panels(row),
            *health_panels(request, row),
            *keys_panel(request, row),
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
