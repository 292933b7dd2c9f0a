"""Questions about our wallets at channels: what is in them, and what shall leave them."""

from dataclasses import dataclass

from django.db.models import Sum

from ledger import chart
from ledger.models import AccountBalance, ApprovalRequest
from payments.models import ChannelAccount, ChannelKind
from settlements.models import Payout
from settlements.states import LIVE_PAYOUTS

TOPUP_KIND = "wallet_topup"


@dataclass(frozen=True, slots=True)
class Wallet:
    """One wallet of ours, in minor units: what the books hold, and the payouts that it owes.

    The books may be below zero: a wallet has no floor, because the channel's word decides.
    """

    account: ChannelAccount
    balance_minor: int
    leaving_minor: int

    @property
    def left_minor(self) -> int:
        """Return what would be left when everything has gone that waits or is on its way."""
        return self.balance_minor - self.leaving_minor

    @property
    def is_short(self) -> bool:
        """Tell whether it cannot pay what it shall pay."""
        return self.left_minor < 0


def wallets() -> list[Wallet]:
    """Return the wallets from which payouts may go, by their names. Three queries."""
    accounts = list(
        ChannelAccount.objects.filter(can_transfer=True)
        .exclude(channel=ChannelKind.BANK)
        .order_by("name", "pk")
    )
    balances = {
        (row.account.owner_id, row.account.currency): row.balance_minor
        for row in AccountBalance.objects.filter(
            account__code=chart.CHANNEL_WALLET, account__owner_id__in=[one.pk for one in accounts]
        ).select_related("account")
    }
    leaving = dict(
        Payout.objects.filter(
            status__in=LIVE_PAYOUTS, operation__channel_account__in=[one.pk for one in accounts]
        )
        .values_list("operation__channel_account_id")
        .annotate(Sum("amount_minor"))
    )
    return [
        Wallet(
            account=account,
            balance_minor=balances.get((account.pk, account.currency), 0),
            leaving_minor=int(leaving.get(account.pk, 0)),
        )
        for account in accounts
    ]


def topup_request(bill_line_id: int) -> ApprovalRequest | None:
    """Return the newest request that says that a bank's debit filled a wallet, if there is one."""
    return (
        ApprovalRequest.objects.filter(kind=TOPUP_KIND, object_id=str(bill_line_id))
        .order_by("-created_at", "-pk")
        .first()
    )
