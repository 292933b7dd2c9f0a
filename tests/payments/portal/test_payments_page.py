"""The merchant's payments, as the merchant reads them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments.models import PaymentAllocation
from payments.portal.payments import PAGE_SIZE
from tests.factories.payments import (
    AlipayAccountFactory,
    FeePlanFactory,
    MemberFactory,
    MerchantFactory,
    attempted_payment,
    owed_payment,
    paid_payment,
)
from tests.factories.terms import put_on_plan
from tests.instants import BEFORE_MIDNIGHT, NEXT_NOON, NOON
from tests.rig.pages import tables, words

pytestmark = pytest.mark.django_db

PATH = "/portal/payments/"


@pytest.fixture
def member(client):
    member = MemberFactory()
    client.force_login(member.user)
    return member


def page_rows(client, query=""):
    (table,) = tables(client.get(PATH + query))
    return table[1:]


def test_shows_the_merchants_share_of_each_payment_newest_first(client, member):
    # Given
    other = MerchantFactory()
    paid = paid_payment(member.merchant, other, amounts_minor=(10_000, 99_900), at=NOON)
    owed = owed_payment(member.merchant, amounts_minor=(123_456,), at=BEFORE_MIDNIGHT)

    # When
    rows = page_rows(client)

    # Then
    shares = {row.payment_id: row.pk for row in member.merchant.allocations.all()}
    assert rows == [
        [
            f"{owed.merchant_order_no}{shares[owed.pk]}",
            "2026-03-05 23:59",
            "created",
            "1,234.56 CNY",
            "24.69 CNY",
            "1,209.87 CNY",
            "–not paid",
        ],
        [
            f"{paid.merchant_order_no}{shares[paid.pk]}",
            "2026-03-05 12:00",
            "paid",
            "100.00 CNY",
            "2.00 CNY",
            "98.00 CNY",
            "2026-03-06",
        ],
    ]


def test_shows_nothing_of_others(client, member):
    # Given
    theirs = paid_payment()

    # When
    page = client.get(PATH)

    # Then
    assert "No payments yet" in words(page)
    assert theirs.merchant_order_no not in page.content.decode()


def test_teaches_when_there_are_none(client, member):
    page = words(client.get(PATH))

    assert "A payment appears here as soon as one is created for you" in page
    assert "Your settlement cycle is T+1." in page


def test_goes_on_where_the_page_before_ended(client, member):
    # Given
    for _ in range(PAGE_SIZE + 2):
        owed_payment(member.merchant)
    newest_first = list(
        PaymentAllocation.objects.order_by("-pk").values_list("payment__merchant_order_no", "pk")
    )

    # When
    first = page_rows(client)
    second = page_rows(client, f"?before={newest_first[PAGE_SIZE - 1][1]}")

    # Then
    assert [row[0] for row in first + second] == [
        f"{order_no}{pk}" for order_no, pk in newest_first
    ]
    assert f"before={newest_first[PAGE_SIZE - 1][1]}" in client.get(PATH).content.decode()
    assert "Older" not in words(client.get(f"{PATH}?before={newest_first[PAGE_SIZE - 1][1]}"))


@pytest.fixture
def three(member) -> dict[str, str]:
    """Return 50.00 owed on Thursday, 100.00 awaited, and 200.00 paid on Friday."""
    owed = owed_payment(member.merchant, amounts_minor=(5_000,), payer_no="P-1")
    awaiting = owed_payment(member.merchant)
    attempted_payment(awaiting, channel=AlipayAccountFactory())
    paid = paid_payment(member.merchant, amounts_minor=(20_000,), at=NEXT_NOON)
    operation = paid.attempts.get().operation
    operation.channel_ref = "2026030622001"
    operation.save(update_fields=["channel_ref"])
    return {
        "owed": owed.merchant_order_no,
        "awaiting": awaiting.merchant_order_no,
        "paid": paid.merchant_order_no,
        "id": paid.pk,
        "share": paid.allocations.get().pk,
        "channel_no": operation.channel_no,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("status=paid", ["paid"]),
        ("status=created&from_amount=50", ["owed"]),
        ("method=alipay_qr", ["paid", "awaiting"]),
        ("from_amount=100", ["paid", "awaiting"]),
        ("to_amount=99.99", ["owed"]),
        ("from_amount=100&to_amount=100.00", ["awaiting"]),
        ("from_date=2026-03-06", ["paid"]),
        ("to_date=2026-03-05", ["awaiting", "owed"]),
        ("from_date=2026-03-05&to_date=2026-03-06", ["paid", "awaiting", "owed"]),
        ("reference={id}", ["paid"]),
        ("reference={share}", ["paid"]),
        ("reference={owed}", ["owed"]),
        ("reference={channel_no}", ["paid"]),
        ("reference=2026030622001", ["paid"]),
        ("reference=P-1", ["owed"]),
        ("reference=+{owed}+", ["owed"]),
    ],
)
def test_looks_for_what_was_asked(client, three, query, names):
    rows = page_rows(client, "?" + query.format(**three))

    found = [next(name for name, no in three.items() if row[0].startswith(no)) for row in rows]
    assert found == names


def test_finds_nothing_and_says_so(client, three):
    text = words(client.get(f"{PATH}?reference=nothing"))

    assert "Nothing found" in text
    assert "Show all" in text


def test_a_number_of_others_finds_nothing(client, member):
    theirs = paid_payment()

    for number in (theirs.pk, theirs.merchant_order_no, theirs.allocations.get().pk):
        page = client.get(f"{PATH}?reference={number}")
        assert "Nothing found" in words(page)


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("status=lost", "Select a valid choice."),
        ("method=cash", "Select a valid choice."),
        ("from_amount=1e2", "Write an amount such as 12.34."),
        ("from_amount=1.005", "Write an amount such as 12.34."),
        ("from_amount=2&to_amount=1", "The range ends before it begins."),
        ("from_date=2026-02-30", "This is not a day."),
        ("from_date=2026-03-06&to_date=2026-03-05", "The range ends before it begins."),
        ("reference=%00", "Null characters are not allowed."),
        ("reference=" + "x" * 81, "at most 80 characters"),
    ],
)
def test_a_question_that_makes_no_sense_is_explained(client, three, query, complaint):
    response = client.get(f"{PATH}?{query}")

    assert response.status_code == 200
    assert complaint in words(response)
    assert "nothing was looked for" in words(response)


def test_amounts_of_two_currencies_need_one_of_them(client, member):
    # Given
    paid_payment(member.merchant)
    put_on_plan(member.merchant, FeePlanFactory(currency="JPY"))
    paid = paid_payment(member.merchant, amounts_minor=(10_000,))

    # When / Then
    assert "Choose the currency of the amount." in words(client.get(f"{PATH}?from_amount=100"))
    rows = page_rows(client, "?from_amount=10000&currency=JPY")
    assert [row[0].startswith(paid.merchant_order_no) for row in rows] == [True]
    assert len(page_rows(client, "?currency=CNY")) == 1


@pytest.mark.parametrize("before", ["", "1", "pal_x", "%00", "stl_" + "0" * 26])
def test_knows_no_page_that_was_never_named(client, member, before):
    assert client.get(f"{PATH}?before={before}").status_code == 404


def test_costs_the_same_for_three_payments_and_for_thirty(client, member):
    # Given
    channel = AlipayAccountFactory()
    costs = []
    for count in (3, 27):
        for _ in range(count):
            paid_payment(member.merchant, channel=channel)
        client.get(PATH)

        # When
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(page_rows(client)) in {3, 30}
        costs.append(len(queries))

    # Then
    assert costs[0] == costs[1] <= 6


def test_is_found_by_name():
    assert reverse("portal_payments") == PATH
