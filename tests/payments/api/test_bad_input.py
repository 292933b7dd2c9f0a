"""The catalogue of bad input, case by case: refused before anything is read or written."""

import json

import pytest

from tests.rig.partner import Partner
from tests.rig.rows import nothing_written

PAYMENTS = "/v1/payments"
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


def refused(partner: Partner, order: dict, *, field: str = "") -> dict:
    """Send an order, assert that it is a 422 about a field with nothing written, return it."""
    with nothing_written():
        response = partner.post(PAYMENTS, order)
    assert response.status_code == 422, response.content
    problem = response.json()
    assert problem["code"] == "invalid_request"
    assert (problem["outcome"], problem["retry"]) == ("not_executed", "new_key")
    if field:
        assert field in {row["field"] for row in problem["errors"]}
    return problem


def refused_for_a_card_number(partner: Partner, order: dict) -> dict:
    """Send an order that never gets past the door, with nothing written, and return the answer."""
    with nothing_written():
        response = partner.post(PAYMENTS, order)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "card_number_refused")
    assert (problem["outcome"], problem["retry"]) == ("not_executed", "new_key")
    return problem


def refused_raw(partner: Partner, content: bytes, *, status: int, code: str, **terms) -> None:
    with nothing_written():
        response = partner.post_raw(PAYMENTS, content, **terms)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"


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


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=gbk",
        "application/json; charset=utf-16",
        "",
    ],
)
def test_only_json_in_utf8_is_read(partner, order, content_type):
    refused_raw(
        partner,
        json.dumps(order).encode(),
        status=415,
        code="unsupported_media_type",
        content_type=content_type,
    )


def test_a_compressed_body_is_not_read(partner, order):
    content = json.dumps(order).encode()

    refused_raw(
        partner, content, status=415, code="unsupported_media_type", Content_Encoding="gzip"
    )


def test_utf8_may_be_named(partner, order):
    response = partner.post_raw(
        PAYMENTS, json.dumps(order).encode(), content_type="application/json; charset=UTF-8"
    )

    assert response.status_code == 201


def test_256_kib_are_read_and_one_byte_more_is_not(partner, order):
    # Given
    content = json.dumps(order).encode()
    largest = content + b" " * (256 * 1024 - len(content))

    # When / Then
    refused_raw(partner, largest + b" ", status=413, code="payload_too_large")
    assert partner.post_raw(PAYMENTS, largest).status_code == 201


def test_a_body_without_its_length_is_not_read(partner):
    # Given a chunked request, as a server hands it over
    with nothing_written():
        response = partner.client.generic(
            "POST",
            PAYMENTS,
            headers={
                "Authorization": f"Bearer {partner.secret}",
                "Idempotency-Key": "a" * 16,
                "Transfer-Encoding": "chunked",
            },
            CONTENT_LENGTH="",
        )

    # Then
    assert (response.status_code, response.json()["code"]) == (411, "length_required")


@pytest.mark.parametrize(
    "body", [{}, {"method": "cash"}, {"method": None}, {"method": ["alipay_qr"]}]
)
def test_a_confirmation_names_a_known_method(partner, order, body):
    # Given
    payment_id = partner.post(PAYMENTS, order).json()["id"]

    # When
    with nothing_written():
        response = partner.post(f"{PAYMENTS}/{payment_id}/confirm", body)

    # Then
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "method"


@pytest.mark.parametrize(
    "address",
    ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "fe80::1%eth0", "host", 17, "::g"],
)
def test_a_payers_address_is_one(partner, order, address):
    # Given
    payment_id = partner.post(PAYMENTS, order).json()["id"]

    # When
    with nothing_written():
        response = partner.post(
            f"{PAYMENTS}/{payment_id}/confirm", {"method": "alipay_qr", "payer_ip": address}
        )

    # Then
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "payer_ip"


def test_a_cancellation_has_no_fields(partner, order):
    # Given
    payment_id = partner.post(PAYMENTS, order).json()["id"]

    # When
    with nothing_written():
        response = partner.post(f"{PAYMENTS}/{payment_id}/cancel", {"reason": "x"})

    # Then
    assert response.status_code == 422


def test_an_answer_in_another_form_is_not_to_be_had(partner):
    response = partner.get(PAYMENTS, Accept="text/html")

    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")
