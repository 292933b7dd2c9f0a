from datetime import timedelta

import pytest

from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    attempted_payment,
    owed_payment,
    paid_payment,
)
from tests.instants import NOON

PAYMENTS = "/v1/payments"


def listed(caller, query="") -> list[str]:
    response = caller.get(f"{PAYMENTS}{query}")
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["data"]]


def test_a_merchant_sees_its_own_share_of_a_payment_and_nobody_elses(
    platform, partner, merchant, other_merchant
):
    # Given
    payment = owed_payment(
        merchant, other_merchant, amounts_minor=(7_000, 2_500), unallocated_minor=500
    )

    # When
    own = partner.get(f"{PAYMENTS}/{payment.id}").json()
    whole = platform.get(f"{PAYMENTS}/{payment.id}").json()

    # Then
    assert (own["amount"], own["unallocated"]) == (7_000, 0)
    assert [row["merchant_id"] for row in own["allocations"]] == [merchant.id]
    assert (whole["amount"], whole["unallocated"]) == (10_000, 500)
    assert [row["amount"] for row in whole["allocations"]] == [7_000, 2_500]


def test_metadata_is_shown_to_its_writer_and_the_platform(platform, partner, order):
    # Given
    order["metadata"] = {"note": "for the marketplace"}
    by_platform = platform.post(PAYMENTS, order).json()["id"]
    by_merchant = partner.post(PAYMENTS, order).json()["id"]

    # When
    seen = {
        (caller, payment_id): client.get(f"{PAYMENTS}/{payment_id}").json()["metadata"]
        for caller, client in (("platform", platform), ("partner", partner))
        for payment_id in (by_platform, by_merchant)
    }

    # Then
    assert seen == {
        ("platform", by_platform): order["metadata"],
        ("platform", by_merchant): order["metadata"],
        ("partner", by_platform): {},
        ("partner", by_merchant): order["metadata"],
    }


def test_lists_the_newest_first_in_pages(partner, merchant):
    # Given
    made = [owed_payment(merchant, at=NOON + timedelta(minutes=place)).id for place in range(5)]

    # When
    first = partner.get(f"{PAYMENTS}?limit=3").json()
    second = partner.get(f"{PAYMENTS}?limit=3&cursor={first['next_cursor']}").json()

    # Then
    found = [row["id"] for row in first["data"] + second["data"]]
    assert found == made[::-1]
    assert (first["has_more"], second["has_more"], second["next_cursor"]) == (True, False, None)


def test_a_cursor_of_one_merchant_opens_nothing_of_another(partner, stranger, merchant):
    # Given
    for place in range(3):
        owed_payment(merchant, at=NOON + timedelta(minutes=place))
    cursor = partner.get(f"{PAYMENTS}?limit=1").json()["next_cursor"]

    # When / Then
    assert listed(stranger, f"?cursor={cursor}") == []


def test_a_payers_number_is_the_creators_own(platform, partner, stranger, merchant, order):
    # Given one number of the platform and of the merchant: two people
    order["payer_no"] = "P-1"
    by_platform = platform.post(PAYMENTS, order).json()["id"]
    by_merchant = partner.post(PAYMENTS, order).json()["id"]

    # When
    seen = {
        (caller, payment_id): client.get(f"{PAYMENTS}/{payment_id}").json()["payer_no"]
        for caller, client in (("platform", platform), ("partner", partner))
        for payment_id in (by_platform, by_merchant)
    }

    # Then
    assert seen == {
        ("platform", by_platform): "P-1",
        ("platform", by_merchant): "P-1",
        ("partner", by_platform): None,
        ("partner", by_merchant): "P-1",
    }
    assert listed(partner, "?payer_no=P-1") == [by_merchant]
    assert sorted(listed(platform, "?payer_no=P-1")) == sorted([by_platform, by_merchant])
    assert listed(stranger, "?payer_no=P-1") == []


@pytest.fixture
def three(merchant) -> dict[str, str]:
    """Return three payments: owed 50.00 at noon, awaiting 100.00, paid 200.00 an hour later."""
    owed = owed_payment(merchant, amounts_minor=(5_000,), payer_no="P-1", created_by=merchant)
    awaiting = owed_payment(merchant)
    attempted_payment(awaiting, channel=AlipayAccountFactory())
    paid = paid_payment(merchant, amounts_minor=(20_000,), at=NOON + timedelta(hours=1))
    operation = paid.attempts.get().operation
    operation.channel_ref = "2026030522001"
    operation.save(update_fields=["channel_ref"])
    return {
        "owed": owed.id,
        "awaiting": awaiting.id,
        "paid": paid.id,
        "no": paid.merchant_order_no,
        "share": paid.allocations.get().pk,
        "try": paid.attempts.get().pk,
        "channel_no": operation.channel_no,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("status=created", ["owed"]),
        ("status=paid", ["paid"]),
        ("method=alipay_qr", ["paid", "awaiting"]),
        ("currency=CNY", ["paid", "awaiting", "owed"]),
        ("currency=USD", []),
        ("amount_min=10000", ["paid", "awaiting"]),
        ("amount_max=9999", ["owed"]),
        ("amount_min=10000&amount_max=10000", ["awaiting"]),
        ("created_from=2026-03-05T05:00:00Z", ["paid"]),
        ("created_before=2026-03-05T13:00:00%2B08:00", ["awaiting", "owed"]),
        ("payer_no=P-1", ["owed"]),
        ("payer_no=P-2", []),
        ("merchant_order_no={no}", ["paid"]),
        ("status=", ["paid", "awaiting", "owed"]),
        ("reference={owed}", ["owed"]),
        ("reference={no}", ["paid"]),
        ("reference={share}", ["paid"]),
        ("reference={try}", ["paid"]),
        ("reference={channel_no}", ["paid"]),
        ("reference=2026030522001", ["paid"]),
        ("reference=P-1", ["owed"]),
        ("reference=unknown", []),
        ("reference={no}&status=created", []),
    ],
)
def test_filters(partner, three, query, names):
    found = listed(partner, "?" + query.format(**three))

    assert sorted(found) == sorted(three[name] for name in names)


