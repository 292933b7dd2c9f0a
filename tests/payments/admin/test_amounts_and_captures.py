"""A payment's page: who paid how much of it, and what was captured, line by line."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.channels.base import Outcome, OutcomeKind
from payments.models import Capture, Payment, Refund
from tests.factories.coupons import paid_with_coupon
from tests.factories.payments import (
    MerchantFactory,
    answered_refund,
    paid_payment,
    refund_asked,
)
from tests.instants import NOON
from tests.payments.holding import REFUSED, authorised, done, holding_channel
from tests.rig.pages import tables, words
from tests.rig.staff import desk
from tests.rig.stage import run_jobs

LATER = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


def shown(client: Client, row: Payment | Refund):
    return client.get(reverse(f"admin:payments_{row._meta.model_name}_change", args=[row.pk]))


def capture(payment: Payment, amount_minor: int) -> None:
    with transaction.atomic():
        request_capture(CaptureRequest(payment.pk, amount_minor), actor="key:test", at=LATER)
    run_jobs()


@pytest.mark.django_db
def test_a_coupon_is_explained_by_who_bore_it():
    # Given 100.00, of which a coupon of the channel paid 6.00 and one of ours 4.00
    payment = paid_with_coupon(payer_minor=9_000, settled_minor=9_600)

    # When
    response = shown(desk("auditor"), payment)

    # Then
    assert "The payer paid 90.00 CNY The channel settles to us 96.00 CNY" in words(response)
    assert [row[:2] for row in tables(response)[0][1:]] == [
        ["the payer", "90.00 CNY"],
        ["a coupon of the channel", "6.00 CNY"],
        ["a discount of our own at the channel", "4.00 CNY"],
        ["sum", "100.00 CNY"],
    ]


@pytest.mark.django_db
def test_what_the_channel_does_not_say_is_not_made_up():
    response = shown(desk("auditor"), paid_payment(MerchantFactory()))

    text = words(response)
    assert "The payer paid the channel does not say" in text
    assert "The channel settles to us 100.00 CNY" in text
    assert "Who paid how much" not in text


@pytest.mark.django_db
def test_a_refund_says_who_got_how_much():
    # Given
    refund = refund_asked(paid_with_coupon(payer_minor=9_500, settled_minor=9_500), at=LATER)
    outcome = Outcome(
        OutcomeKind.SUCCEEDED,
        amount_minor=10_000,
        currency="CNY",
        paid_at=LATER,
        payer_minor=9_500,
        settled_minor=9_500,
    )

    # When
    answered_refund(refund, outcome, at=LATER)

    # Then
    text = words(shown(desk("auditor"), refund))
    assert "The payer got back 95.00 CNY The channel takes of us 95.00 CNY" in text
    assert "a discount of our own at the channel 5.00 CNY" in text


@pytest.mark.django_db(transaction=True)
def test_each_capture_has_its_line_at_the_same_cost(monkeypatch):
    # Given a hold of which two parts are taken, and one is refused
    channel = holding_channel(monkeypatch)
    tea, ink = MerchantFactory(name="Tea Co"), MerchantFactory(name="Ink Co")
    payment = authorised(channel, tea, ink, amounts_minor=(7_500, 2_500))
    channel.says["capture"] = [
        done(4_000, channel_ref="C-1", payer_minor=3_900, settled_minor=3_900),
        REFUSED,
        done(2_000, channel_ref="C-2"),
    ]
    capture(payment, 4_000)
    auditor = desk("auditor")
    shown(auditor, payment)
    with CaptureQueriesContext(connection) as of_one:
        shown(auditor, payment)

    # When
    capture(payment, 1_000)
    capture(payment, 2_000)
    with CaptureQueriesContext(connection) as of_three:
        response = shown(auditor, payment)

    # Then
    first, refused, last = Capture.objects.select_related("operation").order_by("created_at", "pk")
    (lines,) = [table for table in tables(response) if "Merchants get" in table[0]]
    assert [[*row[:3], *row[4:]] for row in lines[1:]] == [
        [
            first.pk,
            "succeeded",
            f"{first.operation.channel_no}C-1",
            "40.00 CNY",
            "39.00 CNY",
            "Tea Co 29.40 CNYInk Co 9.80 CNY",
        ],
        [
            refused.pk,
            "failed REFUSED",
            refused.operation.channel_no,
            "10.00 CNY",
            "–",
            "–",
        ],
        [
            last.pk,
            "succeeded",
            f"{last.operation.channel_no}C-2",
            "20.00 CNY",
            "20.00 CNY",
            "Tea Co 14.70 CNYInk Co 4.90 CNY",
        ],
        ["taken", "", "", "60.00 CNY", "", "58.80 CNY"],
    ]
    assert len(of_three) <= len(of_one)


@pytest.mark.django_db(transaction=True)
def test_a_coupon_is_explained_also_where_nothing_is_said_of_another_capture(monkeypatch):
    # Given 10.00 of which the channel says nothing, and 50.00 of which its coupon paid 10.00
    channel = holding_channel(monkeypatch)
    payment = authorised(channel, MerchantFactory(), amounts_minor=(10_000,))
    channel.says["capture"] = [
        done(1_000, channel_ref="C-1"),
        done(5_000, channel_ref="C-2", payer_minor=4_000, settled_minor=5_000),
    ]
    capture(payment, 1_000)
    capture(payment, 5_000)

    # When
    response = shown(desk("auditor"), payment)

    # Then
    (who,) = [table for table in tables(response) if table[0][0] == "Who"]
    assert [row[:2] for row in who[1:]] == [
        ["the payer", "the channel does not say"],
        ["a coupon of the channel", "10.00 CNY"],
        ["sum", "60.00 CNY"],
    ]
