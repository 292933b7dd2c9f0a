"""Our accounts with channels, and what the books say about them."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import Q, Sum
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.operations import OperationsAdmin
from ledger.admin.panels import Column, Panel, Table
from ledger.chart import CHART
from ledger.models import Account, AccountBalance
from payments.admin.channel_account_buttons import TERMS_BUTTONS, RegisterAccount
from payments.admin.channel_health import ExamineAccount, health_panels
from payments.admin.channel_key_buttons import KEY_BUTTONS, keys_panel
from payments.admin.health_charts import in_a_list
from payments.admin.sending import HoldAccount, line_panels
from payments.models import ChannelAccount
from payments.queries.channel_health import HOUR, health_of


@admin.register(ChannelAccount)
class ChannelAccountAdmin(OperationsAdmin[ChannelAccount]):
    """Where orders go and money comes from. Keys are never shown, only whether they are set."""

    list_display = (
        "name",
        "channel",
        "is_enabled",
        "last_hour",
        "currency",
        "merchant_no",
        "channel_fee_bps",
    )
    list_filter = ("channel", "is_enabled")
    ordering = ("channel", "name")
    secret_fields = ("private_key_encrypted", "api_key_encrypted", "channel_public_key")
    list_operations = (RegisterAccount(),)
    row_operations = (ExamineAccount(), *KEY_BUTTONS, *TERMS_BUTTONS, HoldAccount())
    search_fields = ("id__exact", "name__icontains", "merchant_no__exact")
    search_help_text = gettext_lazy("chn_…, name or merchant number")
    empty_hint = gettext_lazy(
        "“Register account” makes one, switched off. Then its keys are entered and agreed to on its"
        " page, and two people switch it on. Begin with our own bank account."
    )

    def dress(self, rows: Sequence[ChannelAccount]) -> None:
        """Find out how the channels of all these rows answered in the last hour, in one query."""
        super().dress(rows)
        health = health_of([row.pk for row in rows], within=HOUR)
        for row in rows:
            row.health = health[row.pk]  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("answered, last hour"))
    def last_hour(self, row: ChannelAccount) -> SafeString:
        """Draw which share of exchanges had an answer, and how fast the channel is."""
        return in_a_list(getattr(row, "health", None))

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
