"""The cases of the IETF draft, and what else a key must hold against."""

import json

import pytest

from payments.models import IdempotencyRecord, Payment
from tests.rig.partner import partner_of
from tests.rig.rows import nothing_written

PAYMENTS = "/v1/payments"
KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"
# Which test holds each case of the draft's list in the shared vectors.
PROVEN_BY = {
    "first": "test_a_new_key_is_processed_normally",
    "retry-after-complete": "test_a_retry_gets_the_same_answer",
    "concurrent": "tests/races/test_idempotency.py",
    "missing": "test_a_missing_key_is_400",
    "payload-mismatch": "test_another_payload_is_422",
    "syntax": "test_the_quoted_form_is_the_same_key",
    "scope": "test_another_client_gets_no_answer_of_the_first",
    "injection": "test_a_malformed_key_is_400",
}


def test_every_case_of_the_draft_is_held(shared):
    # Given
    vectors = json.loads((shared / "vectors/webhooks/idempotency_key_draft_cases.json").read_text())

    # Then
    assert {case["id"] for case in vectors["cases"]} == PROVEN_BY.keys()
    assert json.loads(vectors["example_key"]) == KEY
    ours = {name for name in PROVEN_BY.values() if name.startswith("test_")}
    assert ours <= globals().keys()


def test_a_new_key_is_processed_normally(partner, order):
    # When
    response = partner.post(PAYMENTS, order, key=KEY)

    # Then
    assert response.status_code == 201
    assert "Idempotency-Replayed" not in response
    assert IdempotencyRecord.objects.get().operation == "POST /v1/payments"


def test_a_retry_gets_the_same_answer(partner, order):
    # Given
    first = partner.post(PAYMENTS, order, key=KEY)

    # When
    with nothing_written():
        again = partner.post(PAYMENTS, order, key=KEY)

    # Then
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Content-Type"] == first["Content-Type"]
    assert again["Location"] == first["Location"]
    assert again["Idempotency-Replayed"] == "true"
    assert again["X-Request-Id"] != first["X-Request-Id"]


def test_a_retry_of_a_refusal_gets_the_same_refusal(partner, order):
    # Given
    partner.post(PAYMENTS, order)
    first = partner.post(PAYMENTS, order, key=KEY)
    assert first.status_code == 409

    # When
    with nothing_written():
        again = partner.post(PAYMENTS, order, key=KEY)

    # Then
    assert (again.status_code, again.content) == (409, first.content)
    assert again["Content-Type"] == "application/problem+json"
    assert again["Idempotency-Replayed"] == "true"


def test_a_replay_shows_the_first_answer_although_things_went_on(partner, order):
    # Given
    created = partner.post(PAYMENTS, order, key=KEY).json()
    partner.post(f"{PAYMENTS}/{created['id']}/cancel")

    # When / Then
    assert partner.post(PAYMENTS, order, key=KEY).json()["status"] == "created"
    assert partner.get(f"{PAYMENTS}/{created['id']}").json()["status"] == "closed"


def test_the_order_and_spacing_of_json_make_no_other_request(partner, order):
    # Given
    first = partner.post(PAYMENTS, order, key=KEY)

    # When
    turned = json.dumps(dict(reversed(order.items())), indent=4, ensure_ascii=True)
    again = partner.post_raw(PAYMENTS, turned.encode(), key=KEY)

    # Then
    assert again.content == first.content


@pytest.mark.parametrize("path", [PAYMENTS, "cancel", "confirm"])
def test_a_missing_key_is_400(partner, order, path):
    # Given
    payment_id = partner.post(PAYMENTS, order).json()["id"]
    address = path if path == PAYMENTS else f"{PAYMENTS}/{payment_id}/{path}"
    body = {PAYMENTS: order, "cancel": {}, "confirm": {"method": "alipay_qr"}}[path]

    # When
    with nothing_written():
        response = partner.post(address, body, key="")

    # Then
    assert response.status_code == 400
    assert response.json()["code"] == "idempotency_key_missing"
    assert response.json()["detail"] == "Idempotency-Key is missing."


