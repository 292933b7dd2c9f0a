"""The buttons about transfers, new payouts and wallets: two people, and a fresh second factor."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from ledger.models import AuditEntry
from settlements import locks
from settlements.actions import payouts
from settlements.actions.bills import import_bill
from settlements.actions.payouts import PayoutOutcome, PayoutResult
from settlements.models import BillLine, Payout, Settlement
from tests.books import assert_balances
from tests.factories.settlements import (
    MAKER,
    Movement,
    alipay_destination_of,
    available_money,
    bank_statement,
    house,
    paying_payout,
    settled_merchant,
    submitted_settlement,
)
from tests.instants import NEXT_NOON
from tests.rig.channel_terms import agree_to_terms
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk, show_second_factor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def accounts():
    return house()


@pytest.fixture
def maker() -> Client:
    return desk("finance_maker")


@pytest.fixture
def checker() -> Client:
    client = desk("finance_checker")
    show_second_factor(client)
    return client


@pytest.fixture
def failed(accounts) -> Settlement:
    """A settlement of 98.00 whose payout the bank rejected."""
    merchant = settled_merchant()
    available_money(merchant)
    payout = locks.locked_payout(paying_payout(merchant, bank=accounts.bank).pk)
    outcome = PayoutOutcome(result=PayoutResult.FAILED, code="AC04")
    payouts.record_payout_outcome(payout, outcome, actor="task:t", at=NEXT_NOON)
    return Settlement.objects.get()


@pytest.fixture
def line(accounts) -> BillLine:
    """An open debit of 1,000.00."""
    content = bank_statement(accounts.bank, Movement(-100_000, reference="B-1"))
    bill = import_bill(bank_account_id=accounts.bank.pk, content=content, actor=MAKER, at=NEXT_NOON)
    return bill.lines.get()


def button(row, name: str) -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_{name}", args=[row.pk])


def page(row) -> str:
    return reverse(f"admin:settlements_{row._meta.model_name}_change", args=[row.pk])


def press(client: Client, row, name: str, **more: str):
    """Press a button as a browser does: with the digest that its page carries."""
    shown = client.get(button(row, name)).content.decode()
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', shown)
    digest = {"shown_digest": found[1]} if found else {}
    return client.post(button(row, name), {**digest, **more}, follow=True)


class TestPayingAgain:
    def test_one_asks_and_another_approves(self, maker, checker, failed):
        # When
        asked = press(maker, failed, "retry", reason="they corrected the account")
        approved = press(checker, failed, "approve_retry")

        # Then
        assert "Another person has to approve it now." in words(asked)
        assert "The new payout is queued." in words(approved)
        failed.refresh_from_db()
        assert (failed.approval.maker, failed.approval.state) == (actor_of(maker), "approved")
        assert Payout.objects.filter(status="queued").count() == 1
        assert AuditEntry.objects.get(action="settlement.retry_requested").client_ip == "127.0.0.1"

    def test_who_asked_cannot_approve(self, failed):
        # Given somebody with both rights
        both = desk("finance_maker", is_superuser=True)
        show_second_factor(both)
        press(both, failed, "retry", reason="again")

        # When
        with nothing_written(but=ITS_OWN_REFUSAL):
            press(both, failed, "approve_retry")

        # Then
        assert Payout.objects.count() == 1

    def test_a_checker_says_no_with_a_reason(self, maker, checker, failed):
        # Given
        press(maker, failed, "retry", reason="again")

        # When
        press(checker, failed, "reject_retry", reason="call them first")

        # Then
        failed.refresh_from_db()
        assert (failed.status, failed.approval.state) == ("pay_failed", "rejected")

    def test_is_offered_while_it_makes_sense(self, maker, checker, failed):
        retry, approve = button(failed, "retry"), button(failed, "approve_retry")
        assert retry in maker.get(page(failed)).content.decode()
        assert approve not in checker.get(page(failed)).content.decode()

        press(maker, failed, "retry", reason="again")
        assert retry not in maker.get(page(failed)).content.decode()
        assert approve in checker.get(page(failed)).content.decode()

    @pytest.mark.parametrize("name", ["retry", "approve_retry", "reject_retry"])
    def test_support_may_not(self, failed, name):
        assert desk("support").post(button(failed, name)).status_code == 403


class TestTopUps:
    def test_one_names_it_and_another_books_it(self, maker, checker, line, accounts):
        # When
        named = press(
            maker, line, "propose_topup", wallet=accounts.channel.pk, reason="filled on Friday"
        )
        booked = press(checker, line, "approve_topup")

        # Then
        assert "nothing is booked yet" in words(named)
        assert "Approved and booked." in words(booked)
        line.refresh_from_db()
        assert line.state == "matched"
        assert_balances(accounts.channel.pk, channel_wallet="1000.00")

    def test_only_wallets_of_this_bank_account_are_offered(self, maker, line, accounts):
        # Given
        other = house()

        # When
        shown = maker.get(button(line, "propose_topup")).content.decode()

        # Then
        assert accounts.channel.pk in shown
        assert other.channel.pk not in shown
        assert "1,000.00" in shown

    def test_a_checker_may_say_no(self, maker, checker, line, accounts):
        press(maker, line, "propose_topup", wallet=accounts.channel.pk, reason="filled")

        press(checker, line, "reject_topup", reason="rent")

        line.refresh_from_db()
        assert line.state == "open"
        assert_balances(accounts.channel.pk, channel_wallet="0.00")

    def test_who_named_it_is_told_that_another_decides(self, line, accounts):
        # Given
        both = desk(is_superuser=True)
        show_second_factor(both)
        press(both, line, "propose_topup", wallet=accounts.channel.pk, reason="filled")

        # When
        shown = words(both.get(button(line, "approve_topup")))

        # Then
        assert "You named it, so another person has to decide on it." in shown

    @pytest.mark.parametrize("name", ["propose_topup", "approve_topup", "reject_topup"])
    def test_an_auditor_only_looks(self, line, name):
        auditor = desk("auditor")
        assert auditor.get(page(line)).status_code == 200
        assert auditor.post(button(line, name)).status_code == 403


class TestTransfers:
    def test_nobody_asks_the_bank(self, maker, failed):
        payout = Payout.objects.get()

        assert button(payout, "ask") not in maker.get(page(payout)).content.decode()
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = maker.post(button(payout, "ask"))
        assert "Nobody can be asked about this payout." in words(response)

    def test_approving_warns_of_an_empty_wallet(self, checker, accounts):
        # Given
        agree_to_terms(accounts.channel, can_transfer=True)
        merchant = settled_merchant(with_destination=False)
        alipay_destination_of(merchant)
        available_money(merchant)
        settlement = submitted_settlement(merchant)

        # When
        shown = words(checker.get(button(settlement, "approve")))

        # Then
        assert "By our books no wallet has enough for this" in shown
        assert "Alipay account" in shown
