"""Pages to pay on, asked for by partners."""

import pytest

from payments.models import IdempotencyRecord, PayerSession
from payments.queries.payer_sessions import session_of
from tests.rig.partner import new_key
from tests.rig.rows import ITS_KEPT_REFUSAL, nothing_written

RETURN_URL = "https://shop.example/orders/1"


@pytest.fixture
def payer_payment(partner, order) -> str:
    return partner.post("/v1/payments", {**order, "payer_no": "P-1"}).json()["id"]


@pytest.fixture
def open_payment(partner, order) -> str:
    return partner.post("/v1/payments", order).json()["id"]


def test_a_checkout_session_leads_to_its_payment(partner, payer_payment, settings):
    # Given
    settings.PUBLIC_URL = "https://pay.example"

    # When
    response = partner.post(
        f"/v1/payments/{payer_payment}/checkout_sessions", {"return_url": RETURN_URL}
    )

    # Then
    body = response.json()
    session = PayerSession.objects.get()
    assert response.status_code == 201
    assert body == {
        "id": session.pk,
        "object": "checkout_session",
        "payment_id": payer_payment,
        "checkout_url": body["checkout_url"],
        "return_url": RETURN_URL,
        "created_at": "2026-03-05T04:00:00Z",
        "expires_at": body["expires_at"],
    }
    address, _slash, token = body["checkout_url"].rpartition("/")
    assert address == "https://pay.example/checkout"
    assert session_of(token).session == session


def test_a_payment_link_lives_as_long_as_its_payment(partner, open_payment):
    # When
    response = partner.post(f"/v1/payments/{open_payment}/payment_links")

    # Then
    body = response.json()
    assert (response.status_code, body["object"]) == (201, "payment_link")
    assert (body["return_url"], body["expires_at"]) == ("", "2026-03-05T06:00:00Z")
    token = body["checkout_url"].rpartition("/")[2]
    assert session_of(token).session.payer_id is None


def test_a_replay_gives_the_same_address_which_is_kept_nowhere(partner, payer_payment):
    # Given
    key = new_key()
    path = f"/v1/payments/{payer_payment}/checkout_sessions"

    # When
    first = partner.post(path, key=key)
    with nothing_written():
        again = partner.post(path, key=key)

    # Then
    assert again["Idempotency-Replayed"] == "true"
    assert first.content == again.content
    token = first.json()["checkout_url"].rpartition("/")[2]
    kept = IdempotencyRecord.objects.get(key=key)
    assert token not in str(kept.response_body)
    assert PayerSession.objects.count() == 1


@pytest.mark.parametrize(
    ("wanted", "code"),
    [("payment_links", "payment_with_payer"), ("checkout_sessions", "payment_without_payer")],
)
def test_the_wrong_kind_is_refused(partner, payer_payment, order, wanted, code):
    # Given
    other = partner.post("/v1/payments", {**order, "merchant_order_no": "ORDER-2"}).json()["id"]
    payment_id = payer_payment if wanted == "payment_links" else other

    # When
    with nothing_written(but=ITS_KEPT_REFUSAL):
        response = partner.post(f"/v1/payments/{payment_id}/{wanted}")

    # Then
    assert (response.status_code, response.json()["code"]) == (422, code)


def test_what_is_closed_has_no_page(partner, payer_payment):
    # Given
    partner.post(f"/v1/payments/{payer_payment}/cancel")

    # When
    with nothing_written(but=ITS_KEPT_REFUSAL):
        response = partner.post(f"/v1/payments/{payer_payment}/checkout_sessions")

    # Then
    assert (response.status_code, response.json()["code"]) == (409, "payment_not_payable")


def test_a_script_is_no_way_back(partner, payer_payment):
    with nothing_written(but=ITS_KEPT_REFUSAL):
        response = partner.post(
            f"/v1/payments/{payer_payment}/checkout_sessions",
            {"return_url": "javascript:alert(1)"},
        )

    assert (response.status_code, response.json()["code"]) == (422, "invalid_return_url")


@pytest.mark.parametrize("return_url", [17, None, ["https://shop.example"], "x" * 501])
def test_what_is_no_text_is_refused(partner, payer_payment, return_url):
    with nothing_written():
        response = partner.post(
            f"/v1/payments/{payer_payment}/checkout_sessions", {"return_url": return_url}
        )

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["return_url"]
