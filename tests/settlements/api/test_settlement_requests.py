"""`POST /v1/settlements`: who may ask for their money, once, and what is refused."""

import pytest
from django.db import connection

from ledger.models import AuditEntry
from payments.actions.maturity import mature
from settlements.models import Settlement
from tests.books import assert_balances
from tests.factories.payments import paid_payment
from tests.instants import FRIDAY, NEXT_NOON
from tests.rig.partner import ALL_SCOPES, new_key, nobody, partner_of, the_platform
from tests.rig.rows import ITS_KEPT_REFUSAL, ITS_OWN_REFUSAL, nothing_written
from tests.settlements.api.conftest import with_destination

SETTLEMENTS = "/v1/settlements"
WANTED = {"currency": "CNY", "merchant_settlement_no": "S-1"}


def matured() -> None:
    # A test is one transaction: what was paid has to pass the laws before its day moves on.
    connection.check_constraints()
    mature(currency="CNY", business_date=FRIDAY, actor="task:maturity", at=NEXT_NOON)


@pytest.fixture
def available(merchant):
    """98.00 CNY that the merchant may ask for."""
    with_destination(merchant)
    paid_payment(merchant)
    matured()
    return merchant


def refused(caller, body, *, status, code, but=ITS_KEPT_REFUSAL) -> dict:
    with nothing_written(but=but):
        response = caller.post(SETTLEMENTS, body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.content
    assert response.json()["outcome"] == "not_executed"
    return response.json()


class TestAsking:
    def test_sets_everything_available_apart(self, partner, available):
        # When
        response = partner.post(SETTLEMENTS, {**WANTED, "amount": 9_800})

        # Then
        body = response.json()
        assert response.status_code == 201, response.content
        assert response["Location"].endswith(f"{SETTLEMENTS}/{body['id']}")
        assert (body["amount"], body["status"], body["merchant_settlement_no"]) == (
            9_800,
            "draft",
            "S-1",
        )
        assert body == partner.get(f"{SETTLEMENTS}/{body['id']}").json()
        assert_balances(available.pk, settlement_hold="98.00", merchant_available="0.00")
        settlement = Settlement.objects.get()
        assert settlement.requested_by == f"key:{partner.credential.pk}"
        assert AuditEntry.objects.get(action="settlement.requested").client_ip == "127.0.0.1"

    def test_the_same_key_answers_alike_and_does_nothing(self, partner, available):
        # Given
        key = new_key()
        first = partner.post(SETTLEMENTS, WANTED, key=key)

        # When
        with nothing_written():
            again = partner.post(SETTLEMENTS, WANTED, key=key)

        # Then
        assert (again.status_code, again.content) == (201, first.content)
        assert again["Idempotency-Replayed"] == "true"

    def test_is_found_by_its_number(self, partner, available):
        # Given
        settlement_id = partner.post(SETTLEMENTS, WANTED).json()["id"]

        # When
        found = partner.get(f"{SETTLEMENTS}?merchant_settlement_no=S-1").json()["data"]

        # Then
        assert [row["id"] for row in found] == [settlement_id]
        assert partner.get(f"{SETTLEMENTS}?merchant_settlement_no=S-2").json()["data"] == []

    def test_the_destination_may_be_named(self, partner, available):
        destination = available.destinations.get()

        response = partner.post(SETTLEMENTS, {**WANTED, "destination": destination.pk})

        assert response.json()["destination"]["id"] == destination.pk


class TestCallers:
    def test_nobody(self, available):
        with nothing_written():
            assert nobody().post(SETTLEMENTS, WANTED).status_code == 401

    def test_without_the_scope(self, available):
        reader = partner_of(available, *(set(ALL_SCOPES) - {"settlements:write"}))
        refused(reader, WANTED, status=403, code="missing_scope", but=ITS_OWN_REFUSAL)

    def test_the_platform_has_no_money_of_its_own(self, available):
        refused(the_platform(), WANTED, status=403, code="merchant_only", but=ITS_OWN_REFUSAL)

    def test_another_merchant_gets_nothing_of_it(self, stranger, available):
        refused(stranger, WANTED, status=409, code="nothing_available")


class TestRefusing:
    def test_another_amount(self, partner, available):
        body = refused(
            partner, {**WANTED, "amount": 9_799}, status=409, code="amount_not_available"
        )
        assert "98.00 CNY" in body["detail"]

    def test_a_number_that_was_used(self, partner, available):
        partner.post(SETTLEMENTS, WANTED)
        refused(partner, WANTED, status=409, code="settlement_number_taken")

    def test_another_destination(self, partner, available):
        refused(
            partner,
            {**WANTED, "destination": "dst_01jd"},
            status=409,
            code="destination_changed",
        )

    def test_without_a_destination(self, partner, merchant):
        paid_payment(merchant)
        matured()
        with nothing_written():
            response = partner.post(SETTLEMENTS, WANTED)
        assert (response.status_code, response.json()["code"]) == (409, "no_destination")
        assert response.json()["retry"] == "same_key"

    def test_over_a_limit_with_the_limits_code(self, partner, merchant):
        # Given
        with_destination(merchant)
        paid_payment(merchant, amounts_minor=(2_000_000,))
        matured()

        # When
        body = refused(partner, WANTED, status=409, code="limit.merchant.transaction")

        # Then
        assert "10,000.00" in body["detail"]
        assert body["retry"] == "new_key"
        refusal = AuditEntry.objects.get(action="settlement.request.refused")
        assert (refusal.reason, refusal.subject) == (
            "limit.merchant.transaction",
            "settlement:S-1",
        )

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"currency": "CNY"},
            {**WANTED, "currency": "cny"},
            {**WANTED, "amount": "9800"},
            {**WANTED, "amount": 98.0},
            {**WANTED, "amount": True},
            {**WANTED, "amount": 0},
            {**WANTED, "amount": 10**13 + 1},
            {**WANTED, "merchant_settlement_no": ""},
            {**WANTED, "merchant_settlement_no": "S 1"},
            {**WANTED, "merchant_settlement_no": 1},
            {**WANTED, "pin": "271828"},
        ],
    )
    def test_what_is_not_written_as_asked_for(self, partner, available, body):
        with nothing_written():
            response = partner.post(SETTLEMENTS, body)
        assert 400 <= response.status_code < 500
        assert response.json()["code"] == "invalid_request"
