"""The buttons by which two people book a debit of the bank as a refund."""

import pytest
from django.test import Client
from django.urls import reverse

from payments.channels.base import Outcome, OutcomeKind
from payments.models import Refund, RefundRemedy
from settlements.actions.bills import import_bill
from settlements.models import BillLine
from tests.books import assert_balances
from tests.factories.payments import answered_refund, paid_payment, refund_asked
from tests.factories.settlements import MAKER, Movement, bank_statement, house
from tests.instants import NEXT_NOON
from tests.rig.pages import words
from tests.rig.staff import desk, show_second_factor
from tests.settlements.admin.test_transfers import button, press

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def without_second_factor(settings, tmp_path):
    settings.STAFF_SECOND_FACTOR = False
    clock = tmp_path / "clock"
    clock.write_text(NEXT_NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)


@pytest.fixture
def accounts():
    return house()


@pytest.fixture
def abnormal(accounts) -> Refund:
    refund = refund_asked(paid_payment(channel=accounts.channel))
    answered_refund(refund, Outcome(OutcomeKind.PROCESSING))
    return answered_refund(refund, Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL"))


@pytest.fixture
def line(accounts) -> BillLine:
    content = bank_statement(accounts.bank, Movement(-10_000, reference="B-1"))
    bill = import_bill(bank_account_id=accounts.bank.pk, content=content, actor=MAKER, at=NEXT_NOON)
    return bill.lines.get()


def staff(role: str) -> Client:
    client = desk(role)
    show_second_factor(client)
    return client


def test_one_names_the_debit_and_another_books_it(abnormal, line, accounts):
    # Given
    maker, checker = staff("finance_maker"), staff("finance_checker")

    # When
    named = press(
        maker, line, "propose_refund_by_hand", refund=abnormal.pk, reason="by the bank's page"
    )
    remedy = RefundRemedy.objects.get()
    shown = words(checker.get(button(remedy, "approve_by_hand")))
    booked = press(checker, remedy, "approve_by_hand")

    # Then
    assert "nothing is booked yet" in words(named)
    assert "100.00 CNY" in shown
    assert "B-1" in shown
    assert "Approved and booked. The refund is settled by hand." in words(booked)
    assert_balances(accounts.bank.pk, bank="-100.00")


def test_a_checker_may_say_no(abnormal, line, accounts):
    # Given
    press(staff("finance_maker"), line, "propose_refund_by_hand", refund=abnormal.pk, reason="x")

    # When
    press(staff("finance_checker"), RefundRemedy.objects.get(), "reject_by_hand", reason="rent")

    # Then
    assert RefundRemedy.objects.get().status == "rejected"
    assert_balances(accounts.bank.pk, bank="0.00")


def test_it_is_offered_only_where_an_abnormal_refund_has_the_amount(line):
    page = reverse("admin:settlements_billline_change", args=[line.pk])
    shown = staff("finance_maker").get(page).content.decode()
    assert button(line, "propose_refund_by_hand") not in shown
    assert button(line, "propose_topup") in shown


def test_an_auditor_only_looks(abnormal, line):
    press(staff("finance_maker"), line, "propose_refund_by_hand", refund=abnormal.pk, reason="x")
    remedy = RefundRemedy.objects.get()
    auditor = desk("auditor")
    assert auditor.post(button(line, "propose_refund_by_hand")).status_code == 403
    assert auditor.post(button(remedy, "approve_by_hand")).status_code == 403
    assert auditor.post(button(remedy, "reject_by_hand")).status_code == 403
