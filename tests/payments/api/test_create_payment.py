from datetime import timedelta

import pytest

from ledger.models import AuditEntry
from payments.models import (
    ApiCredential,
    Event,
    IdempotencyRecord,
    Payer,
    Payment,
    PaymentAllocation,
)
from tests.factories.payments import FeePlanFactory, MerchantFactory
from tests.instants import NOON
from tests.rig.rows import ITS_KEPT_REFUSAL, nothing_written

PAYMENTS = "/v1/payments"


def test_records_what_is_owed_and_shows_it(platform, order, merchant, other_merchant):
    # Given
    order.update(
        amount=15_000,
        allocations=[
            {"merchant_id": merchant.id, "amount": 9_000},
            {"merchant_id": other_merchant.id, "amount": 5_500},
        ],
        payer_no="P-1",
        metadata={"cart": "17"},
        expires_at="2026-03-05T12:30:00+08:00",
    )

    # When
    response = platform.post(PAYMENTS, order)

    # Then
    payment = Payment.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"/v1/payments/{payment.id}"
    allocations = PaymentAllocation.objects.order_by("place")
    assert response.json() == {
        "id": payment.id,
        "object": "payment",
        "merchant_order_no": "ORDER-1",
        "amount": 15_000,
        "payer_amount": None,
        "settled_amount": None,
        "unallocated": 500,
        "currency": "CNY",
        "status": "created",
        "status_code": "",
        "method": "",
        "description": "Goods",
        "payer_no": "P-1",
        "metadata": {"cart": "17"},
        "allocations": [
            {
                "id": allocations[0].id,
                "object": "allocation",
                "merchant_id": merchant.id,
                "amount": 9_000,
                "fee": 180,
            },
            {
                "id": allocations[1].id,
                "object": "allocation",
                "merchant_id": other_merchant.id,
                "amount": 5_500,
                "fee": 110,
            },
        ],
        "attempts": [],
        "capture": "automatic",
        "captures": [],
        "authorized_at": None,
        "authorization_expires_at": None,
        "created_at": "2026-03-05T04:00:00Z",
        "expires_at": "2026-03-05T04:30:00Z",
        "paid_at": None,
    }
    assert payment.created_by == platform.credential
    assert payment.merchant is None
    assert Event.objects.get().kind == "payment.created"
    entry = AuditEntry.objects.get(subject=payment.id)
    assert entry.actor == f"key:{platform.credential.pk}"


def test_a_merchants_payment_is_its_own_when_nothing_is_said(partner, order, merchant):
    # Given
    del order["allocations"]

    # When
    body = partner.post(PAYMENTS, order).json()

    # Then
    assert [(row["merchant_id"], row["amount"]) for row in body["allocations"]] == [
        (merchant.id, 10_000)
    ]
    assert Payment.objects.get().merchant == merchant


@pytest.mark.parametrize("caller", ["platform", "partner"])
def test_an_order_number_is_taken_for_ever(caller, request, order):
    # Given
    sender = request.getfixturevalue(caller)
    sender.post(PAYMENTS, order)

    # When
    with nothing_written(but=ITS_KEPT_REFUSAL):
        response = sender.post(PAYMENTS, order)

    # Then
    assert response.status_code == 409
    assert response.json()["code"] == "order_number_taken"
    refusal = AuditEntry.objects.get(action="payment.create.refused")
    assert (refusal.subject, refusal.reason) == ("order:ORDER-1", "order_number_taken")
    assert refusal.actor == f"key:{sender.credential.pk}"
    assert refusal.request_id == response["X-Request-Id"]


def test_two_merchants_may_use_one_order_number(partner, stranger, order):
    # Given
    del order["allocations"]

    # When / Then
    assert partner.post(PAYMENTS, order).status_code == 201
    assert stranger.post(PAYMENTS, order).status_code == 201


