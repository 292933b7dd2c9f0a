from datetime import timedelta

import pytest
import time_machine

from ledger.models import AuditEntry
from payments.models import ChannelOperation, Event, Payment, PaymentAttempt
from risk.actions.passwords import set_password
from risk.models import Screening
from risk.pins import PasswordOwner
from tests.factories.payments import AlipayAccountFactory, attempted_payment
from tests.instants import NOON
from tests.rig.rows import ITS_KEPT_REFUSAL, nothing_written

WECHAT = {"method": "wechat_native", "payer_ip": "203.0.113.9"}
CONFIRMATION = {"method": "alipay_qr", "payer_ip": "203.0.113.9"}


@pytest.fixture
def payment_id(partner, order) -> str:
    return partner.post("/v1/payments", {**order, "payer_no": "P-1"}).json()["id"]


@pytest.fixture
def channel(db):
    return AlipayAccountFactory()


def confirm(caller, payment_id, body=None, **terms):
    return caller.post(f"/v1/payments/{payment_id}/confirm", body or CONFIRMATION, **terms)


def test_a_confirmed_payment_awaits_its_payer_with_one_try(partner, payment_id, channel):
    # When
    body = confirm(partner, payment_id).json()

    # Then
    attempt = PaymentAttempt.objects.get()
    assert (body["status"], body["method"]) == ("awaiting_payment", "alipay_qr")
    assert body["attempts"] == [
        {
            "id": attempt.pk,
            "object": "payment_attempt",
            "method": "alipay_qr",
            "status": "prepared",
            "status_code": "",
            "qr_code": "",
            "action": {},
            "created_at": "2026-03-05T04:00:00Z",
        }
    ]
    assert Payment.objects.get().client_ip == "203.0.113.9"
    assert "203.0.113.9" not in str(body)


def test_the_qr_code_is_shown_once_the_channel_gave_it(partner, payment_id, channel):
    # Given
    attempt = attempted_payment(Payment.objects.get(), channel=channel)
    attempt.qr_code = "https://qr.alipay.com/bax0"
    attempt.save(update_fields=["qr_code"])

    # When
    body = partner.get(f"/v1/payments/{payment_id}").json()

    # Then
    assert body["attempts"][0]["qr_code"] == "https://qr.alipay.com/bax0"
    assert body["attempts"][0]["status"] == "awaiting_payer"


def test_confirming_twice_places_one_order(partner, payment_id, channel):
    # Given
    confirm(partner, payment_id)

    # When another system of the partner's confirms under another key
    with nothing_written(but={"payments_idempotencyrecord": 1}):
        response = confirm(partner, payment_id)

    # Then
    assert response.status_code == 200
    assert ChannelOperation.objects.count() == 1


def test_another_method_takes_the_place_of_one_that_never_left(partner, payment_id, channel):
    # Given
    AlipayAccountFactory(channel="wechatpay")
    confirm(partner, payment_id)

    # When
    body = confirm(partner, payment_id, WECHAT).json()

    # Then
    assert (body["status"], body["method"]) == ("awaiting_payment", "wechat_native")
    tries = {one["method"]: (one["status"], one["status_code"]) for one in body["attempts"]}
    assert tries == {"alipay_qr": ("failed", "not_wanted"), "wechat_native": ("prepared", "")}
    with nothing_written(but={"payments_idempotencyrecord": 1}):
        assert confirm(partner, payment_id, WECHAT).status_code == 200


def test_another_method_waits_for_the_end_of_one_that_was_sent(partner, payment_id, channel):
    # Given
    AlipayAccountFactory(channel="wechatpay")
    attempt = attempted_payment(Payment.objects.get(), channel=channel)
    attempt.qr_code = "https://qr.alipay.com/bax0"
    attempt.save(update_fields=["qr_code"])

    # When
    body = confirm(partner, payment_id, WECHAT).json()

    # Then the code that its payer shall not use any more is not shown
    assert (body["status"], body["method"]) == ("awaiting_payment", "wechat_native")
    (only,) = body["attempts"]
    assert (only["method"], only["status"], only["qr_code"]) == ("alipay_qr", "awaiting_payer", "")
    assert PaymentAttempt.objects.get().is_withdrawn
    assert Event.objects.filter(kind="payment.method_changed").count() == 1


