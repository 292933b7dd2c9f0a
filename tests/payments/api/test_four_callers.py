"""Each door of payments with four callers: nobody, the wrong one, one without the right, the right.

The last test fails when an operation of the API is in no row of the table.
"""

import json

import pytest

from config.api import schema
from ledger.identifiers import new_id
from payments.models import Payment
from tests.factories.payments import AlipayAccountFactory, paid_payment
from tests.rig.partner import nobody, partner_of, the_platform
from tests.rig.rows import nothing_written

READS = {
    "payments_list": ("/v1/payments", "payments:read"),
    "payments_retrieve": ("/v1/payments/{payment}", "payments:read"),
    "balance_transactions_list": ("/v1/balance_transactions", "settlements:read"),
    "balance_transactions_retrieve": ("/v1/balance_transactions/{line}", "settlements:read"),
}
WRITES = {
    "payments_create": ("/v1/payments", "payment.create"),
    "payments_confirm": ("/v1/payments/{owed}/confirm", "payment.confirm"),
    "payments_cancel": ("/v1/payments/{owed}/cancel", "payment.cancel"),
    "payments_checkout_sessions_create": (
        "/v1/payments/{named}/checkout_sessions",
        "payer_session.mint",
    ),
    "payments_payment_links_create": ("/v1/payments/{owed}/payment_links", "payment_link.mint"),
}
ELSEWHERE = {
    "refunds_list": "tests/payments/api/test_refunds.py",
    "refunds_retrieve": "tests/payments/api/test_refunds.py",
    "refunds_create": "tests/payments/api/test_refunds.py",
    "refunds_cancel": "tests/payments/api/test_refunds.py",
    "payments_capture": "tests/payments/api/test_capture_payment.py",
    "payments_void": "tests/payments/api/test_capture_payment.py",
    "payment_links_list": "tests/payments/api/test_payment_links.py",
    "payment_links_retrieve": "tests/payments/api/test_payment_links.py",
    "payment_links_create": "tests/payments/api/test_payment_links.py",
    "payment_links_cancel": "tests/payments/api/test_payment_links.py",
    "whoami_retrieve": "tests/payments/api/test_authentication.py",
    "settlements_create": "tests/settlements/api/test_settlement_requests.py",
    "settlements_list": "tests/settlements/api/test_settlements.py",
    "settlements_retrieve": "tests/settlements/api/test_settlements.py",
    "settlements_items_list": "tests/settlements/api/test_settlements.py",
    "balances_list": "tests/settlements/api/test_balances.py",
}
REFUSED_AND_NOTED = {"ledger_auditentry": 1}


@pytest.fixture
def ids(merchant, partner, order) -> dict[str, str]:
    """Return what the addresses are filled with: everything is of `merchant`."""
    AlipayAccountFactory()
    paid = paid_payment(merchant)
    owed = partner.post("/v1/payments", {**order, "merchant_order_no": "OWED"}).json()["id"]
    named = partner.post(
        "/v1/payments", {**order, "merchant_order_no": "NAMED", "payer_no": "P-1"}
    ).json()["id"]
    line = merchant.balance_transactions.get().pk
    return {"payment": paid.pk, "line": line, "owed": owed, "named": named}


@pytest.fixture
def bodies(order) -> dict[str, dict]:
    return {
        "payments_create": order,
        "payments_confirm": {"method": "alipay_qr", "payer_ip": "203.0.113.9"},
        "payments_cancel": {},
        "payments_checkout_sessions_create": {},
        "payments_payment_links_create": {},
    }


@pytest.mark.parametrize("name", READS)
def test_reading_without_a_credential_is_401(name, ids):
    path = READS[name][0].format(**ids)

    with nothing_written():
        assert nobody().get(path).status_code == 401


@pytest.mark.parametrize("name", READS)
def test_reading_without_the_scope_is_403(name, ids, merchant):
    # Given
    path, scope = READS[name]
    others = {"payments:read", "payments:write", "settlements:read"} - {scope}
    partner = partner_of(merchant, *sorted(others))

    # When
    with nothing_written():
        response = partner.get(path.format(**ids))

    # Then
    assert response.status_code == 403
    assert response.json()["code"] == "missing_scope"
    assert scope in response.json()["detail"]


@pytest.mark.parametrize("name", READS)
def test_the_wrong_merchant_sees_nothing(name, ids, merchant, stranger):
    # When
    response = stranger.get(READS[name][0].format(**ids))

    # Then
    if name.endswith("_list"):
        assert response.json()["data"] == []
    else:
        assert response.status_code == 404
    assert merchant.pk.encode() not in response.content


@pytest.mark.parametrize("name", READS)
def test_the_right_merchant_and_the_platform_see_it(name, ids, partner, platform):
    for caller in (partner, platform):
        response = caller.get(READS[name][0].format(**ids))
        assert response.status_code == 200
        found = response.json()
        rows = found["data"] if name.endswith("_list") else [found]
        assert {ids["payment"], ids["line"]} & {row["id"] for row in rows}


