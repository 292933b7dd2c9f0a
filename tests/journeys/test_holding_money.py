"""A partner holds money and takes it in parts, in the five steps of docs/recipes/authorising.md."""

from datetime import timedelta

import pytest

from ledger.models import JournalEntry
from payments.actions import attempts
from payments.models import Authorisation, PaymentAttempt
from settlements.queries.integrity import verify
from tests.books import assert_balances
from tests.instants import NOON
from tests.rig.stage import let_machines_wait, run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

HELD_AT = NOON + timedelta(minutes=3)


def settle():
    """Let everybody work until nothing is left to do, whatever machines wait for."""
    for _ in range(3):
        run_jobs()
        let_machines_wait()
    run_jobs()


def test_money_is_held_taken_in_parts_and_given_back(story, recipe_of):
    # Given
    recipe = recipe_of("authorising.md")
    tea = story.merchants["tea"]

    with recipe.step("Ask for money to be held"):
        created = story.post(
            "/v1/payments",
            {
                "merchant_order_no": "T-1001",
                "amount": 10_000,
                "currency": "CNY",
                "description": "Tea and books",
                "allocations": [{"merchant_id": tea.id, "amount": 10_000}],
                "capture": "manual",
            },
        ).json()
        confirmed = story.post(
            f"/v1/payments/{created['id']}/confirm",
            {"method": "alipay_qr", "payer_ip": "203.0.113.7"},
        )
        assert confirmed.json()["status"] == "awaiting_payment"

    with recipe.step("Let the payer agree"):
        run_jobs()
        attempt = PaymentAttempt.objects.select_related("operation").get()
        story.other_side.pay(
            app_id=story.market.plan.app_id,
            out_trade_no=attempt.operation.channel_no,
            at=HELD_AT,
        )
        attempts.query_attempt(attempt.pk, at=HELD_AT, is_notified=True)
        shown = story.shown(created)
        assert shown["status"] == "authorized"
        assert shown["authorization_expires_at"] is not None
        assert not JournalEntry.objects.exists()

    with recipe.step("Capture a part"):
        story.post(f"/v1/payments/{created['id']}/capture", {"amount": 6_000})
        settle()
        assert story.shown(created)["status"] == "paid"
        assert_balances(tea.pk, merchant_pending="58.80", service_fee="1.20")

    with recipe.step("Capture some more"):
        story.post(f"/v1/payments/{created['id']}/capture", {"amount": 2_500})
        settle()
        parts = [(one["amount"], one["status"]) for one in story.shown(created)["captures"]]
        assert parts == [(6_000, "succeeded"), (2_500, "succeeded")]

    with recipe.step("Give the rest back"):
        story.post(f"/v1/payments/{created['id']}/void", {})
        settle()
        assert Authorisation.objects.get().ended_code == "voided"
        # As the page says what is left.
        assert_balances(tea.pk, merchant_pending="83.30", service_fee="1.70")
        assert verify().violations == []
