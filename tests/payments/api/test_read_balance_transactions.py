from datetime import timedelta

import pytest

from payments.actions.maturity import mature
from tests.factories.payments import MerchantFactory, paid_payment
from tests.instants import FRIDAY, NEXT_NOON, NOON

LINES = "/v1/balance_transactions"


@pytest.fixture
def paid(merchant):
    return paid_payment(merchant)


def test_a_line_shows_gross_fee_and_net(partner, merchant, paid):
    # When
    (line,) = partner.get(LINES).json()["data"]

    # Then
    kept = merchant.balance_transactions.get()
    assert line == {
        "id": kept.id,
        "object": "balance_transaction",
        "merchant_id": merchant.id,
        "kind": "payment",
        "source": paid.allocations.get().id,
        "amount": 9_800,
        "gross": 10_000,
        "fee": 200,
        "net": 9_800,
        "currency": "CNY",
        "status": "pending",
        "effective_date": "2026-03-05",
        "available_on": "2026-03-06",
        "created_at": "2026-03-05T04:00:00Z",
        "metadata": {},
    }
    assert partner.get(f"{LINES}/{kept.id}").json() == line


def test_a_line_is_available_once_its_day_has_matured(partner, merchant, paid, laws_now):
    # Given
    laws_now()
    mature(currency="CNY", business_date=FRIDAY, actor="task:maturity", at=NEXT_NOON)

    # When / Then
    assert partner.get(LINES).json()["data"][0]["status"] == "available"


def test_the_platform_sees_the_lines_of_all(platform, merchant, other_merchant):
    # Given
    paid_payment(merchant, other_merchant, amounts_minor=(1_000, 2_000))

    # When
    rows = platform.get(LINES).json()["data"]
    own = platform.get(f"{LINES}?merchant_id={merchant.id}").json()["data"]

    # Then
    assert {row["merchant_id"] for row in rows} == {merchant.id, other_merchant.id}
    assert [row["gross"] for row in own] == [1_000]


def test_a_merchant_filter_opens_nothing_foreign(partner, other_merchant):
    paid_payment(other_merchant)

    assert partner.get(f"{LINES}?merchant_id={other_merchant.id}").json()["data"] == []


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("kind=payment", 2),
        ("kind=payout_fee", 0),
        ("amount_min=9800", 1),
        ("amount_min=-1&amount_max=4900", 1),
        ("available_from=2026-03-06", 2),
        ("available_before=2026-03-06", 0),
        ("created_from=2026-03-05T05:00:00Z", 1),
        ("source=pal_nothing", 0),
        ("currency=CNY", 2),
    ],
)
def test_filters_of_lines(partner, merchant, paid, query, count):
    # Given
    paid_payment(merchant, amounts_minor=(5_000,), at=NOON + timedelta(hours=1))

    # When / Then
    assert len(partner.get(f"{LINES}?{query}").json()["data"]) == count


@pytest.mark.parametrize(
    "query",
    [
        "available_from=2026-02-30",
        "available_from=0001-01-01",
        "available_from=20260306",
        "available_from=2026-W10-5",
        "available_from=2026-03-06&available_before=2026-03-05",
        "available_from=2026-01-01&available_before=2026-04-04",
        "kind=gift",
        "net_minor=1",
    ],
)
def test_bad_filters_of_lines_are_refused(partner, query):
    response = partner.get(f"{LINES}?{query}")

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("count", [1, 6])
def test_a_page_of_lines_costs_two_queries(platform, count, django_assert_num_queries):
    # Given
    for _ in range(count):
        paid_payment(MerchantFactory())
    platform.get(LINES)

    # When / Then: the credential, the lines with their maturity
    with django_assert_num_queries(2):
        assert len(platform.get(LINES).json()["data"]) == count
