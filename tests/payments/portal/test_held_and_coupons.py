"""What a merchant reads of money that is held first, and of what coupons paid."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from payments.actions import voids
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.actions.capture_shares import CaptureShareRequest
from payments.channels.base import CaptureMode, Outcome, OutcomeKind
from payments.models import BalanceTransaction, Capture, Payment
from tests.factories.coupons import paid_with_coupon
from tests.factories.payments import (
    MemberFactory,
    MerchantFactory,
    answered_refund,
    owed_payment,
    paid_payment,
    refund_asked,
)
from tests.instants import NOON
from tests.payments.holding import authorised, done, holding_channel
from tests.rig.pages import tables, words
from tests.rig.stage import run_jobs

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def member(client, transactional_db):
    member = MemberFactory()
    client.force_login(member.user)
    return member


@pytest.fixture
def channel(monkeypatch):
    return holding_channel(monkeypatch)


def shown(client, payment: Payment):
    return client.get(f"/portal/payments/{payment.pk}/")


def capture(payment: Payment, amount_minor: int) -> None:
    with transaction.atomic():
        request_capture(CaptureRequest(payment.pk, amount_minor), actor="key:test", at=LATER)
    run_jobs()


def test_says_what_is_held_and_may_still_be_captured(client, member, channel):
    # Given
    payment = authorised(channel, member.merchant, MerchantFactory(), amounts_minor=(7_500, 2_500))
    text = words(shown(client, payment))
    assert "Held by the channel 75.00 CNY Captured, or on its way 0.00 CNY" in text
    assert "May still be captured 75.00 CNY Held until 2026-03-12 12:00" in text
    assert "Nothing was captured yet." in text

    # When
    capture(payment, 4_000)

    # Then
    response = shown(client, payment)
    made = Capture.objects.select_related("operation").get()
    assert "May still be captured 45.00 CNY" in words(response)
    (lines,) = tables(response)
    assert lines[1] == [
        f"{made.operation.channel_no}C-{made.operation.channel_no}",
        "2026-03-05 13:00",
        "2026-03-05 12:00",
        "succeeded",
        "30.00 CNY",
        "0.60 CNY",
        "29.40 CNY",
    ]


def test_says_where_it_can_be_captured_only_once(client, member, monkeypatch):
    # Given
    one = authorised(holding_channel(monkeypatch), member.merchant)
    assert "only once" not in words(shown(client, one))

    # When its channel is one of cards
    holding_channel(monkeypatch, captures=CaptureMode.ONCE)

    # Then
    assert (
        "The channel can take of it only once: what is not captured then goes back to the payer."
        in words(shown(client, one))
    )


def test_what_was_given_back_can_no_more_be_captured(client, member, channel):
    # Given
    payment = authorised(channel, member.merchant)

    # When
    with transaction.atomic():
        voids.void_payment(payment.pk, actor="key:test", at=LATER)
    run_jobs()

    # Then
    text = words(shown(client, payment))
    assert "May still be captured 0.00 CNY Ended 2026-03-05" in text
    assert "What was not captured the payer has back." in text


def test_the_payer_who_has_not_agreed_is_explained(client, member):
    payment = owed_payment(member.merchant, capture_mode="manual")
    assert "The payer has not agreed yet." in words(shown(client, payment))


def test_authorised_payments_can_be_looked_for(client, member, channel):
    # Given
    held = authorised(channel, member.merchant)
    paid_payment(member.merchant)

    # When
    (table,) = tables(client.get("/portal/payments/?status=authorized"))

    # Then
    assert [row[0].startswith(held.merchant_order_no) for row in table[1:]] == [True]


def test_what_was_captured_in_part_comes_to_what_was_captured(client, member, channel):
    # Given 60.00 and 15.00 of 100.00, of which the merchant gets three quarters, and another's
    payment = authorised(channel, member.merchant, MerchantFactory(), amounts_minor=(7_500, 2_500))
    capture(payment, 6_000)
    capture(payment, 1_500)
    with transaction.atomic():
        voids.void_payment(payment.pk, actor="key:test", at=LATER)
    run_jobs()

    # When
    page = shown(client, payment)
    (listed,) = tables(client.get("/portal/payments/"))
    asked = client.get(f"/portal/payments/{payment.pk}/refund/")

    # Then list, page and lines say the same: 2.00 % of 56.25 is 1.13
    lines = BalanceTransaction.objects.filter(merchant=member.merchant)
    assert sum(line.gross_minor for line in lines) == 5_625
    assert sum(line.fee_minor for line in lines) == 113
    assert listed[1][3:6] == ["56.25 CNYof 75.00 CNY held", "1.13 CNY", "55.12 CNY"]
    assert "Amount 56.25 CNY Fee −1.13 CNY Net 55.12 CNY" in words(page)
    assert (
        "Your share of what was paid 56.25 CNY Refunded, or on its way 0.00 CNY Left 56.25 CNY"
        in words(asked)
    )


def test_who_got_nothing_of_what_was_captured_reads_nothing(client, member, channel):
    # Given
    other = MerchantFactory()
    payment = authorised(channel, member.merchant, other, amounts_minor=(7_500, 2_500))
    shares = [CaptureShareRequest(other.pk, 2_500)]
    with transaction.atomic():
        request_capture(CaptureRequest(payment.pk, shares=shares), actor="key:test", at=LATER)
    run_jobs()

    # Then
    assert "Amount 0.00 CNY Fee 0.00 CNY Net 0.00 CNY" in words(shown(client, payment))


def test_before_it_is_captured_the_share_is_what_may_come(client, member, channel):
    payment = authorised(channel, member.merchant)
    assert "Amount 100.00 CNY Fee −2.00 CNY Net 98.00 CNY" in words(shown(client, payment))


def test_captures_cost_no_queries_of_their_own(client, member, channel):
    # Given
    payment = authorised(channel, member.merchant)
    capture(payment, 1_000)
    shown(client, payment)
    with CaptureQueriesContext(connection) as of_one:
        shown(client, payment)

    # When
    capture(payment, 2_000)
    capture(payment, 3_000)

    # Then
    with CaptureQueriesContext(connection) as of_three:
        shown(client, payment)
    assert len(of_three) == len(of_one)


def test_a_coupon_is_explained_and_costs_the_merchant_nothing(client, member):
    # Given
    payment = paid_with_coupon(
        member.merchant,
        MerchantFactory(),
        amounts_minor=(7_500, 2_500),
        payer_minor=9_000,
        settled_minor=9_600,
    )

    # Then
    text = words(shown(client, payment))
    assert (
        "The payer 67.50 CNY A coupon of the channel 4.50 CNY A discount of the platform 3.00 CNY"
        " Together 75.00 CNY" in text
    )
    assert "Net 73.50 CNY" in text


def test_a_coupon_is_explained_also_where_nothing_is_said_of_another_capture(
    client, member, channel
):
    # Given 10.00 of which the channel says nothing, and 50.00 of which its coupon paid 10.00
    payment = authorised(channel, member.merchant, MerchantFactory(), amounts_minor=(7_500, 2_500))
    channel.says["capture"] = [
        done(1_000, channel_ref="C-1"),
        done(5_000, channel_ref="C-2", payer_minor=4_000, settled_minor=5_000),
    ]
    capture(payment, 1_000)
    capture(payment, 5_000)

    # Then the coupon is the merchant's share of it
    assert (
        "The payer the channel does not say A coupon of the channel 7.50 CNY Together 45.00 CNY"
        in words(shown(client, payment))
    )


def test_without_a_coupon_nothing_is_said_of_one(client, member):
    assert "Who paid how much" not in words(shown(client, paid_payment(member.merchant)))


def test_a_refund_says_who_got_how_much(client, member):
    # Given
    refund = refund_asked(
        paid_with_coupon(member.merchant, payer_minor=9_500, settled_minor=9_500), at=LATER
    )
    answered_refund(
        refund,
        Outcome(
            OutcomeKind.SUCCEEDED,
            amount_minor=10_000,
            currency="CNY",
            paid_at=LATER,
            payer_minor=9_500,
            settled_minor=9_500,
        ),
        at=LATER,
    )

    # Then
    text = words(client.get(f"/portal/refunds/{refund.pk}/"))
    assert "The payer 95.00 CNY A discount of the platform 5.00 CNY Together 100.00 CNY" in text
