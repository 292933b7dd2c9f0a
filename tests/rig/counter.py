"""A marketplace's counter: one confirmed payment, its payer, and what the channel saw of it."""

from datetime import timedelta
from itertools import pairwise

from payments.actions import attempts
from payments.actions.channels import point_at_gateway
from payments.models import BalanceTransaction, Event, PaymentAttempt
from settlements.rehearsal.marketplace import Marketplace
from settlements.rehearsal.other_side import OtherSide
from tests.books import assert_balances
from tests.factories.payments import confirmed_payment
from tests.instants import NOON
from tests.rig.stage import order_fault, story_of

PAID_AT = NOON + timedelta(minutes=3)
NOBODY_LISTENS = "http://127.0.0.1:9/gateway.do"


class Counter:
    """One confirmed payment, the payer who pays it, and what the channel saw of it."""

    def __init__(self, marketplace: Marketplace, other_side: OtherSide) -> None:
        """Confirm a payment; its order has not left yet."""
        self.market = marketplace
        self.other_side = other_side
        self.attempt_id = confirmed_payment(payer_no="P1").id

    @property
    def attempt(self) -> PaymentAttempt:
        """Read the try, with its payment and its order."""
        return PaymentAttempt.objects.select_related("payment", "operation").get(pk=self.attempt_id)

    @property
    def statuses(self) -> tuple[str, str, str]:
        """Where the payment, its try and its order stand."""
        attempt = self.attempt
        return attempt.payment.status, attempt.status, attempt.operation.status

    @property
    def story(self) -> list[str]:
        """Return what the channel saw of the order."""
        return story_of(self.other_side, self.attempt.operation.channel_no)

    @property
    def calls(self) -> list[str]:
        """Return only our calls."""
        return [step for step in self.story if step.startswith(("precreate ", "query ", "close "))]

    def send(self) -> None:
        """Be the worker that sends."""
        attempts.send_attempt(self.attempt_id, at=NOON)

    def ask(self, *, is_notified: bool = False) -> None:
        """Be the worker that asks, or that was told something by the channel."""
        attempts.query_attempt(self.attempt_id, at=NOON, is_notified=is_notified)

    def payer_pays(self) -> None:
        """Scan and pay at PAID_AT."""
        self.other_side.pay(
            app_id=self.market.plan.app_id,
            out_trade_no=self.attempt.operation.channel_no,
            at=PAID_AT,
        )

    def payer_scans(self) -> None:
        """Scan and do not pay yet."""
        self.other_side.client.post(
            "/control/scan",
            json={
                "app_id": self.market.plan.app_id,
                "out_trade_no": self.attempt.operation.channel_no,
            },
        ).raise_for_status()

    def fail(self, kind: str, verb: str, **fields: object) -> None:
        """Let the channel fail on its next answer to us."""
        order_fault(
            self.other_side,
            kind,
            method=f"alipay.trade.{verb}",
            app_id=self.market.plan.app_id,
            **fields,
        )

    def unplug(self) -> None:
        """Let nobody listen at the channel."""
        self._point_at(NOBODY_LISTENS)

    def plug_in(self) -> None:
        """Let the channel listen again."""
        self._point_at(f"{self.other_side.url}/gateway.do")

    def _point_at(self, gateway_url: str) -> None:
        point_at_gateway(self.attempt.channel_account, gateway_url=gateway_url, actor="t", at=NOON)

    def assert_paid_once(self) -> None:
        """Check payment, line, books and channel."""
        assert self.statuses == ("paid", "succeeded", "succeeded")
        assert [event.kind for event in Event.objects.order_by("sequence")] == [
            "payment.created",
            "payment.awaiting_payment",
            "payment.paid",
        ]
        line = BalanceTransaction.objects.get()
        assert (line.gross_minor, line.fee_minor, line.net_minor) == (10_000, 200, 9_800)
        assert_balances(
            self.attempt.payment.allocations.get().merchant_id, merchant_pending="98.00"
        )
        assert self.story.count("paid") == 1
        assert blind_resends(self.story) == 0


def blind_resends(story: list[str]) -> int:
    """Count orders that came again although nobody had heard that the channel lacks them."""
    calls = [step.split() for step in story if step.startswith(("precreate", "query"))]
    return sum(
        1
        for before, call in pairwise(calls)
        if call[0] == "precreate" and before != ["query", "ACQ.TRADE_NOT_EXIST"]
    )