def test_a_foreign_merchant_in_the_body_reads_like_an_unknown_one(partner, order, other_merchant):
    # Given
    unknown = "mer_00000000000000000000000000"
    answers = []

    # When
    for merchant_id in (other_merchant.id, unknown):
        order["allocations"] = [{"merchant_id": merchant_id, "amount": 10_000}]
        with nothing_written(but=ITS_KEPT_REFUSAL):
            answers.append(partner.post(PAYMENTS, order).json())

    # Then
    for answer, merchant_id in zip(answers, (other_merchant.id, unknown), strict=True):
        assert answer["code"] == "unknown_merchant"
        assert merchant_id in answer.pop("detail")
        answer.pop("request_id")
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "amounts",
    [[9_999], [10_001], [5_000, 5_000]],
    ids=["less than the amount", "more than the amount", "one merchant twice"],
)
def test_a_merchant_leaves_no_money_to_nobody(partner, order, merchant, amounts):
    # Given
    order["allocations"] = [{"merchant_id": merchant.id, "amount": part} for part in amounts]

    # When
    response = partner.post(PAYMENTS, order)

    # Then
    assert (response.status_code, response.json()["code"]) == (422, "allocation_mismatch")
    assert not Payment.objects.exists()


def test_a_credential_that_belongs_to_nobody_any_more_creates_nothing(platform, order, merchant):
    # Given: the platform's right was taken from it, the right to write was not
    ApiCredential.objects.update(scopes=["payments:write"])
    order["allocations"] = [{"merchant_id": merchant.id, "amount": order["amount"]}]

    # When
    response = platform.post(PAYMENTS, order)

    # Then
    assert (response.status_code, response.json()["code"]) == (403, "foreign_payment")
    assert not Payment.objects.exists()


def test_the_platform_must_say_whose_the_money_is(platform, order):
    # Given
    del order["allocations"]

    # When
    with nothing_written(but={"ledger_auditentry": 1}):
        response = platform.post(PAYMENTS, order)

    # Then
    assert (response.status_code, response.json()["code"]) == (422, "allocation_mismatch")


@pytest.mark.parametrize(
    ("change", "code"),
    [({"is_active": False}, "unknown_merchant"), ({"currency": "USD"}, "currency_mismatch")],
)
def test_a_merchant_that_cannot_take_it_is_refused(platform, order, change, code):
    # Given
    if "currency" in change:
        other = MerchantFactory(fee_plan=FeePlanFactory(**change))
    else:
        other = MerchantFactory(**change)
    order["allocations"] = [{"merchant_id": other.id, "amount": 10_000}]

    # When
    with nothing_written(but=ITS_KEPT_REFUSAL):
        response = platform.post(PAYMENTS, order)

    # Then
    assert (response.status_code, response.json()["code"]) == (422, code)


def test_text_is_brought_to_one_spelling(partner, order):
    # Given the two letters e and combining acute
    order["description"] = "Cafe\u0301 👨\u200d👩\u200d👧 茶"

    # When
    body = partner.post(PAYMENTS, order).json()

    # Then
    assert body["description"] == "Café 👨\u200d👩\u200d👧 茶"


def test_what_looks_like_code_is_kept_as_text(partner, order):
    # Given
    order["metadata"] = {
        "html": "<script>alert(1)</script>",
        "formula": "=cmd|' /C calc'!A0",
        "template": "{{7*7}} %s ${jndi:ldap://x}",
    }

    # When
    response = partner.post(PAYMENTS, order)

    # Then
    assert response.json()["metadata"] == order["metadata"]
    assert Payment.objects.get().metadata == order["metadata"]


@pytest.mark.parametrize(
    ("delay", "status"),
    [
        (timedelta(0), 422),
        (timedelta(seconds=1), 201),
        (timedelta(days=30), 201),
        (timedelta(days=30, seconds=1), 422),
    ],
)
def test_a_payment_ends_within_thirty_days(partner, order, delay, status):
    # Given
    order["expires_at"] = (NOON + delay).isoformat()

    # When
    response = partner.post(PAYMENTS, order)

    # Then
    assert response.status_code == status
    assert Payment.objects.count() == (1 if status == 201 else 0)


def test_the_same_payer_is_known_again(partner, order):
    # When
    for number in ("A", "B"):
        partner.post(PAYMENTS, {**order, "merchant_order_no": number, "payer_no": "P-1"})

    # Then
    assert Payer.objects.count() == 1


def test_what_the_door_refuses_is_not_kept_so_the_key_may_be_used_again(partner, order):
    # Given
    key = "one-key-for-two-tries"

    # When
    with nothing_written():
        first = partner.post(PAYMENTS, {**order, "amount": "10000"}, key=key)
    second = partner.post(PAYMENTS, order, key=key)

    # Then
    assert (first.status_code, second.status_code) == (422, 201)
    assert IdempotencyRecord.objects.get().key == key
