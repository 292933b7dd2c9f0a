# ruff: noqa: F811  fixtures are imported
"""A merchant's refunds in the portal: looked through, explained, asked for by those who may."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.identifiers import new_id
from payments.channels.base import Outcome, OutcomeKind
from payments.portal import explanations
from payments.portal.refunds import PAGE_SIZE
from payments.states import RefundStatus
from tests.factories.payments import (
    AlipayAccountFactory,
    answered_refund,
    failed_refund,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.instants import NEXT_NOON
from tests.payments.portal.refund_portal import PATH, member, other, page_rows, payment  # noqa: F401
from tests.rig.pages import tables, words
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


# --- looking ------------------------------------------------------------------------------------


def test_lists_the_merchants_share_of_each_refund_newest_first(client, member, other, payment):
    # Given
    whole = refunded(refund_asked(payment, refund_no="RF-1"))
    mine = refund_asked(
        paid_payment(member.merchant, at=NEXT_NOON),
        amount_minor=1_000,
        refund_no="RF-2",
        at=NEXT_NOON,
    )
    refund_asked(paid_payment(other), refund_no="RF-3")

    # When
    rows = page_rows(client)

    # Then
    assert rows == [
        [
            f"RF-2{mine.pk}",
            mine.payment.merchant_order_no,
            "2026-03-06 12:00",
            "submitting",
            "0.20 CNY",
            "10.00 CNY",
        ],
        [
            f"RF-1{whole.pk}",
            payment.merchant_order_no,
            "2026-03-05 12:00",
            "succeeded",
            "1.40 CNY",
            "70.00 CNY",
        ],
    ]


def test_teaches_when_there_are_none(client, member):
    text = words(client.get(PATH))

    assert "No refunds yet" in text
    assert "Open a payment that was paid and choose Refund" in text


def test_a_refund_says_what_became_of_the_money(client, member, payment):
    # Given
    refund = refund_asked(payment, merchant_id=member.merchant.pk, refund_no="RF-1")
    address = f"{PATH}{refund.pk}/"

    # When / Then
    asked = words(client.get(address))
    assert "The money was taken from your balance" in asked
    assert "To the payer 70.00 CNY" in asked
    assert "Fee returned to you −1.40 CNY" in asked
    assert "From your balance 68.60 CNY" in asked
    answered_refund(refund, Outcome(OutcomeKind.UNKNOWN, code="TIMEOUT"))
    assert "Do not refund it a second time." in words(client.get(address))
    refunded(refund)
    assert "The channel has given the payer the money back." in words(client.get(address))


def test_one_that_failed_and_was_made_after_all_is_not_to_be_repeated(client, payment):
    # Given
    refund = refund_asked(payment)
    failed_refund(refund)
    address = f"{PATH}{refund.pk}/"
    assert "The payer got nothing" in words(client.get(address))

    # When
    refunded(refund)

    # Then
    said = words(client.get(address))
    assert "The payer got nothing" not in said
    assert "Do not refund it a second time." in said


def test_every_state_is_explained():
    assert set(explanations.REFUND) == set(RefundStatus)
    assert set(explanations.REFUND_TONES) <= set(RefundStatus)


def test_foreign_missing_and_malformed_ids_are_404_alike(client, member, other, payment):
    foreign = refund_asked(payment, shares={other.pk: 100})
    theirs = paid_payment(other)

    for name in (foreign.pk, new_id("ref"), new_id("pay"), "17"):
        assert client.get(f"{PATH}{name}/").status_code == 404
    for name in (theirs.pk, new_id("pay"), new_id("ref"), "17"):
        assert client.get(f"/portal/payments/{name}/").status_code == 404
        assert client.get(f"/portal/payments/{name}/refund/").status_code == 404
        with nothing_written():
            response = client.post(
                f"/portal/payments/{name}/refund/", {"amount": "1", "reason": "Broken"}
            )
        assert response.status_code == 404


@pytest.mark.parametrize("before", ["", "1", "ral_x", "%00", "pal_" + "0" * 26])
def test_knows_no_page_that_was_never_named(client, member, before):
    assert client.get(f"{PATH}?before={before}").status_code == 404


@pytest.fixture
def three(member) -> dict[str, str]:
    """Return refunds of 10.00 and 20.00 of one payment and one of 30.00 of Friday's."""
    one = paid_payment(member.merchant)
    two = paid_payment(member.merchant, at=NEXT_NOON)
    first = refund_asked(one, amount_minor=1_000, refund_no="A-1")
    second = refunded(refund_asked(one, amount_minor=2_000, refund_no="A-2"))
    third = refund_asked(two, amount_minor=3_000, refund_no="A-3", at=NEXT_NOON)
    operation = third.operation
    operation.channel_ref = "2026030622001"
    operation.save(update_fields=["channel_ref"])
    return {
        "first": f"A-1{first.pk}",
        "second": f"A-2{second.pk}",
        "third": f"A-3{third.pk}",
        "id": first.pk,
        "order": one.merchant_order_no,
        "channel_no": operation.channel_no,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("status=succeeded", ["second"]),
        ("method=alipay_qr", ["third", "second", "first"]),
        ("method=wechat_native", []),
        ("from_amount=20", ["third", "second"]),
        ("to_amount=20.00", ["second", "first"]),
        ("from_date=2026-03-06", ["third"]),
        ("to_date=2026-03-05", ["second", "first"]),
        ("reference={id}", ["first"]),
        ("reference=A-3", ["third"]),
        ("reference={order}", ["second", "first"]),
        ("reference={channel_no}", ["third"]),
        ("reference=2026030622001", ["third"]),
        ("reference=2026030622001&status=succeeded", []),
    ],
)
def test_looks_for_what_was_asked(client, three, query, names):
    found = [row[0] for row in page_rows(client, "?" + query.format(**three))]

    assert found == [three[name] for name in names]


def test_goes_on_where_the_page_before_ended_and_keeps_what_was_sought(client, member):
    # Given
    payment = paid_payment(member.merchant, amounts_minor=(100_000,))
    numbers = [
        refund_asked(payment, amount_minor=100, refund_no=f"A-{place:03}").merchant_refund_no
        for place in range(PAGE_SIZE + 2)
    ]

    # When
    first = client.get(f"{PATH}?status=submitting")
    older = re.search(r'href="(\?[^"]+)" rel="next"', first.content.decode())[1]
    second = page_rows(client, older.replace("&amp;", "&"))

    # Then
    assert "status=submitting" in older
    found = [row[0][:5] for row in tables(first)[0][1:] + second]
    assert sorted(found) == numbers
    assert len(second) == 2


@pytest.mark.parametrize("page", [PATH, "/portal/payments/"])
def test_costs_the_same_for_three_and_for_twenty(client, member, page):
    # Given
    channel = AlipayAccountFactory()
    costs = []
    for count in (3, 17):
        for _ in range(count):
            payment = paid_payment(member.merchant, channel=channel)
            refund_asked(payment, amount_minor=100)
        client.get(page)

        # When
        with CaptureQueriesContext(connection) as queries:
            assert len(tables(client.get(f"{page}?reference="))[0]) in {4, 21}
        costs.append(len(queries))

    # Then
    assert costs[0] == costs[1] <= 7
