"""One life of each kind of order, with all that can be passed on the way: lost, asked, sent again.

A story is told step by step through a survivor, so that each step may die and is done again.
"""

from datetime import timedelta

from django.test import Client
from procrastinate.contrib.django import app

from ledger.actions.approvals import Decider, digest_of
from payments.actions import order_resolutions, refund_remedies
from payments.actions.refund_remedies import PayerCard
from payments.models import ChannelOperation, Payment, PaymentAttempt, Refund
from payments.queries.order_resolutions import Resolution
from settlements.models import Payout
from tests.crashes.scene import (
    Scene,
    Story,
    lose,
    number_of,
    posted,
    the_attempt,
    unionpay_account,
)
from tests.factories.settlements import (
    alipay_destination_of,
    approved_settlement,
    available_money,
    settled_merchant,
    wallet_at,
)
from tests.instants import NEXT_NOON, NOON
from tests.rig.stage import open_wechat_account, order_fault

EXPIRED_AT = NOON + timedelta(days=2)
PAID_AT = NOON + timedelta(minutes=5)
AMOUNT_MINOR = 10_000


def pay(scene: Scene) -> str:
    """Create and confirm by API; the first order is lost, the payer pays, the channel tells."""
    lose(scene, "alipay.trade.precreate")
    order(scene, "alipay_qr")
    number = the_attempt().operation.channel_no
    scene.other_side.pay(app_id=scene.market.plan.app_id, out_trade_no=number, at=PAID_AT)
    letter = scene.mailbox.about(number)
    answer = scene.survivor.does(
        lambda: Client().post(
            f"/notify/{scene.market.alipay.pk}/",
            letter.body,
            content_type=letter.headers["Content-Type"],
        )
    )
    assert answer.content == b"success"
    scene.survivor.works_until(lambda: Payment.objects.get().status == "paid")
    return number


def order(scene: Scene, method: str) -> None:
    """Create a payment and confirm it by API, until its payer may pay."""
    created = posted(
        scene,
        "/v1/payments",
        {
            "merchant_order_no": "ORDER-1",
            "amount": AMOUNT_MINOR,
            "currency": "CNY",
            "description": "Tea",
            "allocations": [{"merchant_id": scene.merchant.pk, "amount": AMOUNT_MINOR}],
        },
    )
    posted(scene, f"/v1/payments/{created['id']}/confirm", {"method": method})
    scene.survivor.works_until(lambda: the_attempt().status == "awaiting_payer")


def show_code(scene: Scene) -> str:
    """Order what a payer scans and looks at, so that the channel knows of it."""
    order(scene, "alipay_qr")
    number = str(the_attempt().operation.channel_no)
    whose = {"app_id": scene.market.plan.app_id, "out_trade_no": number}
    scene.other_side.client.post("/control/scan", json=whose).raise_for_status()
    return number


def cancel(scene: Scene) -> str:
    """Cancel by API what a payer looks at; the first word to close it is lost on its way."""
    lose(scene, "alipay.trade.close")
    posted(scene, f"/v1/payments/{Payment.objects.get().pk}/cancel", {})
    scene.survivor.works_until(lambda: Payment.objects.get().status == "closed")
    return number_of("pay")


def expire(scene: Scene) -> str:
    """Let the time of a payment run out; the answer that its order is closed is lost."""
    app_id = scene.market.plan.app_id
    order_fault(
        scene.other_side, "timeout_after_commit", method="alipay.trade.close", app_id=app_id
    )
    scene.survivor.does(lambda: app.tasks["payments.expire"](at=EXPIRED_AT.isoformat()))
    scene.survivor.works_until(lambda: Payment.objects.get().status == "closed")
    return number_of("pay")


def pay_at_wechat(scene: Scene) -> str:
    """Pay at WeChat Pay; the first order is lost, and nobody tells that the payer has paid."""
    account = open_wechat_account(scene.market, other_side=scene.other_side)
    lose(scene, "wechat.native", app_id=account.merchant_no)
    order(scene, "wechat_native")
    number = str(the_attempt().operation.channel_no)
    scene.other_side.pay(app_id=account.merchant_no, out_trade_no=number, at=PAID_AT)
    scene.survivor.works_until(lambda: Payment.objects.get().status == "paid")
    return number


def pay_by_card(scene: Scene) -> str:
    """Pay on UnionPay's page."""
    account = unionpay_account(scene)
    order(scene, "card_page")
    attempt = the_attempt()
    number = str(attempt.operation.channel_no)
    scene.other_side.open_page(attempt.payer_action)
    scene.other_side.pay(app_id=account.merchant_no, out_trade_no=number, at=PAID_AT)
    scene.survivor.works_until(lambda: Payment.objects.get().status == "paid")
    return number


def refund_by_card(scene: Scene) -> str:
    """Give back to a card; the first order is lost, asked about, and placed again."""
    merchant_no = unionpay_account(scene).merchant_no
    ask_for_refund(scene, lost="unionpay.refund", app_id=merchant_no)
    scene.survivor.works_until(lambda: Refund.objects.get().status == "succeeded")
    return number_of("refund")


