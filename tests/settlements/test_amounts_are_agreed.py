"""A settlement, a payout and a refund are of the amount that people agreed to, and nothing else.

Who asked for another amount, or for none, would have slipped under the tier.
"""

import pytest
from django.db import connection

from payments.models import Refund
from settlements.actions.settlements import settlement_payload
from settlements.models import Payout, Settlement
from tests.factories.approvals import agreed, request_of
from tests.factories.payments import paid_payment, refund_asked
from tests.factories.settlements import (
    approved_settlement,
    available_money,
    house,
    settled_merchant,
    submitted_settlement,
)
from tests.rig.attacks import every_way, refused, run_sql
from tests.settlements.settled_rows import make_payout

LIES = [{}, {"amount_minor": 1, "currency": "CNY"}, {"amount_minor": 9_800, "currency": "BRL"}]
every_lie = pytest.mark.parametrize("lie", LIES, ids=["none", "less", "of another currency"])


@pytest.fixture(autouse=True)
def in_one_transaction(either_role):
    """Let doors work inside the transaction of a role, as in those of Django's test cases."""
    connection.atomic_blocks[-1]._from_testcase = True


@pytest.fixture
def merchant():
    house()
    merchant = settled_merchant()
    available_money(merchant)
    return merchant


def voided(approval_id: str) -> None:
    run_sql("UPDATE ledger_approvalrequest SET state = 'voided' WHERE id = %s", approval_id)


class TestSettlement:
    """The net that is paid is the amount of the request."""

    @every_lie
    @every_way
    def test_refuses_a_request_of_another_amount(self, merchant, write, lie):
        # Given a settlement whose request asked for exactly what is shown, but of another amount
        settlement = submitted_settlement(merchant)
        voided(settlement.approval_id)
        slipped = request_of("settlement", settlement.pk, settlement_payload(settlement), **lie)
        write([slipped])
        agreed(slipped)

        # When, Then
        with refused("has no approval by other people"):
            run_sql(
                "UPDATE settlements_settlement SET status = 'approved', approval_id = %s,"
                " approved_digest = %s WHERE id = %s",
                slipped.pk,
                bytes(slipped.digest),
                settlement.pk,
            )
        assert Settlement.objects.get(pk=settlement.pk).status == "submitted"

    @every_way
    def test_refuses_a_request_that_shows_another_net(self, merchant, write):
        # Given
        settlement = submitted_settlement(merchant)
        voided(settlement.approval_id)
        payload = {**settlement_payload(settlement), "net_minor": 1}
        slipped = request_of(
            "settlement", settlement.pk, payload, amount_minor=settlement.net_minor, currency="CNY"
        )
        write([slipped])
        agreed(slipped)

        # When, Then
        with refused("has no approval by other people"):
            run_sql(
                "UPDATE settlements_settlement SET status = 'approved', approval_id = %s,"
                " approved_digest = %s WHERE id = %s",
                slipped.pk,
                bytes(slipped.digest),
                settlement.pk,
            )


class TestPayout:
    """What is paid again is the amount of its own request."""

    @every_lie
    @every_way
    def test_refuses_a_request_of_another_amount(self, merchant, write, lie):
        # Given a payout that failed, and a request to pay again that names another amount
        settlement = approved_settlement(merchant)
        Payout.objects.update(status="sending")
        Payout.objects.update(status="failed")
        voided(settlement.approval_id)
        slipped = request_of("settlement", settlement.pk, settlement_payload(settlement), **lie)
        write([slipped])
        agreed(slipped)
        run_sql(
            "UPDATE settlements_settlement SET approval_id = %s, approved_digest = %s",
            slipped.pk,
            bytes(slipped.digest),
        )
        settlement.refresh_from_db()

        # When, Then
        with refused("is not of an approved settlement"):
            make_payout(settlement)


class TestRefund:
    """What goes back is the amount of its request."""

    @pytest.mark.parametrize("status", ["submitting", "funding_required"])
    @every_lie
    @every_way
    def test_refuses_a_request_of_another_amount(self, settings, write, lie, status):
        # Given a refund that waits, and a request that shows no amount and names another
        settings.REFUND_APPROVAL_ABOVE = {}
        refund = refund_asked(paid_payment(settled_merchant()))
        voided(refund.approval_id)
        slipped = request_of("refund", refund.pk, {"refund": refund.pk}, **lie)
        write([slipped])
        agreed(slipped)

        # When, Then
        with refused("has no approval by other people"):
            run_sql(
                "UPDATE payments_refund SET status = %s, approval_id = %s WHERE id = %s",
                status,
                slipped.pk,
                refund.pk,
            )
        assert Refund.objects.get(pk=refund.pk).status == "pending_approval"

    @every_way
    def test_accepts_its_amount(self, settings, write):
        # Given
        settings.REFUND_APPROVAL_ABOVE = {}
        refund = refund_asked(paid_payment(settled_merchant()))
        voided(refund.approval_id)
        honest = request_of(
            "refund",
            refund.pk,
            {"refund": refund.pk},
            amount_minor=refund.amount_minor,
            currency=refund.currency,
        )
        write([honest])
        agreed(honest)

        # When
        run_sql(
            "UPDATE payments_refund SET status = 'funding_required', approval_id = %s"
            " WHERE id = %s",
            honest.pk,
            refund.pk,
        )

        # Then
        assert Refund.objects.get(pk=refund.pk).status == "funding_required"
