# ruff: noqa: F811  fixtures are imported
"""`/v1/refunds` with its callers: who may ask, what they see, what is refused, what it costs."""

from ledger.models import AuditEntry
from payments.models import ChannelOperation, Refund, RefundAllocation
from tests.payments.api.refund_bodies import HELD, REFUNDS, held, payment, refund, wanted  # noqa: F401
from tests.rig.rows import nothing_written

# --- asking -------------------------------------------------------------------------------------


def test_the_platform_refunds_a_part_by_allocation_and_sees_all_of_it(
    platform, wanted, payment, merchant, other_merchant
):
    # Given
    wanted |= {
        "amount": 3_600,
        "currency": "CNY",
        "allocations": [
            {"merchant_id": merchant.pk, "amount": 3_000},
            {"merchant_id": other_merchant.pk, "amount": 500},
        ],
        "unallocated": 100,
        "metadata": {"return": "17"},
    }

    # When
    response = platform.post(REFUNDS, wanted)

    # Then
    refund = Refund.objects.get()
    first, second = RefundAllocation.objects.order_by("place")
    assert response.status_code == 201
    assert response["Location"] == f"{REFUNDS}/{refund.pk}"
    assert response.json() == {
        "id": refund.pk,
        "object": "refund",
        "payment_id": payment.pk,
        "merchant_order_no": payment.merchant_order_no,
        "merchant_refund_no": "RF-1",
        "capture_id": None,
        "amount": 3_600,
        "payer_amount": None,
        "settled_amount": None,
        "unallocated": 100,
        "currency": "CNY",
        "status": "submitting",
        "status_code": "",
        "reason": "Returned goods",
        "metadata": {"return": "17"},
        "allocations": [
            {
                "id": first.pk,
                "object": "refund_allocation",
                "allocation_id": first.allocation_id,
                "merchant_id": merchant.pk,
                "amount": 3_000,
                "fee_returned": first.fee_returned_minor,
            },
            {
                "id": second.pk,
                "object": "refund_allocation",
                "allocation_id": second.allocation_id,
                "merchant_id": other_merchant.pk,
                "amount": 500,
                "fee_returned": second.fee_returned_minor,
            },
        ],
        "created_at": "2026-03-05T04:00:00Z",
        "succeeded_at": None,
    }
    assert (refund.merchant, refund.created_by) == (None, platform.credential)
    entry = AuditEntry.objects.get(subject=refund.pk, action="refund.requested")
    assert entry.actor == f"key:{platform.credential.pk}"


def test_a_merchant_refunds_its_own_share_and_sees_no_one_elses(partner, wanted, merchant):
    # When
    body = partner.post(REFUNDS, wanted).json()

    # Then
    assert (body["amount"], body["unallocated"]) == (7_000, 0)
    assert [row["merchant_id"] for row in body["allocations"]] == [merchant.pk]
    assert Refund.objects.get().merchant == merchant


def test_what_is_left_without_an_amount_is_what_living_refunds_left(partner, wanted):
    # Given
    partner.post(REFUNDS, {**wanted, "amount": 2_000})

    # When
    body = partner.post(REFUNDS, {**wanted, "merchant_refund_no": "RF-2"}).json()

    # Then
    assert body["amount"] == 5_000


def test_asking_again_under_the_same_key_refunds_once(partner, wanted):
    # Given
    first = partner.post(REFUNDS, wanted, key="the-same-key-0001")

    # When
    with nothing_written():
        again = partner.post(REFUNDS, wanted, key="the-same-key-0001")

    # Then
    assert again["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.content) == (201, first.content)


def test_above_the_threshold_it_waits_for_a_person(partner, wanted, held):
    assert partner.post(REFUNDS, wanted).json()["status"] == HELD
    assert not ChannelOperation.objects.filter(kind="refund").exists()