def fail_to_deliver(scene: Scene) -> str:
    """Give back what was paid at WeChat Pay, whose payer's account does not take it."""
    pay_at_wechat(scene)
    merchant_no = the_attempt().operation.channel_account.merchant_no
    plan = {"kind": "refund_failed", "app_id": merchant_no, "error_code": "ABNORMAL"}
    scene.other_side.client.post("/control/wechat/plans", json=plan).raise_for_status()
    ask_for_refund(scene, lost="wechat.refund", app_id=merchant_no)
    scene.survivor.works_until(lambda: Refund.objects.get().status == "abnormal")
    lose(scene, "wechat.abnormal", app_id=merchant_no)
    return number_of("refund")


def deliver_elsewhere(scene: Scene) -> str:
    """Have two people send it to a card of the payer's; the first word of it is lost."""
    refund_id = Refund.objects.get().pk
    card = PayerCard("ICBC_DEBIT", "6222 0000 0000 0000", "张茶")
    remedy = refund_remedies.request_remedy(
        refund_id, card=card, note="Told by phone.", actor="user:1", at=PAID_AT
    )
    refund_remedies.approve_remedy(
        refund_id,
        shown_digest=bytes(remedy.approval.digest),
        decider=Decider("user:2", second_factor="totp"),
        at=PAID_AT,
    )
    scene.survivor.works_until(lambda: Refund.objects.get().status == "succeeded")
    return number_of("refund")


def leave_to_people(scene: Scene) -> str:
    """Order what a payer shall scan, and ask about it to the end of the schedule in vain."""
    order(scene, "alipay_qr")
    ChannelOperation.objects.update(status="unknown")
    PaymentAttempt.objects.update(status="unknown")
    ChannelOperation.objects.update(status="manual_review", next_query_at=None)
    PaymentAttempt.objects.update(status="manual_review")
    return number_of("pay")


def resolve(scene: Scene) -> str:
    """Have two people say, with evidence, that it was paid; a worker records that."""
    operation_id = ChannelOperation.objects.get().pk
    paid = Resolution("succeeded", "channel_bill", "bill, line 7", "Paid at noon.")
    asked = order_resolutions.request_resolution(operation_id, paid, actor="user:1", at=PAID_AT)
    order_resolutions.approve_resolution(
        operation_id,
        shown_digest=digest_of(asked.payload),
        decider=Decider("user:2", second_factor="totp"),
        at=PAID_AT,
    )
    scene.survivor.works_until(lambda: Payment.objects.get().status == "paid")
    return number_of("pay")


def ask_for_refund(scene: Scene, *, lost: str = "alipay.trade.refund", app_id: str = "") -> None:
    """Ask for a part of the payment by API; its order is lost once. Again: the same refund."""
    lose(scene, lost, app_id=app_id)
    posted(
        scene,
        "/v1/refunds",
        {
            "payment_id": Payment.objects.get().pk,
            "merchant_refund_no": "REFUND-1",
            "amount": 4_000,
            "currency": "CNY",
            "reason": "Returned",
            "allocations": [{"merchant_id": scene.merchant.pk, "amount": 4_000}],
        },
    )


def refund(scene: Scene) -> str:
    """Ask for a refund by API; the first order is lost, asked about, and placed again."""
    ask_for_refund(scene)
    scene.survivor.works_until(lambda: Refund.objects.get().status == "succeeded")
    return number_of("refund")


def payout(scene: Scene) -> str:
    """Pay a settlement out to an Alipay account; the first order is lost, asked about, repeated."""
    scene.other_side.set_clock(NEXT_NOON)
    scene.other_side.alipay.open_payee(
        user_id="2088000000000101", logon_id="seller@example.com", real_name="张三"
    )
    wallet = wallet_at(scene.market, scene.other_side, fee_minor=50)
    merchant = settled_merchant(with_destination=False)
    alipay_destination_of(merchant)
    available_money(merchant, channel=scene.market.alipay)
    approved_settlement(merchant)
    lose(scene, "alipay.fund.trans.uni.transfer", app_id=wallet.app_id)
    scene.survivor.works_until(lambda: Payout.objects.get().status == "succeeded")
    return number_of("payout")


_SHARED = frozenset({"exchange", "order", "job"})
_SPOKEN = frozenset({"exchange", "order"})
_CLOSED = {"before": show_code, "end": "closed"}
STORIES = {
    "pay": Story(pay, "paid", "payment.paid", _SHARED | {"request", "notification"}),
    "refund": Story(refund, "refunded", "refund.succeeded", _SHARED | {"request"}, before=pay),
    "payout": Story(payout, "transfer_ended", "payout.succeeded", _SHARED),
    "cancel": Story(
        cancel, "closed", "payment.closed", frozenset({"attempt", "request", "job"}), **_CLOSED
    ),
    "expire": Story(expire, "closed", "payment.closed", frozenset({"attempt", "order"}), **_CLOSED),
    "wechat pay": Story(pay_at_wechat, "paid", "payment.paid", _SPOKEN),
    "card refund": Story(
        refund_by_card, "refunded", "refund.succeeded", _SPOKEN, before=pay_by_card
    ),
    "delivery elsewhere": Story(
        deliver_elsewhere,
        "refund_success",
        "refund.succeeded",
        frozenset({"remedy", "order", "job"}),
        before=fail_to_deliver,
    ),
    "resolve": Story(
        resolve,
        "paid",
        "payment.paid",
        frozenset({"order", "job"}),
        before=leave_to_people,
        turns=0,
    ),
}
