"""One refund at its channel, over real HTTP."""

from datetime import timedelta

import pytest

from payments.actions import attempts, refund_orders
from payments.actions.operations import channel_no_of
from payments.models import ChannelOperation, Payment, Refund
from settlements.queries import integrity
from tests.books import balance
from tests.factories.payments import confirmed_payment, refund_asked
from tests.instants import NOON
from tests.rig.stage import let_machines_wait, order_fault, run_jobs, story_of

LATER = NOON + timedelta(hours=1)


class Desk:
    """One payment of 100.00 that was paid at the simulated Alipay, and its refunds."""

    def __init__(self, marketplace, other_side) -> None:
        self.market = marketplace
        self.other_side = other_side
        attempt = confirmed_payment(payer_no="P1")
        attempts.send_attempt(attempt.pk, at=NOON)
        self.pay_no = attempt.operation.channel_no
        other_side.pay(app_id=marketplace.plan.app_id, out_trade_no=self.pay_no, at=NOON)
        attempts.query_attempt(attempt.pk, at=NOON)
        run_jobs()
        self.payment = Payment.objects.get()
        self.owner = f"{marketplace.alipay.pk}/{self.payment.allocations.get().merchant_id}"

    def ask_for(self, amount_minor: int | None = None) -> Refund:
        return refund_asked(self.payment, amount_minor=amount_minor, at=LATER)

    def fail(self, kind: str, method: str, **fields: object) -> None:
        order_fault(self.other_side, kind, method=method, app_id=self.market.plan.app_id, **fields)

    def plan(self, kind: str, **fields: object) -> None:
        """Decide beforehand what becomes of the next refund."""
        self.other_side.client.post(
            "/control/alipay/plans",
            json={"kind": kind, "app_id": self.market.plan.app_id, **fields},
        ).raise_for_status()

    def story(self, refund: Refund) -> list[str]:
        return story_of(self.other_side, channel_no_of(refund.pk))

    def settle(self) -> None:
        """Let machines wait once, and the janitor and the workers do theirs."""
        let_machines_wait()
        refund_orders.defer_due(at=LATER)
        run_jobs()

    @property
    def on_the_way(self) -> str:
        return balance("2101", self.owner)


@pytest.fixture
def desk(marketplace, simulator) -> Desk:
    desk = Desk(marketplace, simulator)
    yield desk
    simulator.client.delete("/control/alipay/plans")
    assert integrity.verify().violations == []


def standing(refund: Refund) -> tuple[str, str]:
    """Where a refund and its order stand."""
    refund.refresh_from_db()
    return refund.status, ChannelOperation.objects.get(subject=refund.pk).status