def test_another_method_that_nobody_offers_or_too_late_is_refused(partner, payment_id, channel):
    # Given
    attempted_payment(Payment.objects.get(), channel=channel)

    # When, Then
    with nothing_written(but=ITS_KEPT_REFUSAL):
        assert confirm(partner, payment_id, WECHAT).json()["code"] == "no_channel"
    AlipayAccountFactory(channel="wechatpay")
    two_hours_later = time_machine.travel(NOON + timedelta(hours=2), tick=False)
    with two_hours_later, nothing_written(but=ITS_KEPT_REFUSAL):
        assert confirm(partner, payment_id, WECHAT).json()["code"] == "payment_expired"
    assert not PaymentAttempt.objects.get().is_withdrawn


def test_a_payment_over_the_limit_is_rejected_with_its_code(partner, order, channel):
    # Given the default limit of 1,000.00 CNY
    order["amount"] = order["allocations"][0]["amount"] = 100_001
    payment_id = partner.post("/v1/payments", order).json()["id"]

    # When
    response = confirm(partner, payment_id)

    # Then
    assert response.status_code == 200
    body = response.json()
    assert (body["status"], body["attempts"]) == ("rejected", [])
    assert body["status_code"] == Payment.objects.get().status_code != ""
    assert Screening.objects.get().verdict == "deny"
    assert not ChannelOperation.objects.exists()


def test_a_payer_who_has_to_type_their_password_keeps_the_payment_created(
    partner, payment_id, channel
):
    # Given
    set_password(
        owner=PasswordOwner.payer(Payment.objects.get().payer_id),
        pin="836194",
        actor="payer:P-1",
        client_ip=None,
        at=NOON,
    )

    # When
    response = confirm(partner, payment_id)

    # Then
    body = response.json()
    assert response.status_code == 200
    assert (body["status"], body["status_code"]) == ("created", "password.required")
    assert body["attempts"] == []
    assert Event.objects.filter(kind="payment.challenged").count() == 1


def test_without_a_channel_nothing_is_confirmed(partner, payment_id):
    # When
    with nothing_written(but=ITS_KEPT_REFUSAL):
        response = confirm(partner, payment_id)

    # Then
    assert (response.status_code, response.json()["code"]) == (422, "no_channel")
    refusal = AuditEntry.objects.get(action="payment.confirm.refused")
    assert (refusal.subject, refusal.reason) == (payment_id, "no_channel")


def test_an_expired_payment_is_not_confirmed(partner, payment_id, channel):
    # When
    two_hours_later = time_machine.travel(NOON + timedelta(hours=2), tick=False)
    with two_hours_later, nothing_written(but=ITS_KEPT_REFUSAL):
        response = confirm(partner, payment_id)

    # Then
    assert (response.status_code, response.json()["code"]) == (409, "payment_expired")


def test_a_closed_payment_is_not_confirmed(partner, payment_id, channel):
    # Given
    partner.post(f"/v1/payments/{payment_id}/cancel")

    # When
    with nothing_written(but=ITS_KEPT_REFUSAL):
        response = confirm(partner, payment_id)

    # Then
    assert (response.status_code, response.json()["code"]) == (409, "illegal_move")


def test_a_confirmed_payment_that_never_left_is_closed_at_once(partner, payment_id, channel):
    # Given
    confirm(partner, payment_id)

    # When
    first = partner.post(f"/v1/payments/{payment_id}/cancel")
    with nothing_written(but={"payments_idempotencyrecord": 1}):
        again = partner.post(f"/v1/payments/{payment_id}/cancel")

    # Then
    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.json()["status"], first.json()["status_code"]) == ("closed", "cancelled")
    assert Payment.objects.get().status == "closed"


def test_a_rejected_payment_is_not_cancelled_and_says_why(partner, order, channel):
    # Given
    order["amount"] = order["allocations"][0]["amount"] = 100_001
    payment_id = partner.post("/v1/payments", order).json()["id"]
    confirm(partner, payment_id)

    # When
    with nothing_written(but=ITS_KEPT_REFUSAL):
        response = partner.post(f"/v1/payments/{payment_id}/cancel")

    # Then
    assert (response.status_code, response.json()["code"]) == (409, "payment_not_cancellable")
    assert response.json()["detail"] == "The payment is rejected and cannot be cancelled."


def test_cancelling_closes_and_twice_changes_nothing(partner, payment_id):
    # When
    first = partner.post(f"/v1/payments/{payment_id}/cancel")
    with nothing_written(but={"payments_idempotencyrecord": 1}):
        again = partner.post_raw(f"/v1/payments/{payment_id}/cancel", b"")

    # Then
    assert first.json() == again.json()
    assert (again.json()["status"], again.json()["status_code"]) == ("closed", "cancelled")
