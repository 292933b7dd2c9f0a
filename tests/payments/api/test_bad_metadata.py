"""References, metadata, instants and shares that are refused."""

import json

import pytest

from tests.payments.api.bad_bodies import PAYMENTS, refused, refused_raw


@pytest.mark.parametrize("number", ["", " A", "A ", "A B", "-A", "好", "A\n", "x" * 65, "A'--", 17])
def test_a_reference_has_one_shape(partner, order, number):
    refused(partner, {**order, "merchant_order_no": number}, field="merchant_order_no")


@pytest.mark.parametrize(
    "metadata",
    [
        {str(number): "x" for number in range(51)},
        {"x": "y" * 501},
        {"x" * 41: "y"},
        {"": "y"},
        {"a b": "y"},
        {"好": "y"},
        {"x": 1},
        {"x": None},
        {"x": {"y": "z"}},
        {"x": ["y"]},
        [],
        "text",
    ],
)
def test_metadata_is_fifty_short_texts_at_most(partner, order, metadata):
    refused(partner, {**order, "metadata": metadata})


def test_metadata_at_its_limits_is_taken(partner, order):
    order["metadata"] = {f"{number:040}": "y" * 500 for number in range(50)}

    assert partner.post(PAYMENTS, order).status_code == 201


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-03-05T12:00:00",
        "2026-03-05",
        "2026-03-05 12:00:00Z",
        "2026-03-05T24:00:01Z",
        "2026-03-05T12:00:00+15:00",
        "２０２６-03-05T12:00:00Z",
        "1772683200",
        1772683200,
    ],
)
def test_an_instant_has_its_offset_and_exists(partner, order, text):
    refused(partner, {**order, "expires_at": text}, field="expires_at")


@pytest.mark.parametrize("count", [0, 101])
def test_allocations_are_one_to_a_hundred(partner, order, count):
    order["allocations"] = order["allocations"] * count

    refused(partner, order, field="allocations")


def test_a_doubled_key_is_refused(partner, order):
    content = json.dumps(order).replace('"amount": 10000', '"amount": 1, "amount": 10000', 1)

    refused_raw(partner, content.encode(), status=400, code="malformed_request")