@pytest.mark.parametrize(
    "key",
    [
        "x",
        "x" * 15,
        "x" * 129,
        "x" * 10_000,
        "schlüssel-mit-umlaut",
        "' OR '1'='1' -- xxxx",
        "sixteen letters..",
        "sixteen\tletters..",
        '"8e03978e-40d5-43e8-bc93-6894a57f9324',
        '8e03978e-40d5-43e8-bc93-6894a57f9324"',
        '"8e03978e\\"40d5-43e8-bc93"',
        '"8e03978e-40d5-43e8-bc93-6894a57f9324";a=1',
        # What a server makes of two headers.
        "8e03978e-40d5-43e8-bc93-6894a57f9324,8e03978e-40d5-43e8-bc93-6894a57f9324",
        "8e03978e-40d5-43e8-bc93-6894a57f9324, other-key-of-sixteen",
    ],
)
def test_a_malformed_key_is_400(partner, order, key):
    # When
    with nothing_written():
        response = partner.post(PAYMENTS, order, key=key)

    # Then
    assert response.status_code == 400
    assert response.json()["code"] == "idempotency_key_malformed"


@pytest.mark.parametrize("key", ["x" * 16, "x" * 128, "order:17_a.b-c-d-e-f"])
def test_a_key_of_the_right_shape_is_taken(partner, order, key):
    assert partner.post(PAYMENTS, order, key=key).status_code == 201


def test_the_quoted_form_is_the_same_key(partner, order):
    # Given
    first = partner.post(PAYMENTS, order, key=f'"{KEY}"')

    # When
    again = partner.post(PAYMENTS, order, key=KEY)

    # Then
    assert again["Idempotency-Replayed"] == "true"
    assert again.content == first.content


def test_another_payload_is_422(partner, order):
    # Given
    partner.post(PAYMENTS, order, key=KEY)

    # When
    with nothing_written(but={"ledger_auditentry": 1}):
        response = partner.post(PAYMENTS, {**order, "description": "Other goods"}, key=KEY)

    # Then
    assert response.status_code == 422
    assert response.json()["code"] == "idempotency_key_reused"
    assert response.json()["retry"] == "new_key"


def test_another_endpoint_or_another_object_is_422(partner, order):
    # Given
    one = partner.post(PAYMENTS, order).json()["id"]
    two = partner.post(PAYMENTS, {**order, "merchant_order_no": "ORDER-2"}).json()["id"]
    partner.post(f"{PAYMENTS}/{one}/cancel", key=KEY)

    # When
    with nothing_written(but={"ledger_auditentry": 2}):
        other = partner.post(f"{PAYMENTS}/{two}/cancel", key=KEY)
        more = partner.post(PAYMENTS, {**order, "merchant_order_no": "ORDER-3"}, key=KEY)

    # Then
    assert (other.status_code, more.status_code) == (422, 422)
    assert Payment.objects.get(pk=two).status == "created"


def test_another_client_gets_no_answer_of_the_first(partner, stranger, merchant, order):
    # Given
    del order["allocations"]
    first = partner.post(PAYMENTS, order, key=KEY)
    colleague = partner_of(merchant)

    # When
    foreign = stranger.post(PAYMENTS, order, key=KEY)
    own = colleague.post(PAYMENTS, {**order, "merchant_order_no": "ORDER-2"}, key=KEY)

    # Then
    assert (foreign.status_code, own.status_code) == (201, 201)
    assert len({first.json()["id"], foreign.json()["id"], own.json()["id"]}) == 3


def test_an_answer_is_not_replayed_to_a_credential_that_lost_its_scope(partner, order):
    # Given
    partner.post(PAYMENTS, order, key=KEY)
    partner.credential.scopes = ["payments:read"]
    partner.credential.save(update_fields=["scopes"])

    # When
    response = partner.post(PAYMENTS, order, key=KEY)

    # Then
    assert response.status_code == 403


def test_a_failure_of_ours_is_not_kept_and_the_same_key_resolves_it(partner, order, monkeypatch):
    # Given
    def fail(*args, **kwargs):
        raise RuntimeError("secret of row 17")

    with monkeypatch.context() as broken:
        broken.setattr("payments.api.payments.PaymentDoor._shown", fail)

        # When
        with nothing_written():
            response = partner.post(PAYMENTS, order, key=KEY)

    # Then
    assert response.status_code == 500
    problem = response.json()
    assert (problem["code"], problem["outcome"], problem["retry"]) == (
        "internal_error",
        "unknown",
        "same_key",
    )
    assert "17" not in problem["detail"]
    assert partner.post(PAYMENTS, order, key=KEY).status_code == 201