def test_a_reference_opens_nothing_of_others(three, stranger):
    for number in three.values():
        assert listed(stranger, f"?reference={number}") == []


def test_the_amount_filter_looks_at_what_the_caller_sees(partner, merchant, other_merchant):
    # Given
    owed_payment(merchant, other_merchant, amounts_minor=(1_000, 9_000))

    # When / Then
    assert listed(partner, "?amount_min=1001") == []
    assert len(listed(partner, "?amount_min=1000")) == 1


def test_the_platform_may_ask_for_one_merchants(platform, partner, merchant, other_merchant):
    # Given
    both = owed_payment(merchant, other_merchant, amounts_minor=(1_000, 9_000)).id
    own = owed_payment(merchant).id

    # When / Then
    assert listed(platform, f"?merchant_id={other_merchant.id}") == [both]
    assert sorted(listed(platform, f"?merchant_id={merchant.id}")) == sorted([both, own])
    # A merchant cannot ask who else has a share in its payments.
    assert listed(partner, f"?merchant_id={other_merchant.id}") == []
    assert sorted(listed(partner, f"?merchant_id={merchant.id}")) == sorted([both, own])


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("status=lost", "status", "invalid_choice"),
        ("status=paid&status=created", "status", "repeated_parameter"),
        ("status__in=paid", "status__in", "unknown_parameter"),
        ("status__regex=.*", "status__regex", "unknown_parameter"),
        ("ordering=credential__secret_sha256", "ordering", "unknown_parameter"),
        ("expand=merchant", "expand", "unknown_parameter"),
        ("format=html", "format", "unknown_parameter"),
        ("currency=cny", "currency", "invalid"),
        ("amount_min=1.5", "amount_min", "invalid"),
        ("amount_min=1e3", "amount_min", "invalid"),
        ("amount_min=%EF%BC%91", "amount_min", "invalid"),
        ("amount_min=99999999999999", "amount_min", "invalid"),
        ("amount_min=2&amount_max=1", "amount_max", "reversed_range"),
        ("created_from=2026-02-30T00:00:00Z", "created_from", "invalid"),
        ("created_from=2026-03-05T00:00:00", "created_from", "invalid"),
        ("created_from=0001-01-01T00:00:00%2B14:00", "created_from", "invalid"),
        ("created_from=2026-03-05", "created_from", "invalid"),
        (
            "created_from=2026-03-06T00:00:00Z&created_before=2026-03-05T00:00:00Z",
            "created_before",
            "reversed_range",
        ),
        (
            "created_from=2026-01-01T00:00:00Z&created_before=2026-04-03T00:00:01Z",
            "created_before",
            "long_range",
        ),
        ("merchant_order_no=%00", "merchant_order_no", "null_characters_not_allowed"),
        ("merchant_order_no=" + "x" * 65, "merchant_order_no", "max_length"),
        ("merchant_id=%00", "merchant_id", "null_characters_not_allowed"),
        ("limit=101", "limit", "invalid_limit"),
        ("limit=1000000000", "limit", "invalid_limit"),
        ("cursor=tampered", "cursor", "invalid_cursor"),
        ("limit=1&limit=2", "limit", "repeated_parameter"),
    ],
)
def test_a_parameter_that_cannot_be_obeyed_is_refused(partner, query, field, code):
    # When
    response = partner.get(f"{PAYMENTS}?{query}")

    # Then
    assert response.status_code == 422
    assert [(row["field"], row["code"]) for row in response.json()["errors"]] == [(field, code)]


@pytest.mark.parametrize("count", [1, 8])
def test_a_page_costs_the_same_however_long_it_is(
    platform, merchant, count, django_assert_num_queries
):
    # Given
    channel = AlipayAccountFactory()
    for _ in range(count):
        attempted_payment(
            owed_payment(merchant, MerchantFactory(), amounts_minor=(1, 2)), channel=channel
        )
    platform.get(PAYMENTS)

    # When / Then: the credential, the payments, their allocations, their tries
    with django_assert_num_queries(4):
        assert len(listed(platform, "?limit=100")) == count


def test_retrieving_costs_four_queries(partner, merchant, django_assert_num_queries):
    # Given
    payment = owed_payment(merchant)
    partner.get(PAYMENTS)

    # When / Then
    with django_assert_num_queries(4):
        partner.get(f"{PAYMENTS}/{payment.id}")
