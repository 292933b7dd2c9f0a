# ruff: noqa: F811  fixtures are imported
"""Lists of refunds over the API."""

from datetime import timedelta

import pytest

from ledger.identifiers import new_id
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.instants import NOON
from tests.payments.api.refund_bodies import REFUNDS, listed, payment  # noqa: F401

# --- lists --------------------------------------------------------------------------------------


@pytest.fixture
def three(merchant) -> dict[str, str]:
    """Return refunds of 10.00 and 20.00 of one payment and one of 30.00, an hour later each."""
    one = paid_payment(merchant)
    two = paid_payment(merchant, at=NOON + timedelta(hours=1))
    first = refund_asked(one, amount_minor=1_000, refund_no="A-1")
    second = refunded(
        refund_asked(one, amount_minor=2_000, refund_no="A-2", at=NOON + timedelta(hours=1))
    )
    third = refund_asked(two, amount_minor=3_000, refund_no="A-3", at=NOON + timedelta(hours=2))
    operation = third.operation
    operation.channel_ref = "2026030522001"
    operation.save(update_fields=["channel_ref"])
    return {
        "first": first.pk,
        "second": second.pk,
        "third": third.pk,
        "one": one.pk,
        "order_two": two.merchant_order_no,
        "channel_no": operation.channel_no,
        "paid_as": one.attempts.get().operation.channel_no,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["third", "second", "first"]),
        ("status=succeeded", ["second"]),
        ("status=submitting", ["third", "first"]),
        ("payment_id={one}", ["second", "first"]),
        ("currency=USD", []),
        ("merchant_refund_no=A-2", ["second"]),
        ("amount_min=2000", ["third", "second"]),
        ("amount_max=2000", ["second", "first"]),
        ("amount_min=2000&amount_max=2000", ["second"]),
        ("created_from=2026-03-05T05:00:00Z", ["third", "second"]),
        ("created_before=2026-03-05T05:00:00Z", ["first"]),
        ("payer_no=P-1", []),
        ("reference={first}", ["first"]),
        ("reference=A-3", ["third"]),
        ("reference={one}", ["second", "first"]),
        ("reference={order_two}", ["third"]),
        ("reference={channel_no}", ["third"]),
        ("reference=2026030522001", ["third"]),
        ("reference={paid_as}", ["second", "first"]),
        ("reference=unknown", []),
    ],
)
@pytest.mark.parametrize("caller", ["partner", "platform"])
def test_filters(request, three, caller, query, names):
    found = listed(request.getfixturevalue(caller), "?" + query.format(**three))

    assert found == [three[name] for name in names]


def test_a_reference_opens_nothing_of_others(three, stranger):
    for number in three.values():
        assert listed(stranger, f"?reference={number}") == []


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("status=lost", "status", "invalid_choice"),
        ("status=failed&status=failed", "status", "repeated_parameter"),
        ("status__in=failed", "status__in", "unknown_parameter"),
        ("amount_min=1.5", "amount_min", "invalid"),
        ("amount_min=2&amount_max=1", "amount_max", "reversed_range"),
        ("created_from=2026-03-05", "created_from", "invalid"),
        ("reference=%00", "reference", "null_characters_not_allowed"),
        ("reference=" + "x" * 81, "reference", "max_length"),
        ("limit=101", "limit", "invalid_limit"),
        ("cursor=tampered", "cursor", "invalid_cursor"),
    ],
)
def test_a_parameter_that_cannot_be_obeyed_is_refused(partner, query, field, code):
    response = partner.get(f"{REFUNDS}?{query}")

    assert response.status_code == 422
    assert [(row["field"], row["code"]) for row in response.json()["errors"]] == [(field, code)]


def test_lists_the_newest_first_in_pages(partner, three):
    # When
    first = partner.get(f"{REFUNDS}?limit=2").json()
    second = partner.get(f"{REFUNDS}?limit=2&cursor={first['next_cursor']}").json()

    # Then
    found = [row["id"] for row in first["data"] + second["data"]]
    assert found == [three["third"], three["second"], three["first"]]
    assert (first["has_more"], second["has_more"], second["next_cursor"]) == (True, False, None)


def test_the_amount_filter_looks_at_what_the_caller_sees(partner, platform, payment):
    refund_asked(payment)

    assert listed(partner, "?amount_min=7001") == []
    assert len(listed(partner, "?amount_max=7000")) == 1
    assert len(listed(platform, "?amount_min=10000")) == 1


def test_the_platform_may_ask_for_one_merchants(platform, partner, payment, other_merchant):
    both = refund_asked(payment).pk

    assert listed(platform, f"?merchant_id={other_merchant.pk}") == [both]
    assert listed(platform, f"?merchant_id={new_id('mer')}") == []
    assert listed(partner, f"?merchant_id={other_merchant.pk}") == []


@pytest.mark.parametrize("count", [1, 6])
def test_a_page_costs_the_same_however_long_it_is(
    platform, merchant, count, django_assert_num_queries
):
    # Given
    channel = AlipayAccountFactory()
    for _ in range(count):
        refund_asked(
            paid_payment(merchant, MerchantFactory(), amounts_minor=(50, 60), channel=channel)
        )
    platform.get(REFUNDS)

    # When / Then: the credential, the refunds with their payments, the shares
    with django_assert_num_queries(3):
        assert len(listed(platform, "?limit=100")) == count
