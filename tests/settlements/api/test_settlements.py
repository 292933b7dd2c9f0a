import pytest

from ledger.identifiers import new_id
from settlements.models import Settlement
from tests.factories.payments import MerchantFactory, paid_payment
from tests.rig.partner import nobody, partner_of
from tests.rig.rows import nothing_written
from tests.settlements.api.conftest import settled, with_destination

SETTLEMENTS = "/v1/settlements"
ADDRESSES = [SETTLEMENTS, SETTLEMENTS + "/{id}", SETTLEMENTS + "/{id}/items"]


def test_shows_what_is_paid_where_to_and_where_it_stands(partner, merchant, settlement):
    # When
    body = partner.get(f"{SETTLEMENTS}/{settlement.id}").json()

    # Then
    assert body == {
        "id": settlement.id,
        "object": "settlement",
        "merchant_id": merchant.id,
        "merchant_settlement_no": "",
        "amount": 14_700,
        "gross": 15_000,
        "fee": 300,
        "net": 14_700,
        "currency": "CNY",
        "status": "draft",
        "status_code": "",
        "item_count": 2,
        "business_date": "2026-03-06",
        "destination": {
            "id": settlement.destination_id,
            "object": "destination",
            "kind": "bank",
            "holder_name": "Ann Li",
            "account_tail": "3456",
        },
        "payouts": [],
        "created_at": "2026-03-06T04:00:00Z",
        "paid_at": None,
        "metadata": {},
    }
    assert "622588" not in str(body)
    assert partner.get(SETTLEMENTS).json()["data"] == [body]


def test_its_items_are_the_lines_that_it_pays(partner, settlement):
    # When
    items = partner.get(f"{SETTLEMENTS}/{settlement.id}/items").json()["data"]

    # Then
    assert sorted(row["net"] for row in items) == [4_900, 9_800]
    assert sum(row["net"] for row in items) == settlement.net_minor
    assert {row["object"] for row in items} == {"balance_transaction"}
    assert {row["status"] for row in items} == {"available"}
    first = items[0]
    assert partner.get(f"/v1/balance_transactions/{first['id']}").json() == first


def test_items_come_in_pages(partner, settlement):
    # Given
    address = f"{SETTLEMENTS}/{settlement.id}/items"

    # When
    first = partner.get(f"{address}?limit=1").json()
    second = partner.get(f"{address}?limit=1&cursor={first['next_cursor']}").json()

    # Then
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert first["data"][0]["id"] != second["data"][0]["id"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_nobody_is_401(address, settlement):
    with nothing_written():
        assert nobody().get(address.format(id=settlement.id)).status_code == 401


@pytest.mark.parametrize("address", ADDRESSES)
def test_without_the_scope_it_is_403(address, merchant, settlement):
    # Given
    payer_side = partner_of(merchant, "payments:read", "payments:write")

    # When
    with nothing_written():
        response = payer_side.get(address.format(id=settlement.id))

    # Then
    assert (response.status_code, response.json()["code"]) == (403, "missing_scope")


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_wrong_merchant_sees_nothing_of_it(address, merchant, stranger, settlement):
    # When
    response = stranger.get(address.format(id=settlement.id))

    # Then
    assert response.status_code == (200 if address == SETTLEMENTS else 404)
    assert settlement.id.encode() not in response.content
    assert merchant.id.encode() not in response.content


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_right_merchant_and_the_platform_see_it(address, partner, platform, settlement):
    for caller in (partner, platform):
        assert caller.get(address.format(id=settlement.id)).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES[1:])
def test_foreign_missing_and_malformed_answer_with_the_same_bytes(address, stranger, settlement):
    # When
    names = [settlement.id, new_id("stl"), new_id("pay"), settlement.id.upper(), "%00", "1"]
    answers = set()
    for name in names:
        response = stranger.get(address.format(id=name))
        assert response.status_code == 404
        answers.add(response.content.replace(response["X-Request-Id"].encode(), b""))

    # Then
    assert len(answers) == 1


@pytest.mark.parametrize("address", ADDRESSES[1:])
def test_nothing_can_be_written_here(address, partner, settlement):
    with nothing_written():
        response = partner.post(address.format(id=settlement.id), {})

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("status=draft", 1),
        ("status=paid", 0),
        ("currency=CNY", 1),
        ("currency=BRL", 0),
        ("amount_min=14700&amount_max=14700", 1),
        ("amount_min=14701", 0),
        ("business_date_from=2026-03-06&business_date_before=2026-03-07", 1),
        ("business_date_before=2026-03-06", 0),
        ("created_from=2026-03-06T04:00:00Z", 1),
        ("created_before=2026-03-06T04:00:00Z", 0),
    ],
)
def test_filters_of_settlements(partner, settlement, query, count):
    assert len(partner.get(f"{SETTLEMENTS}?{query}").json()["data"]) == count


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "merchant=1",
        "business_date_from=2026-02-30",
        "amount_min=2&amount_max=1",
        "limit=0",
    ],
)
@pytest.mark.parametrize("address", ADDRESSES[::2])
def test_bad_filters_of_settlements_are_refused(partner, settlement, address, query):
    response = partner.get(f"{address.format(id=settlement.id)}?{query}")

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


def test_the_platform_may_ask_for_one_merchants(platform, partner, settlement, other_merchant):
    # Given
    with_destination(other_merchant)

    # When / Then
    assert platform.get(f"{SETTLEMENTS}?merchant_id={settlement.merchant_id}").json()["data"]
    assert not platform.get(f"{SETTLEMENTS}?merchant_id={other_merchant.id}").json()["data"]
    assert not partner.get(f"{SETTLEMENTS}?merchant_id={other_merchant.id}").json()["data"]


@pytest.mark.parametrize("count", [1, 5])
def test_a_page_costs_the_same_however_long_it_is(platform, count, django_assert_num_queries):
    # Given
    for _ in range(count):
        paid_payment(with_destination(MerchantFactory()))
    settled()
    assert Settlement.objects.count() == count
    platform.get(SETTLEMENTS)

    # When / Then: the credential, the settlements with destinations, their payouts
    with django_assert_num_queries(3):
        assert len(platform.get(SETTLEMENTS).json()["data"]) == count


def test_items_cost_four_queries(partner, settlement, django_assert_num_queries):
    # Given
    partner.get(SETTLEMENTS)

    # When / Then: the credential, the settlement, its payouts, the lines
    with django_assert_num_queries(4):
        partner.get(f"{SETTLEMENTS}/{settlement.id}/items")
