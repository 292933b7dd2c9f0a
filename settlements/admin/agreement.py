"""What two people agree to before a settlement is paid, for the first time or again."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin.approval_panel import Decision
from ledger.admin.asking import Asking
from ledger.admin.panels import Notice, Panel
from ledger.models import ApprovalRequest
from settlements.actions import settlements, take_backs
from settlements.admin import panels
from settlements.models import Settlement
from settlements.states import SettlementStatus

FIRST_LINES = 10
PAID_OUT = (SettlementStatus.PAYING, SettlementStatus.PAID)


class SettlementDecision(Decision[Settlement]):
    """What another person says of paying a settlement."""

    permission = "settlements.approve_settlement"
    own_request = gettext_lazy(
        "You submitted this settlement, so another person has to decide on it."
    )
    payload_words = {
        "settlement": gettext_lazy("settlement"),
        "merchant": gettext_lazy("merchant"),
        "currency": gettext_lazy("currency"),
        "net_minor": gettext_lazy("net"),
        "item_count": gettext_lazy("lines"),
        "items_net_minor": gettext_lazy("sum of the lines"),
        "business_date": gettext_lazy("business day"),
        "destination": gettext_lazy("destination"),
        "destination_version": gettext_lazy("version of the destination"),
        "destination_is_active": gettext_lazy("the destination is active"),
        "fee_plan": gettext_lazy("fee plan"),
        "fee_plan_version": gettext_lazy("version of the fee plan"),
    }

    def request_of(self, row: Settlement) -> ApprovalRequest | None:
        """Return the newest request to pay it."""
        return row.approval

    def payload_of(self, row: Settlement) -> Mapping[str, Any]:
        """Return what is agreed to."""
        return settlements.settlement_payload(row)

    def summary(self, request: HttpRequest, row: Settlement) -> Sequence[Panel]:
        """Show the payee, the amount, what changed, and what is left."""
        if not self.is_offered(row):
            return [panels.summary(row)]
        return [
            *changes(row),
            *panels.wallet_notices(row),
            panels.payee(row),
            panels.balances_after(row),
            panels.ties_out(row),
            panels.lines_table(row, more_url=panels.all_lines_url(row), limit=FIRST_LINES),
        ]

    def void_changed(self, row: Settlement, waiting: ApprovalRequest, asking: Asking) -> None:
        """Take the settlement back as well: what was submitted is a draft again."""
        take_backs.take_back_changed(row.pk, decider=asking.decider, at=asking.at)


def changes(row: Settlement) -> list[Panel]:
    """Say what differs from the last time this merchant was paid."""
    last = (
        Settlement.objects.filter(
            merchant_id=row.merchant_id, currency=row.currency, status__in=PAID_OUT
        )
        .order_by("-created_at", "-pk")
        .first()
    )
    if last is None:
        return [Notice(_("This merchant has never been paid before in this currency."))]
    if last.destination_id != row.destination_id:
        return [Notice(_("The account is another one than the last time."), "alarm")]
    return [Notice(_("Same account as the last time."), "good")]
