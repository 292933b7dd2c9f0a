"""What a payer pays by was lost on the way: each scene of each channel has it in the end, once."""

from urllib.parse import urljoin

import pytest
from django.db import transaction

from ledger.fault_points import CrashError
from payments.actions import attempts, payments
from payments.channels.registry import TRAITS
from payments.models import ChannelOperation, PaymentAttempt
from tests.contracts.desks import METHODS, PAID_AT, Desk
from tests.contracts.test_scenes import DEVICES, PAYERS
from tests.crashes.survival import crashing_at
from tests.factories.payments import owed_payment
from tests.instants import NOON
from tests.rig.stage import let_machines_wait, order_fault, run_jobs, story_of

CALLS = {
    "alipay_qr": "alipay.trade.precreate",
    "alipay_mini": "alipay.trade.create",
    "wechat_native": "wechat.native",
    "wechat_jsapi": "wechat.jsapi",
    "wechat_h5": "wechat.h5",
    "wechat_app": "wechat.app",
}
"""The call by which each scene is ordered; the others are carried by the payer, and call nobody."""
SCENES = [
    (channel, method) for channel in sorted(METHODS) for method in sorted(TRAITS[channel].methods)
]
ORDERED = [(channel, method) for channel, method in SCENES if method in CALLS]
LOST = [
    ("timeout_after_commit", {}),
    ("http_500", {"after_commit": True}),
    ("bad_signature", {}),
]


def confirmed(desk: Desk, method: str, *, capture_mode: str = "automatic") -> PaymentAttempt:
    """Have 100.00 asked for in a scene; its order has not left."""
    payment = owed_payment(capture_mode=capture_mode)
    with transaction.atomic():
        payments.confirm_payment(
            payment.pk,
            method=method,
            client_ip="203.0.113.7",
            payer_account=PAYERS.get(desk.channel, ""),
            actor="key:test",
            at=NOON,
        )
    attempt = PaymentAttempt.objects.get(payment=payment)
    assert attempt.channel_account_id == desk.account.pk
    return attempt


def looked_after(attempt: PaymentAttempt) -> PaymentAttempt:
    """Let the janitor come, and the workers."""
    let_machines_wait()
    attempts.defer_due(at=NOON)
    run_jobs()
    return Desk.read(attempt)


def page_of(desk: Desk, attempt: PaymentAttempt) -> tuple[str, str]:
    """Be the payer's device, up to the page: its address and its text."""
    client, action = desk.other_side.client, attempt.payer_action
    if attempt.qr_code:
        answer = client.get(attempt.qr_code)
    elif action["kind"] == "redirect":
        answer = client.get(action["url"])
    else:
        answer = client.post(action["url"] or DEVICES[attempt.method], data=action["fields"])
    if answer.status_code == 303:
        answer = client.get(urljoin(str(answer.url), answer.headers["location"]))
    assert answer.status_code == 200, answer.text
    return str(answer.url), answer.text


def assert_it_can_be_paid(desk: Desk, attempt: PaymentAttempt) -> None:
    """Find the page and pay on it: once, and known here."""
    number = attempt.operation.channel_no
    assert attempt.status == "awaiting_payer"
    assert bool(attempt.qr_code) is not bool(attempt.payer_action)
    _address, page = page_of(desk, attempt)
    assert number in page
    desk.other_side.pay(app_id=desk.owner, out_trade_no=number, at=PAID_AT)
    assert desk.ask(attempt).payment.status == "paid"
    assert story_of(desk.other_side, number).count("paid") == 1


@pytest.mark.parametrize(("kind", "how"), LOST, ids=[kind for kind, _how in LOST])
@pytest.mark.parametrize(("channel", "method"), ORDERED)
def test_an_answer_that_was_lost_is_given_again(desks, channel, method, kind, how):
    # Given the channel has the order, and we nothing by which it is paid
    desk = desks[channel]
    attempt = confirmed(desk, method)
    order_fault(desk.other_side, kind, app_id=desk.owner, method=CALLS[method], **how)
    attempts.send_attempt(attempt.pk, at=NOON)
    attempt = desk.read(attempt)
    assert (attempt.status, attempt.qr_code, attempt.payer_action) == ("unknown", "", {})

    # When
    attempt = looked_after(attempt)

    # Then it was asked about, and placed once more
    assert attempt.operation.sends == 2
    assert_it_can_be_paid(desk, attempt)


@pytest.mark.parametrize(("channel", "method"), SCENES)
@pytest.mark.parametrize("point", ["exchange.intended", "exchange.answered"])
def test_a_sender_that_died_leaves_what_others_can_finish(desks, channel, method, point):
    # Given
    desk = desks[channel]
    attempt = confirmed(desk, method)
    with crashing_at(point), pytest.raises(CrashError):
        attempts.send_attempt(attempt.pk, at=NOON)
    assert desk.read(attempt).status == "sending"

    # When
    attempt = looked_after(attempt)

    # Then
    assert (attempt.status, attempt.operation.sends) == ("awaiting_payer", 2)
    if method in CALLS:
        assert_it_can_be_paid(desk, attempt)
    else:
        assert attempt.payer_action


def test_a_code_by_which_money_is_held_is_given_again(desks):
    # Given
    desk = desks["alipay"]
    attempt = confirmed(desk, "alipay_qr", capture_mode="manual")
    call = "alipay.fund.auth.order.voucher.create"
    order_fault(desk.other_side, "timeout_after_commit", app_id=desk.owner, method=call)
    attempts.send_attempt(attempt.pk, at=NOON)
    assert desk.read(attempt).status == "unknown"

    # When
    attempt = looked_after(attempt)

    # Then
    assert (attempt.status, attempt.operation.sends) == ("awaiting_payer", 2)
    _address, page = page_of(desk, attempt)
    assert attempt.operation.channel_no in page


def test_what_is_lost_again_is_asked_about_again_and_not_for_ever(desks):
    # Given a channel whose every answer to the order is lost
    desk = desks["wechatpay"]
    attempt = confirmed(desk, "wechat_native")
    order_fault(
        desk.other_side, "timeout_after_commit", app_id=desk.owner, method="wechat.native", count=20
    )
    attempts.send_attempt(attempt.pk, at=NOON)

    # When
    for _ in range(3):
        attempt = looked_after(attempt)

    # Then each time it is asked about first
    assert (attempt.status, attempt.operation.sends, attempt.operation.queries) == (
        *("awaiting_payer", 4),
        3,
    )
    calls = [step.split()[0] for step in story_of(desk.other_side, attempt.operation.channel_no)]
    spoken = [call for call in calls if call in {"native", "query"}]
    assert spoken == ["native", *["query", "native"] * 3]

    # When it was sent as often as it may be
    ChannelOperation.objects.update(sends=16)

    # Then
    assert looked_after(attempt).operation.sends == 16
    desk.other_side.client.delete("/control/faults")


def test_nobody_sends_what_nobody_wants(desks):
    # Given a lost code of a payer who chose another method meanwhile
    desk = desks["wechatpay"]
    attempt = confirmed(desk, "wechat_native")
    order_fault(desk.other_side, "timeout_after_commit", app_id=desk.owner, method="wechat.native")
    attempts.send_attempt(attempt.pk, at=NOON)
    PaymentAttempt.objects.update(is_withdrawn=True)

    # When
    let_machines_wait()
    attempts.query_attempt(attempt.pk, at=NOON)

    # Then it is closed at the channel instead
    assert (desk.read(attempt).status, desk.read(attempt).operation.sends) == ("closed", 1)
