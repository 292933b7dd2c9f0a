"""The wallet desk of a rehearsal: payouts by transfer need money at the channel first."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from settlements.actions import topups
from settlements.models import BillLine, BillLineState, DestinationKind, Settlement
from settlements.rehearsal.marketplace import Marketplace
from settlements.rehearsal.other_side import OtherSide
from settlements.rehearsal.people import Person
from settlements.states import SettlementStatus

TOP_UP_WORDS = "ALIPAY TOP-UP"
"""What the simulated bank writes beside such a debit."""


@dataclass(frozen=True, slots=True)
class WalletDesk:
    """Two people who keep the wallet filled; a marketplace without one needs nothing of it."""

    market: Marketplace
    other_side: OtherSide
    maker: Person
    checker: Person

    def fill(self, *, at: datetime) -> None:
        """Send what submitted settlements need from the bank to the wallet; once per instant."""
        if self.market.wallet is None:
            return
        needed_minor = Settlement.objects.filter(
            status=SettlementStatus.SUBMITTED,
            currency=self.market.plan.currency,
            destination__kind=DestinationKind.ALIPAY,
        ).aggregate(total=Sum("net_minor"))["total"]
        if needed_minor:
            self.other_side.alipay.top_up(
                app_id=self.market.wallet.app_id,
                amount_minor=needed_minor,
                number=f"TOPUP{at:%Y%m%d}",
                at=at,
            )

    def book(self, *, at: datetime) -> None:
        """Book what the bank's statement shows of it (E20): one proposes, the other agrees."""
        if self.market.wallet is None:
            return
        for line in BillLine.objects.filter(
            bill__channel_account=self.market.bank,
            state=BillLineState.OPEN,
            direction="debit",
            text__contains=TOP_UP_WORDS,
        ).order_by("pk"):
            request = topups.propose_wallet_topup(
                self.market.wallet.pk,
                bill_line_id=line.pk,
                actor=self.maker.actor,
                at=at,
                reason="wallet filled for payouts",
            )
            topups.approve_wallet_topup(
                line.pk,
                shown_digest=bytes(request.digest),
                decider=self.checker.decider,
                at=at,
            )
