"""A walk past all that has to do with secrets; each step sees that it was taken."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse

from ledger import encryption
from payments.actions import attempts, capture_orders, examinations, payments, voids
from payments.actions import notifications as inbox
from payments.actions.capture_requests import CaptureRequest, start_capture
from payments.channels.base import Outcome, OutcomeKind
from payments.models import (
    Capture,
    ChannelAccount,
    ChannelKeySet,
    ChannelNotification,
    ChannelOperation,
    Merchant,
    Payment,
    PaymentAttempt,
    Refund,
    RefundRemedy,
    Void,
)
from risk.pins import PasswordOwner
from tests.factories.passwords import guessed_wrong, set_password, typed
from tests.factories.payments import (
    answered_refund,
    attempted_payment,
    owed_payment,
    paid_payment,
    refund_asked,
)
from tests.instants import NOON
from tests.payments.actions.test_channel_keys import new_key, private_pem
from tests.payments.api import test_notifications as door
from tests.rig.keys import approve
from tests.rig.leaks import Planted
from tests.rig.partner import Partner
from tests.rig.staff import desk, show_second_factor
from tests.rig.stage import let_machines_wait, run_jobs
from tests.settlements.actions.transfer_desk import Desk

PIN, WRONG_PIN = "736194", "849305"
CARD = "4111111111111111"
ACCOUNT, HOLDER = "62170000987654321", "欧阳暮雪"
API_KEY = "Tp9vQx2mLr7cWd4kZs8bHn3gYf6jEa5u"
LATER = NOON + timedelta(hours=1)


def plant_key_of(each: ChannelAccount, planted: Planted) -> None:
    place = f"payments_channelaccount|private_key|{each.pk}"
    pem = encryption.decrypt(each.private_key_encrypted, aad=place)
    planted.private_key(f"private key at {each.channel} {each.name}", pem)


def pay_and_give_back(partner: Partner, method: str, simulator) -> None:
    body = {"merchant_order_no": f"O-{method}", "amount": 10_000, "currency": "CNY"}
    created = partner.post("/v1/payments", {**body, "description": "Tea", "allocations": shares()})
    assert created.status_code == 201, created.content
    confirmed = partner.post(
        f"/v1/payments/{created.json()['id']}/confirm",
        {"method": method, "payer_ip": "203.0.113.7"},
    )
    assert confirmed.status_code == 200, confirmed.content
    run_jobs()
    attempt = PaymentAttempt.objects.get(payment=created.json()["id"])
    granted(attempt, simulator)
    refund = partner.post(
        "/v1/refunds",
        {
            "payment_id": attempt.payment_id,
            "merchant_refund_no": f"R-{method}",
            "amount": 1_000,
            "reason": "Broken",
        },
    )
    assert refund.status_code == 201, refund.content
    run_jobs()
    settle()


def shares() -> list[dict[str, object]]:
    merchant = Merchant.objects.first() or paid_payment().allocations.get().merchant
    return [{"merchant_id": merchant.pk, "amount": 10_000}]


def granted(attempt: PaymentAttempt, simulator) -> None:
    """Be the payer; then let the channel be asked."""
    simulator.open_page(attempt.payer_action or {})
    order = ChannelOperation.objects.select_related("channel_account").get(pk=attempt.operation_id)
    owner = order.channel_account.app_id or order.channel_account.merchant_no
    simulator.pay(app_id=owner, out_trade_no=order.channel_no, at=NOON)
    let_machines_wait()
    attempts.query_attempt(attempt.pk, at=NOON, is_notified=True)
    assert Payment.objects.get(pk=attempt.payment_id).status in ("paid", "authorized")


def settle() -> None:
    let_machines_wait()
    capture_orders.defer_due(at=LATER)
    run_jobs()


def hold_take_and_give_back(simulator) -> None:
    for method in ("alipay_qr", "card_page"):
        for is_taken in (True, False):
            payment = owed_payment(at=NOON, capture_mode="manual")
            with transaction.atomic():
                payments.confirm_payment(
                    payment.pk, method=method, client_ip="203.0.113.7", actor="key:t", at=NOON
                )
            run_jobs()
            granted(PaymentAttempt.objects.get(payment=payment), simulator)
            if is_taken:
                wanted = CaptureRequest(payment.pk, 4_000, is_final=method == "card_page")
                start_capture(wanted, actor="user:1", at=LATER, reason="Sent")
            else:
                voids.start_void(payment.pk, actor="user:1", at=LATER, reason="Not sent")
            run_jobs()
            settle()
    assert Capture.objects.count() == Void.objects.count() == 2


def send_money_out(market, simulator, planted: Planted) -> None:
    sending = Desk(market, simulator)
    plant_key_of(sending.wallet, planted)
    sending.send()
    sending.ask()
    assert sending.statuses[1] == "succeeded"


def hear_from_the_channel(account: ChannelAccount, theirs) -> None:
    attempt = attempted_payment(owed_payment(), channel=account)
    fields = {**door.FIELDS, "out_trade_no": attempt.operation.channel_no}
    assert door.notify(account.pk, door.written(fields, key=theirs)).status_code == 200
    for body in (door.written(fields, key=new_key()), b"not a form", b"\xff\xfe"):
        assert door.notify(account.pk, body).status_code == 400
    inbox.judge_left(at=NOON)
    assert ChannelNotification.objects.count() == 4


def have_channels_examined() -> None:
    for each in ChannelAccount.objects.all():
        examinations.examine_and_keep(each.pk, actor="user:1", at=NOON)
    with pytest.raises(SystemExit):  # nobody listens where one of them is
        call_command("channel_doctor")
    with pytest.raises(SystemExit):
        call_command("channel_doctor", "--json")


def enter_keys(account: ChannelAccount, planted: Planted) -> None:
    url = reverse("admin:payments_channelaccount_enter_keys", args=[account.pk])
    browser = desk(is_superuser=True)
    show_second_factor(browser)
    key = new_key()
    planted.private_key("entered key", private_pem(key))
    weak = new_key(1024)
    planted.private_key("weak key", private_pem(weak))
    entries = (
        {"private_key_pem": private_pem(key), "api_key": API_KEY},  # no reason
        {"private_key_pem": private_pem(key)[:-40], "reason": "yearly"},
        {"private_key_pem": private_pem(weak), "api_key": API_KEY, "reason": "yearly"},
        {"channel_public_key": private_pem(key), "reason": "yearly"},
        {"gateway_url": "not an address", "api_key": API_KEY, "reason": "yearly"},
    )
    for entry in entries:
        assert browser.post(url, entry).status_code in (200, 422), entry
        assert not ChannelKeySet.objects.exists()
    right = {"private_key_pem": private_pem(key), "api_key": API_KEY, "reason": "yearly"}
    assert browser.post(url, right).status_code == 302
    approve(ChannelKeySet.objects.get())


def type_passwords() -> None:
    owner = set_password(PasswordOwner.payer("pyr_walk"), pin=PIN)
    typed(owner, PIN)
    guessed_wrong(owner, times=1)


def name_a_card(partner: Partner, account: ChannelAccount) -> None:
    grouped = " ".join(CARD[place : place + 4] for place in range(0, 16, 4))
    body = {"merchant_order_no": CARD, "amount": 1, "currency": "CNY", "description": grouped}
    assert partner.post("/v1/payments", body).status_code == 422
    assert partner.get(f"/v1/payments/{CARD}").status_code == 422
    assert partner.get("/v1/payments", X_Note=grouped).status_code == 422
    assert door.notify(account.pk, f"pan={CARD}&a=b".encode()).status_code == 422
    assert Partner(partner.secret[:-1]).get("/v1/payments").status_code == 401
    assert partner.post_raw("/v1/payments", b'{"a": ').status_code == 400
    assert partner.get("/v1/payments/pay_none").status_code == 404


def send_a_refund_to_a_card(market) -> None:
    refund = refund_asked(paid_payment(channel=market.alipay), at=NOON)
    for kind in (OutcomeKind.PROCESSING, OutcomeKind.ABNORMAL):
        answered_refund(refund, Outcome(kind), at=NOON)
    refund = Refund.objects.get(pk=refund.pk)
    url = reverse("admin:payments_refund_ask_payer_card", args=[refund.pk])
    browser = desk(is_superuser=True)
    card = {"bank": "ICBC_DEBIT", "account_no": ACCOUNT, "holder_name": HOLDER}
    assert browser.post(url, {**card, "account_no": "12", "reason": "Told."}).status_code != 302
    assert browser.post(url, {**card, "reason": "Told by phone."}).status_code == 302
    assert RefundRemedy.objects.get().account_tail == ACCOUNT[-4:]


def look_at_every_page() -> None:
    browser = desk(is_superuser=True)
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        newest = model._default_manager.order_by("-pk")[:2]
        pages = [reverse(f"{name}_change", args=[row.pk]) for row in newest]
        pages.append(reverse(f"{name}_changelist"))
        assert {page: browser.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)
