"""The catalogue of bad input, case by case: refused before anything is read or written."""

import json

import pytest

from tests.payments.api.bad_bodies import PAYMENTS, refused, refused_raw
from tests.rig.partner import Partner
from tests.rig.rows import nothing_written

FIELDS = [
    "merchant_order_no",
    "amount",
    "currency",
    "description",
    "allocations",
    "payer_no",
    "metadata",
    "expires_at",
]


def refused_for_a_card_number(partner: Partner, order: dict) -> dict:
    """Send an order that never gets past the door, with nothing written, and return the answer."""
    with nothing_written():
        response = partner.post(PAYMENTS, order)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "card_number_refused")
    assert (problem["outcome"], problem["retry"]) == ("not_executed", "new_key")
    return problem


@pytest.mark.parametrize(
    "text",
    [
        "1e2",
        "1E2",
        "1.0",
        "0.019",
        "0.005",
        "1.005",
        "-0",
        "0",
        "-1",
        "1e400",
        "10000000000001",
        "9007199254740993",
        "9223372036854775808",
        "9" * 400,
        "true",
        "null",
        "[]",
        "{}",
        '"1"',
        '"１２"',
        '"1_0"',
        '"+3"',
        '" 5"',
        '""',
    ],
)
@pytest.mark.parametrize("place", ["amount", "allocations.0.amount"])
def test_an_amount_is_a_json_integer_from_1_to_ten_to_the_13(partner, order, text, place):
    # Given
    content = json.dumps(order).replace(
        '"amount": 10000' if place == "amount" else '"amount": 10000}', f'"amount": {text}', 1
    )
    if place != "amount":
        content = json.dumps(order).replace('"amount": 10000}', f'"amount": {text}}}', 1)

    # When
    with nothing_written():
        response = partner.post_raw(PAYMENTS, content.encode())

    # Then
    assert response.status_code == 422
    assert [row["field"] for row in response.json()["errors"]] == [place]


def test_the_largest_amount_is_taken(partner, order):
    # Given
    order["amount"] = order["allocations"][0]["amount"] = 10**13

    # When / Then
    assert partner.post(PAYMENTS, order).json()["amount"] == 10**13


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "-Infinity", "1_0", "+3", "01", "１２", "0x10"]
)
def test_what_is_no_json_number_is_refused_as_a_whole(partner, order, text):
    content = json.dumps(order).replace('"amount": 10000', f'"amount": {text}', 1)

    refused_raw(partner, content.encode(), status=400, code="malformed_request")


@pytest.mark.parametrize(
    "currency", ["cny", "Cny", "CN", "CNYX", "XXX", "XAU", "人民币", "", " CNY", "CNY\n", 156, None]
)
def test_a_currency_is_an_active_code_in_upper_case(partner, order, currency):
    refused(partner, {**order, "currency": currency}, field="currency")


@pytest.mark.parametrize(
    "name",
    ["is_test", "fee", "status", "merchant_id", "approved_by", "id", "created_at", "__proto__", ""],
)
def test_an_unknown_field_is_refused(partner, order, name):
    problem = refused(partner, {**order, name: 1}, field=name)

    assert [row["code"] for row in problem["errors"]] == ["unknown_field"]


def test_an_unknown_field_deeper_down_is_refused(partner, order):
    order["allocations"][0]["fee"] = 0

    refused(partner, order, field="allocations.0.fee")


@pytest.mark.parametrize("name", ["merchant_order_no", "amount", "currency", "description"])
def test_a_needed_field_is_missed(partner, order, name):
    del order[name]

    refused(partner, order, field=name)


@pytest.mark.parametrize(
    "value", [True, 1, 1.5, [], {}, None, [None], ["text"], {"a": 1}, [[[]]], "", "\x00"]
)
@pytest.mark.parametrize("name", FIELDS)
def test_no_type_of_value_in_any_field_breaks_the_door(partner, order, name, value):
    # When
    response = partner.post(PAYMENTS, {**order, name: value})

    # Then
    assert response.status_code < 500


@pytest.mark.parametrize(
    "text",
    [
        "two\nlines",
        "tab\there",
        "right to left \u202e override",
        "isolate \u2066",
        "mark \u200f",
        "arabic mark \u061c",
        "zero\u200bwidth",
        "joiner \u2060",
        "bom \ufeff",
        "delete \x7f",
        "next line \x85",
        "line \u2028 separator",
        "tag \U000e0041",
    ],
)
@pytest.mark.parametrize("place", ["description", "metadata"])
def test_control_and_invisible_letters_are_refused(partner, order, text, place):
    order[place] = text if place == "description" else {"note": text}

    refused(partner, order)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "card 4111 1111 1111 1111 of Ann",
        "4111-1111-1111-1111",
        "3782 822463 10005",
        "378282246310005",
        "6222021234567890128",
        "４１１１１１１１１１１１１１１１",
    ],
)
@pytest.mark.parametrize("place", ["description", "metadata"])
def test_a_card_number_in_free_text_is_refused(partner, order, text, place):
    order[place] = text if place == "description" else {"note": text}

    problem = refused_for_a_card_number(partner, order)
    assert "4111" not in json.dumps(problem)


@pytest.mark.parametrize("name", ["merchant_order_no", "payer_no"])
def test_a_card_number_is_refused_as_a_reference_too(partner, order, name):
    refused_for_a_card_number(partner, {**order, name: "4111111111111111"})


def test_a_card_number_as_a_name_in_metadata_is_refused(partner, order):
    refused_for_a_card_number(partner, {**order, "metadata": {"4111111111111111": "y"}})


@pytest.mark.parametrize(
    "number", ["1795363200005", "20261122000000017", "4111111111111112", "x" * 64, "a-b_c.d:e/f"]
)
def test_an_ordinary_order_number_is_taken(partner, order, number):
    assert partner.post(PAYMENTS, {**order, "merchant_order_no": number}).status_code == 201
