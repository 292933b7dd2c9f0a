"""Terms in the back office: asked for on the page of their row, and agreed to by another."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from ledger.models import ApprovalRequest, AuditEntry
from payments.actions.merchants import open_accounts
from payments.models import FeePlan, Merchant
from tests.factories.payments import FeePlanFactory, MerchantFactory
from tests.instants import NOON, THURSDAY
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db

FEES = {
    "fee_bps": "180",
    "fixed_minor": "10",
    "minimum_minor": "0",
    "maximum_minor": "",
    "payout_fee_minor": "100",
    "vat_bps": "600",
    "refund_policy": "keep",
    "moves_merchants": "on",
    "reason": "new contract",
}
LIMITS = {
    "currency": "CNY",
    "advance_limit_minor": "50000",
    "is_reserve_for_refunds": "on",
    "reserve_bps": "1000",
    "reserve_days": "90",
    "reason": "many refunds",
}


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def maker() -> Client:
    return desk("finance_maker")


@pytest.fixture
def checker() -> Client:
    return desk("finance_checker")


@pytest.fixture
def merchant() -> Merchant:
    merchant = MerchantFactory(name="Tea Co", fee_plan=FeePlanFactory(name="standard"))
    open_accounts([merchant.pk], currency="CNY", business_date=THURSDAY)
    return merchant


def button(row: object, name: str) -> str:
    name = name.replace("-", "_")
    return reverse(f"admin:payments_{row._meta.model_name}_{name}", args=[row.pk])


def page(row: object) -> str:
    return reverse(f"admin:payments_{row._meta.model_name}_change", args=[row.pk])


def press(client: Client, row: object, name: str, **more: str):
    """Press a button as a browser does: with the digest that its page carries."""
    shown = client.get(button(row, name)).content.decode()
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', shown)
    digest = {"shown_digest": found[1]} if found else {}
    return client.post(button(row, name), {**digest, **more}, follow=True)


class TestFees:
    """A plan's next version, with whoever is on the plan."""

    def test_are_asked_for_and_agreed_to(self, maker, checker, merchant):
        # Given
        plan = merchant.fee_plan
        form = maker.get(button(plan, "ask-version"))
        assert "Ask for other fees" in words(form)
        assert 'value="200"' in form.content.decode()

        # When
        response = maker.post(
            button(plan, "ask-version"), {"name": "standard", **FEES}, follow=True
        )

        # Then
        assert "Asked. Another person has to agree now" in words(response)
        shown = words(checker.get(button(plan, "approve-version")))
        assert "Merchants who are moved 1" in shown
        assert "Fee 1.80 %" in shown
        assert "Fee (until now) 2.00 %" in shown

        # When
        response = press(checker, plan, "approve-version")

        # Then
        assert "The terms are in force from now on." in words(response)
        merchant.refresh_from_db()
        assert (merchant.fee_plan.version, merchant.fee_plan.fee_bps) == (2, 180)

    def test_their_maker_does_not_agree_to_them(self, merchant):
        # Given somebody who may do both
        both = desk(is_superuser=True)
        plan = merchant.fee_plan
        both.post(button(plan, "ask-version"), {"name": "standard", **FEES})

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(both, plan, "approve-version")
        assert "Another person has to decide" in words(response)
        assert FeePlan.objects.count() == 1

    def test_a_reason_is_asked_for_and_a_number_is_a_number(self, maker, merchant):
        plan = merchant.fee_plan
        for nonsense in ({"reason": ""}, {"fee_bps": "-1"}, {"fee_bps": "x"}):
            with nothing_written():
                maker.post(button(plan, "ask-version"), {"name": "standard", **FEES, **nonsense})

    def test_fees_that_nobody_can_mean_are_refused_in_words(self, maker, merchant):
        # When
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = maker.post(
                button(merchant.fee_plan, "ask-version"),
                {"name": "standard", **FEES, "fee_bps": "10001"},
            )

        # Then
        assert response.status_code == 422
        assert "No money has moved and nothing was changed." in words(response)
        assert AuditEntry.objects.get().action == "fee_plan.request.refused"

    def test_are_withdrawn(self, maker, merchant):
        # Given
        plan = merchant.fee_plan
        maker.post(button(plan, "ask-version"), {"name": "standard", **FEES})

        # When
        response = maker.post(button(plan, "withdraw-version"), {"reason": "a slip"}, follow=True)

        # Then
        assert "Withdrawn. The terms stay as they are." in words(response)
        assert ApprovalRequest.objects.get().state == "voided"


class TestMerchants:
    """A merchant's plan, cycle and limits."""

    def test_is_put_on_another_plan(self, maker, checker, merchant):
        # Given
        cheap = FeePlanFactory(name="cheap", fee_bps=100)

        # When
        filled = {
            "fee_plan_id": cheap.pk,
            "settlement_cycle": "T+2",
            "late_money": "refund",
            "reason": "new contract",
        }
        maker.post(button(merchant, "ask-terms"), filled)
        assert "cheap v1" in words(checker.get(button(merchant, "approve-terms")))
        press(checker, merchant, "approve-terms")

        # Then
        merchant.refresh_from_db()
        assert (merchant.fee_plan, merchant.settlement_cycle) == (cheap, "T+2")
        assert merchant.late_money == "refund"
        row = AuditEntry.objects.get(action="merchant_terms.changed")
        assert row.actor == actor_of(checker)
        assert row.before["settlement_cycle"] == "T+1"

    def test_gets_other_limits(self, maker, checker, merchant):
        # When
        maker.post(button(merchant, "ask-limits"), LIMITS)
        press(checker, merchant, "approve-limits")

        # Then
        account = merchant.accounts.get()
        assert (account.advance_limit_minor, account.is_reserve_for_refunds) == (50_000, True)
        assert (account.reserve_bps, account.reserve_days) == (1_000, 90)
        shown = words(maker.get(button(merchant, "ask-limits")))
        assert "500.00" in shown
        assert "10.00 %" in shown

    def test_a_no_needs_its_reason(self, maker, checker, merchant):
        # Given
        maker.post(button(merchant, "ask-limits"), LIMITS)

        # When, Then
        with nothing_written():
            press(checker, merchant, "reject-limits", reason="")
        press(checker, merchant, "reject-limits", reason="too much")
        assert merchant.accounts.get().advance_limit_minor == 0
        assert ApprovalRequest.objects.get().state == "rejected"


@pytest.mark.parametrize("role", ["finance_checker", "support", "auditor", "risk_officer"])
def test_who_does_not_ask_gets_no_button_and_no_page(role, merchant):
    # Given
    client = desk(role)

    # When, Then
    assert "Ask for other terms" not in words(client.get(page(merchant)))
    with nothing_written(but=ITS_OWN_REFUSAL):
        assert client.post(button(merchant, "ask-limits"), LIMITS).status_code == 403


@pytest.mark.parametrize("role", ["finance_maker", "support", "auditor", "risk_officer"])
def test_who_does_not_agree_gets_no_button_and_no_page(role, maker, merchant):
    # Given
    maker.post(button(merchant, "ask-limits"), LIMITS)
    client = desk(role)

    # When, Then
    assert "Approve other limits" not in words(client.get(page(merchant)))
    with nothing_written(but=ITS_OWN_REFUSAL):
        assert client.post(button(merchant, "approve-limits")).status_code == 403
