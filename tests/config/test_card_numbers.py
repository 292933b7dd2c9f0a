"""No card number comes in, and none is written into a line of the log."""

import json

import pytest

from ledger.models import AuditEntry
from payments.models import Payment
from tests.rig.rows import nothing_written

CARD = "4242424242424242"
FORMS = [CARD, "4242 4242 4242 4242", "4242-4242-4242-4242", "４２４２４２４２４２４２４２４２"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("card", FORMS)
@pytest.mark.parametrize("field", ["description", "merchant_order_no", "payer_no", "unknown"])
def test_the_api_refuses_a_body_with_one_and_writes_nothing(client, card, field):
    # When
    with nothing_written():
        response = client.post("/v1/payments", json.dumps({field: card}), "application/json")

    # Then
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    told = response.json()
    assert (told["code"], told["outcome"]) == ("card_number_refused", "not_executed")
    assert told["request_id"] == response["X-Request-Id"]
    assert card not in response.content.decode()
    assert not Payment.objects.exists()


def test_digits_behind_escapes_are_found(client):
    # When
    body = '{"description": "\\u00342424242\\u003424242424"}'.replace("\\u003424242424", "42424242")
    response = client.post("/v1/payments", body, "application/json")

    # Then
    assert response.json()["code"] == "card_number_refused"


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        (f"/v1/payments?merchant_order_no={CARD}", {}),
        (f"/v1/payments/{CARD}", {}),
        ("/v1/payments?merchant_order_no=4242+4242+4242+4242", {}),
        ("/v1/payments", {"Idempotency-Key": CARD}),
        ("/v1/payments", {"User-Agent": f"card {CARD}"}),
    ],
)
def test_the_api_refuses_an_address_or_a_header_with_one(client, address, headers):
    response = client.get(address, headers=headers)
    assert (response.status_code, response.json()["code"]) == (422, "card_number_refused")


@pytest.mark.parametrize("path", ["/portal/payments/", "/checkout/abc/method", "/accounts/login/"])
def test_pages_refuse_a_form_with_one_in_words(client, path):
    # When
    with nothing_written():
        response = client.post(path, {"note": CARD})

    # Then
    assert response.status_code == 422
    assert "bank card" in response.content.decode()
    assert CARD not in response.content.decode()


def test_a_form_in_parts_is_read_as_well(client):
    response = client.post("/portal/payments/", {"note": CARD}, format="multipart")
    assert response.status_code == 422


def test_a_reason_of_the_staff_is_refused_and_leaves_no_audit_row(admin_client):
    # When
    response = admin_client.post(
        "/admin/payments/payment/pay_1/change/",
        f"reason=paid+with+{CARD}",
        content_type="application/x-www-form-urlencoded",
    )

    # Then
    assert response.status_code == 422
    assert not AuditEntry.objects.filter(after__icontains=CARD).exists()


def test_notifications_are_refused_before_they_are_kept(client):
    # When
    with nothing_written():
        response = client.post(
            "/notify/chn_1/", f"accNo={CARD}", content_type="application/x-www-form-urlencoded"
        )

    # Then
    assert (response.status_code, response.content) == (422, b"fail")


@pytest.mark.parametrize("path", ["/notify/chn_1/", "/checkout/back/pay_1/"])
def test_unionpay_may_name_us_though_our_number_looks_like_a_card(client, path):
    form = "txnType=01&merId=777290058110048&respCode=00"
    response = client.post(path, form, content_type="application/x-www-form-urlencoded")
    assert response.status_code != 422


def test_what_a_payer_brings_back_from_unionpay_is_not_read(client):
    # Given a form that UnionPay has a browser post, of an account that tells card numbers
    form = f"merId=777290058110048&accNo={CARD}&respCode=00"

    # When
    with nothing_written():
        response = client.post(
            "/checkout/back/pay_1/", form, content_type="application/x-www-form-urlencoded"
        )

    # Then
    assert (response.status_code, response["Location"]) == (303, "/checkout/back/pay_1/")


@pytest.mark.parametrize("form", [f"note={CARD}", f"accNo=6216&note={CARD}", f"accNo2={CARD}"])
def test_other_fields_that_a_payer_brings_back_are_refused(client, form):
    with nothing_written():
        response = client.post(
            "/checkout/back/pay_1/", form, content_type="application/x-www-form-urlencoded"
        )
    assert response.status_code == 422


@pytest.mark.parametrize(
    "form", [f"merId={CARD}", "merId=371449635398431", "merId=777290058110048&accNo=" + CARD]
)
def test_a_card_is_found_beside_or_as_the_name_of_a_merchant(client, form):
    # When
    with nothing_written():
        response = client.post(
            "/notify/chn_1/", form, content_type="application/x-www-form-urlencoded"
        )

    # Then
    assert response.status_code == 422


@pytest.mark.parametrize(
    "text",
    [
        # Milliseconds and yyyyMMddHHmmss may fit the check digit; no card begins as they do.
        '{"at": 1772683200005}',
        '{"txnTime": "20260305120001"}',
        # Alipay's apps and people.
        '{"buyer_id": "2088000000000007"}',
        # A bank account that looks like a card, where an account is meant.
        '{"account_no": "6200000000000005"}',
        '{"merchant_order_no": "A4242424242424242"}',
        '{"amount": "99999999999999"}',
    ],
)
def test_other_numbers_pass_to_the_door(client, text):
    response = client.post("/v1/payments", text, "application/json")
    assert response.json()["code"] == "unauthenticated"


def test_staff_may_search_for_an_account(admin_client):
    response = admin_client.get("/admin/payments/payment/", {"q": "6200000000000005"})
    assert response.status_code != 422
