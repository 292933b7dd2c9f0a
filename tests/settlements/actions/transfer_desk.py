"""What the tests of transfers and their neighbours share."""

import pytest

from payments.actions.channels import point_at_gateway
from payments.models import ChannelAccount, Event
from settlements.actions import transfers
from settlements.models import Payout
from settlements.queries.integrity import verify
from tests.factories.settlements import (
    alipay_destination_of,
    approved_settlement,
    available_money,
    settled_merchant,
    wallet_at,
)
from tests.instants import NEXT_NOON
from tests.rig.stage import order_fault, story_of


class Desk:
    """One approved settlement of 98.00 that goes to an Alipay account, and its channel."""

    def __init__(self, market, other_side, *, message_url: str | None = None) -> None:
        self.other_side = other_side
        other_side.set_clock(NEXT_NOON)
        other_side.alipay.open_payee(
            user_id="2088000000000101", logon_id="seller@example.com", real_name="张三"
        )
        other_side.alipay.open_payee(
            user_id="2088000000000102", logon_id="other@example.com", real_name="张三"
        )
        self.wallet = wallet_at(market, other_side, fee_minor=50, message_url=message_url)
        self.merchant = settled_merchant(with_destination=False)
        self.destination = alipay_destination_of(self.merchant)
        available_money(self.merchant, channel=market.alipay)
        self.settlement_id = approved_settlement(self.merchant).pk
        self.payout_id = Payout.objects.get(settlement=self.settlement_id).pk

    @property
    def payout(self) -> Payout:
        return Payout.objects.select_related("operation", "settlement").get(pk=self.payout_id)

    @property
    def statuses(self) -> tuple[str, str, str]:
        """Where the settlement, its payout and its order stand."""
        payout = self.payout
        return payout.settlement.status, payout.status, payout.operation.status

    @property
    def number(self) -> str:
        return self.payout.operation.channel_no

    @property
    def story(self) -> list[str]:
        return story_of(self.other_side, self.number)

    @property
    def calls(self) -> list[str]:
        return [step for step in self.story if step.startswith(("transfer ", "query "))]

    def send(self) -> None:
        transfers.send_payout(self.payout_id, at=NEXT_NOON)

    def ask(self, *, is_notified: bool = False) -> None:
        transfers.query_payout(self.payout_id, at=NEXT_NOON, is_notified=is_notified)

    def plan(self, kind: str, **fields) -> None:
        self.other_side.alipay.plan(kind, app_id=self.wallet.app_id, **fields)

    def fail(self, kind: str, verb: str) -> None:
        """Let the channel fail on its next answer to us."""
        method = {
            "transfer": "alipay.fund.trans.uni.transfer",
            "query": "alipay.fund.trans.common.query",
        }[verb]
        order_fault(self.other_side, kind, method=method, app_id=self.wallet.app_id)

    def point_at(self, gateway_url: str) -> None:
        point_at_gateway(
            ChannelAccount.objects.get(pk=self.wallet.pk),
            gateway_url=gateway_url,
            actor="t",
            at=NEXT_NOON,
        )

    def in_the_wallet(self) -> int:
        return self.other_side.alipay.wallet_balance_minor(self.wallet.app_id)


@pytest.fixture
def desk(marketplace, simulator):
    return Desk(marketplace, simulator)


def told_of(subject: str) -> list[str]:
    """Return the kinds of the events of a payout, in their order."""
    events = Event.objects.filter(subject=subject).order_by("sequence")
    return list(events.values_list("kind", flat=True))


def assert_laws() -> None:
    assert verify().violations == []
