"""What the API says that the payer paid and the channel settles, beside the amount itself."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.actions.capture_shares import CaptureShareRequest
from payments.channels.base import Outcome, OutcomeKind
from payments.models import Capture
from tests.factories.coupons import paid_with_coupon
from tests.factories.payments import (
    AlipayAccountFactory,
    answered_refund,
    paid_payment,
    refund_asked,
)
from tests.instants import NOON
from tests.payments.holding import authorised, done, holding_channel
from tests.rig.stage import run_jobs

LATER = NOON + timedelta(hours=1)


def three(body) -> tuple[int, int | None, int | None]:
    return body["amount"], body["payer_amount"], body["settled_amount"]


def test_before_and_without_coupons(platform, partner, merchant, order):
    # Given one payment that nobody paid, and one of whose coupons the channel said nothing
    owed = partner.post("/v1/payments", order).json()
    paid = paid_payment(merchant)

    # Then
    assert three(owed) == (order["amount"], None, None)
    assert three(platform.get(f"/v1/payments/{paid.pk}").json()) == (10_000, None, 10_000)
    assert three(partner.get(f"/v1/payments/{paid.pk}").json()) == (10_000, None, 10_000)


def test_each_sees_its_share_of_what_coupons_paid(
    platform, partner, stranger, merchant, other_merchant
):
    # Given 100.00, of which a coupon of the channel paid 6.00 and one of ours 4.00
    payment = paid_with_coupon(
        merchant,
        other_merchant,
        amounts_minor=(7_000, 2_500),
        unallocated_minor=500,
        payer_minor=9_000,
        settled_minor=9_600,
    )

    # Then
    url = f"/v1/payments/{payment.pk}"
    assert three(platform.get(url).json()) == (10_000, 9_000, 9_600)
    assert three(partner.get(url).json()) == (7_000, 6_300, 6_720)
    assert three(stranger.get(url).json()) == (2_500, 2_250, 2_400)


def test_a_refund_gives_each_its_part_back(platform, partner, merchant, other_merchant):
    # Given
    payment = paid_with_coupon(
        merchant, other_merchant, amounts_minor=(7_500, 2_500), settled_minor=9_999
    )
    refund = refund_asked(payment, at=LATER)
    url = f"/v1/refunds/{refund.pk}"
    assert three(platform.get(url).json()) == (10_000, None, None)

    # When
    answered_refund(
        refund,
        Outcome(
            OutcomeKind.SUCCEEDED,
            amount_minor=10_000,
            currency="CNY",
            paid_at=LATER,
            payer_minor=9_000,
            settled_minor=9_999,
        ),
        at=LATER,
    )

    # Then the odd minor unit is the first merchant's, as in the books
    assert three(platform.get(url).json()) == (10_000, 9_000, 9_999)
    assert three(partner.get(url).json()) == (7_500, 6_750, 7_499)


@pytest.mark.django_db(transaction=True)
def test_captures_have_the_three_and_the_payment_their_sums(
    monkeypatch, platform, partner, merchant, other_merchant
):
    # Given a hold of which a part is taken with a coupon of ours, and a part without
    channel = holding_channel(monkeypatch)
    payment = authorised(channel, merchant, other_merchant, amounts_minor=(7_500, 2_500))
    channel.says["capture"] = [
        done(4_000, channel_ref="C-1", payer_minor=3_900, settled_minor=3_900),
        done(2_000, channel_ref="C-2", payer_minor=2_000, settled_minor=2_000),
    ]
    url = f"/v1/payments/{payment.pk}"
    assert three(platform.get(url).json()) == (10_000, None, None)

    # When
    for amount in (4_000, 2_000):
        assert platform.post(f"{url}/capture", {"amount": amount}).status_code == 200
        run_jobs()

    # Then
    whole, own = platform.get(url).json(), partner.get(url).json()
    assert three(whole) == (10_000, 5_900, 5_900)
    assert {row["channel_ref"]: three(row) for row in whole["captures"]} == {
        "C-1": (4_000, 3_900, 3_900),
        "C-2": (2_000, 2_000, 2_000),
    }
    assert {row["id"]: row["channel_no"] for row in whole["captures"]} == {
        row.pk: row.operation.channel_no for row in Capture.objects.select_related("operation")
    }
    assert {row["channel_ref"]: three(row) for row in own["captures"]} == {
        "C-1": (3_000, 2_925, 2_925),
        "C-2": (1_500, 1_500, 1_500),
    }
    assert three(own) == (7_500, 4_425, 4_425)
    nets = {row["channel_ref"]: row["allocations"][0]["net"] for row in own["captures"]}
    assert nets == {"C-1": 2_940, "C-2": 1_470}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("own", "own_paid", "others_paid"), [(500, 400, 3_600), (3_000, 2_400, 1_600)]
)
def test_a_capture_of_which_nothing_is_said_hides_no_coupon_of_another(
    monkeypatch, partner, stranger, merchant, other_merchant, own, own_paid, others_paid
):
    # Given 10.00 of which the channel says nothing, and 50.00 of which its coupon paid 10.00
    channel = holding_channel(monkeypatch)
    payment = authorised(channel, merchant, other_merchant, amounts_minor=(5_000, 5_000))
    channel.says["capture"] = [
        done(1_000, channel_ref="C-1"),
        done(5_000, channel_ref="C-2", payer_minor=4_000, settled_minor=5_000),
    ]

    # When
    for mine, theirs in ((500, 500), (own, 5_000 - own)):
        with transaction.atomic():
            request_capture(
                CaptureRequest(
                    payment.pk,
                    shares=[
                        CaptureShareRequest(merchant.pk, mine),
                        CaptureShareRequest(other_merchant.pk, theirs),
                    ],
                ),
                actor="key:test",
                at=LATER,
            )
        run_jobs()

    # Then each has its share of the coupon, and nobody claims to know the sum
    for asker, taken, paid in ((partner, own, own_paid), (stranger, 5_000 - own, others_paid)):
        (row,) = asker.get("/v1/payments").json()["data"]
        assert three(row) == (5_000, None, 500 + taken)
        assert {each["channel_ref"]: three(each) for each in row["captures"]} == {
            "C-1": (500, None, 500),
            "C-2": (taken, paid, taken),
        }


def test_a_list_costs_the_same_however_many_coupons_there_are(partner, merchant, other_merchant):
    # Given
    account = AlipayAccountFactory()

    def queries() -> int:
        partner.get("/v1/payments")
        with CaptureQueriesContext(connection) as seen:
            assert partner.get("/v1/payments").status_code == 200
        return len(seen)

    def sell() -> None:
        paid_with_coupon(
            merchant,
            other_merchant,
            amounts_minor=(7_500, 2_500),
            settled_minor=9_500,
            channel=account,
        )

    sell()
    of_one = queries()

    # When
    for _time in range(3):
        sell()

    # Then
    assert queries() == of_one