@pytest.mark.parametrize("name", WRITES)
def test_writing_without_a_credential_is_401(name, ids, bodies):
    with nothing_written():
        response = nobody().post(WRITES[name][0].format(**ids), bodies[name])

    assert response.status_code == 401


@pytest.mark.parametrize("name", WRITES)
def test_writing_without_the_scope_is_403_and_noted(name, ids, bodies, merchant):
    # Given
    reader = partner_of(merchant, "payments:read", "settlements:read")

    # When
    with nothing_written(but=REFUSED_AND_NOTED):
        response = reader.post(WRITES[name][0].format(**ids), bodies[name])

    # Then
    assert response.status_code == 403
    assert response.json()["code"] == "missing_scope"


@pytest.mark.parametrize("name", WRITES)
def test_a_bearer_may_not_write_outside_a_sandbox(name, ids, bodies, partner, settings):
    # Given
    settings.SANDBOX = False

    # When
    with nothing_written(but=REFUSED_AND_NOTED):
        response = partner.post(WRITES[name][0].format(**ids), bodies[name])

    # Then
    assert response.status_code == 403
    assert response.json()["code"] == "bearer_may_not_write"
    assert partner.get("/v1/payments").status_code == 200


@pytest.mark.parametrize("name", [name for name in WRITES if name != "payments_create"])
def test_the_wrong_merchant_can_move_nothing(name, ids, bodies, stranger):
    with nothing_written():
        response = stranger.post(WRITES[name][0].format(**ids), bodies[name])

    assert response.status_code == 404


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("payments_create", "created"),
        ("payments_confirm", "awaiting_payment"),
        ("payments_cancel", "closed"),
    ],
)
def test_the_right_merchant_can(name, status, ids, bodies, partner):
    # When
    response = partner.post(WRITES[name][0].format(**ids), bodies[name])

    # Then
    assert response.status_code in (200, 201)
    assert response.json()["status"] == status
    assert Payment.objects.get(pk=response.json()["id"]).status == status


def test_a_merchant_with_a_share_may_not_move_the_platforms_payment(
    platform, partner, order, bodies
):
    # Given
    payment_id = platform.post("/v1/payments", order).json()["id"]
    assert partner.get(f"/v1/payments/{payment_id}").status_code == 200

    # When / Then
    for deed in ("confirm", "cancel"):
        with nothing_written(but=REFUSED_AND_NOTED):
            response = partner.post(f"/v1/payments/{payment_id}/{deed}", bodies[f"payments_{deed}"])
        assert (response.status_code, response.json()["code"]) == (403, "foreign_payment")


@pytest.mark.parametrize("noun", ["payments", "balance_transactions"])
def test_foreign_missing_and_malformed_ids_answer_with_the_same_bytes(noun, ids, stranger):
    # Given
    foreign = ids["payment"] if noun == "payments" else ids["line"]
    prefix = foreign.partition("_")[0]
    others = [
        new_id(prefix),
        new_id("mer"),
        foreign.upper(),
        "17",
        "8e03978e-40d5-43e8-bc93-6894a57f9324",
        "x" * 5_000,
        "%00",
        "%2e%2e",
        "'",
        "%F0%9F%98%80",
    ]

    # When
    answers = {
        response.content.replace(response["X-Request-Id"].encode(), b"")
        for response in (stranger.get(f"/v1/{noun}/{name}") for name in [foreign, *others])
    }

    # Then
    assert len(answers) == 1
    assert json.loads(answers.pop())["code"] == "not_found"


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_405(method, ids, partner):
    headers = {"Authorization": f"Bearer {partner.secret}"}
    for path in ("/v1/payments", f"/v1/payments/{ids['payment']}", "/v1/whoami"):
        with nothing_written():
            response = getattr(partner.client, method)(path, headers=headers)
        assert response.status_code == 405
        assert response.json()["code"] == "method_not_allowed"


def test_no_header_overrides_the_method(ids, partner):
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        response = partner.get("/v1/payments", **{name: "DELETE"})
        assert response.status_code == 200


def test_head_answers_like_get_without_a_body(ids, partner):
    headers = {"Authorization": f"Bearer {partner.secret}"}

    response = partner.client.head("/v1/payments", headers=headers)

    assert (response.status_code, response.content) == (200, b"")


def test_a_credential_that_lost_its_platform_scope_sees_nothing(ids):
    # Given
    caller = the_platform()
    caller.credential.scopes = ["payments:read", "settlements:read"]
    caller.credential.save(update_fields=["scopes"])

    # When / Then
    assert caller.get("/v1/payments").json()["data"] == []
    assert caller.get("/v1/balance_transactions").json()["data"] == []
    assert caller.get(f"/v1/payments/{ids['payment']}").status_code == 404


def test_every_operation_is_in_a_table():
    # Given
    paths = json.loads(schema.document("en"))["paths"]
    operations = {
        operation["operationId"] for methods in paths.values() for operation in methods.values()
    }

    # Then
    assert operations == READS.keys() | WRITES.keys() | ELSEWHERE.keys()
