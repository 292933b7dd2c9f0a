"""Requests that are no JSON of ours, or are not to be had."""

import json

import pytest

from tests.payments.api.bad_bodies import PAYMENTS, refused_raw
from tests.rig.rows import nothing_written


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
