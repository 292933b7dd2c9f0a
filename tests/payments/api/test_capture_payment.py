"""Authorised payments over the API: created to be held, captured, voided; each deed once."""

import pytest

from payments.channels.base import CaptureMode
from payments.models import Capture, CaptureShare, Payment, PaymentAttempt, Void
from tests.payments.holding import authorised, confirmed_holding, holding_channel
from tests.rig.rows import ITS_KEPT_REFUSAL, nothing_written
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def channel(monkeypatch):
    return holding_channel(monkeypatch)


@pytest.fixture
def payment(channel, merchant) -> Payment:
    return authorised(channel, merchant, created_by=merchant)


def test_is_created_to_be_held_first(partner, order):
    body = partner.post("/v1/payments", {**order, "capture": "manual"}).json()
    assert (body["capture"], body["captures"], body["authorized_at"]) == ("manual", [], None)
    assert (
        partner.post(
            "/v1/payments", {**order, "merchant_order_no": "O-2", "capture": "later"}
        ).status_code
        == 422
    )


def test_an_authorised_payment_says_until_when(partner, payment):
    body = partner.get(f"/v1/payments/{payment.pk}").json()
    assert (body["status"], body["authorized_at"], body["authorization_expires_at"]) == (
        "authorized",
        "2026-03-05T04:00:00Z",
        "2026-03-12T04:00:00Z",
    )


def test_is_captured_in_part_once_per_key(partner, payment):
    # When the same request comes twice
    for _time in range(2):
        answer = partner.post(
            f"/v1/payments/{payment.pk}/capture",
            {"amount": 3_000},
            key="key-for-one-capture-000001",
        )
        assert answer.status_code == 200
    run_jobs()

    # Then
    body = partner.get(f"/v1/payments/{payment.pk}").json()
    capture, share = Capture.objects.get(), CaptureShare.objects.get()
    assert body["status"] == "paid"
    assert body["captures"] == [
        {
            "id": capture.pk,
            "object": "capture",
            "amount": 3_000,
            "payer_amount": None,
            "settled_amount": 3_000,
            "status": "succeeded",
            "status_code": "",
            "final": False,
            "channel_no": capture.operation.channel_no,
            "channel_ref": f"C-{capture.operation.channel_no}",
            "allocations": [
                {"allocation_id": share.allocation_id, "amount": 3_000, "fee": 60, "net": 2_940}
            ],
            "created_at": "2026-03-05T04:00:00Z",
            "succeeded_at": "2026-03-05T04:00:00Z",
        }
    ]


def test_is_voided(partner, payment):
    body = partner.post(f"/v1/payments/{payment.pk}/void").json()
    assert (body["status"], body["status_code"]) == ("closing", "voided")
    run_jobs()
    body = partner.get(f"/v1/payments/{payment.pk}").json()
    assert (body["status"], Void.objects.get().status) == ("closed", "succeeded")


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        ({"amount": 10_001}, "capture_too_large", 409),
        ({"allocations": [{"merchant_id": "mer_x", "amount": 1}]}, "capture_shares_mismatch", 422),
    ],
)
def test_refuses_and_writes_its_refusal_alone(partner, payment, body, code, status):
    with nothing_written(but=ITS_KEPT_REFUSAL):
        answer = partner.post(f"/v1/payments/{payment.pk}/capture", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_part_of_a_card_has_to_be_called_final(monkeypatch, partner, merchant):
    # Given a channel that takes of a hold once
    channel = holding_channel(monkeypatch, captures=CaptureMode.ONCE)
    payment = authorised(channel, merchant, created_by=merchant)
    address = f"/v1/payments/{payment.pk}/capture"

    # When it is asked for without a word of the rest
    with nothing_written(but=ITS_KEPT_REFUSAL):
        refused = partner.post(address, {"amount": 6_000})
    assert (refused.status_code, refused.json()["code"]) == (422, "capture_not_final")
    assert channel.sent("capture") == []

    # Then
    taken = partner.post(address, {"amount": 6_000, "final": True}).json()
    assert [(row["amount"], row["final"]) for row in taken["captures"]] == [(6_000, True)]


def test_nobody_captures_a_foreign_payment(stranger, payment):
    for verb in ("capture", "void"):
        assert stranger.post(f"/v1/payments/{payment.pk}/{verb}").status_code == 404
    assert not Capture.objects.exists()


@pytest.mark.parametrize(("verb", "body"), [("capture", {"amount": 3_000}), ("void", {})])
def test_f17_nothing_is_taken_or_given_back_while_its_order_is_unknown(
    partner, channel, merchant, verb, body
):
    # Given an order to hold that may have gone either way
    attempt = confirmed_holding(merchant, created_by=merchant)
    PaymentAttempt.objects.filter(status="prepared").update(status="sending")
    PaymentAttempt.objects.exclude(status="unknown").update(status="unknown")

    # When
    question = {"procrastinate_jobs": 1, "procrastinate_events": 1}
    with nothing_written(but=question):
        answer = partner.post(f"/v1/payments/{attempt.payment_id}/{verb}", body)

    # Then the caller may ask again, and the channel is being asked
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_outcome_unknown")
    assert not Capture.objects.exists()
    assert not Void.objects.exists()
