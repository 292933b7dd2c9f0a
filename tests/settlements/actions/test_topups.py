"""A debit of the bank becomes money in a wallet when two people say so, and once."""

import pytest

from ledger.errors import ApprovalClosedError, SelfApprovalError, StaleApprovalError
from ledger.models import AuditEntry
from payments.models import Event
from settlements.actions import topups
from settlements.actions.bills import import_bill
from settlements.errors import NotATopUpError, ReasonMissingError
from settlements.models import BillLine
from settlements.queries.integrity import verify
from settlements.queries.wallets import topup_request, wallets
from tests.books import assert_balances, assert_entry
from tests.factories.payments import AlipayAccountFactory, BankAccountFactory
from tests.factories.settlements import (
    CHECKER,
    MAKER,
    Movement,
    available_money,
    bank_statement,
    house,
    paying_payout,
    settled_merchant,
)
from tests.instants import NEXT_NOON
from tests.rig.channel_terms import agree_to_terms
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


@pytest.fixture
def accounts():
    return house()


@pytest.fixture
def wallet(accounts):
    return agree_to_terms(accounts.channel, can_transfer=True)


@pytest.fixture
def line(accounts) -> BillLine:
    """An open debit of 1,000.00 that nobody knows."""
    return lines_of(accounts.bank, Movement(-100_000, reference="B-1", text="ALIPAY TOP UP"))[0]


def lines_of(bank, *movements: Movement) -> list[BillLine]:
    content = bank_statement(bank, *movements)
    bill = import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)
    return list(bill.lines.order_by("line_no"))


def propose(wallet, line, **other):
    return topups.propose_wallet_topup(
        wallet.pk,
        **{
            "bill_line_id": line.pk,
            "actor": MAKER,
            "at": NEXT_NOON,
            "reason": "we filled it on Friday",
            **other,
        },
    )


def approve(line, *, digest: bytes | None = None, decider=CHECKER) -> BillLine:
    shown = bytes(topup_request(line.pk).digest) if digest is None else digest
    return topups.approve_wallet_topup(line.pk, shown_digest=shown, decider=decider, at=NEXT_NOON)


def test_naming_it_books_nothing(wallet, line, accounts):
    # When
    propose(wallet, line, client_ip="203.0.113.1", request_id="req-1")

    # Then
    line.refresh_from_db()
    assert (line.state, line.entry_id) == ("open", None)
    assert_balances(wallet.pk, channel_wallet="0.00")
    audit = AuditEntry.objects.get(action="wallet_topup.proposed")
    assert (audit.actor, audit.reason, audit.after["amount_minor"]) == (
        MAKER,
        "we filled it on Friday",
        100_000,
    )


def test_another_person_books_it_on_the_banks_day(wallet, line, accounts, laws_now):
    # Given
    propose(wallet, line)

    # When
    booked = approve(line)

    # Then
    assert (booked.state, booked.reason) == ("matched", "")
    assert booked.entry.effective_date == line.booking_date
    assert_entry(booked.entry.source, "Dr 1102 1000.00 CNY\nCr 1001 1000.00 CNY")
    assert_balances(wallet.pk, channel_wallet="1000.00")
    assert_balances(accounts.bank.pk, bank="-1000.00")
    assert topup_request(line.pk).state == "executed"
    assert Event.objects.get(kind="wallet.topped_up").subject == wallet.pk
    laws_now()
    assert verify().violations == []


def test_it_is_booked_once(wallet, line):
    # Given
    propose(wallet, line)
    approve(line)

    # When, Then
    with nothing_written(), pytest.raises((ApprovalClosedError, NotATopUpError)):
        approve(line)
    with nothing_written(), pytest.raises(NotATopUpError):
        propose(wallet, line)


def test_who_named_it_does_not_book_it(wallet, line):
    propose(wallet, line)
    with nothing_written(), pytest.raises(SelfApprovalError):
        approve(line, decider=type(CHECKER)(actor=MAKER))


def test_nobody_books_what_they_were_not_shown(wallet, line):
    propose(wallet, line)
    with nothing_written(), pytest.raises(StaleApprovalError):
        approve(line, digest=b"something else")


def test_what_was_rejected_may_be_named_anew(wallet, line):
    # Given
    propose(wallet, line)
    with nothing_written(), pytest.raises(ApprovalClosedError):
        propose(wallet, line)

    # When
    topups.reject_wallet_topup(
        line.pk,
        shown_digest=bytes(topup_request(line.pk).digest),
        decider=CHECKER,
        at=NEXT_NOON,
        reason="rent",
    )

    # Then
    with nothing_written(), pytest.raises(ApprovalClosedError):
        approve(line)
    assert propose(wallet, line).state == "pending"


class TestRefusing:
    def refused(self, wallet, line) -> None:
        with nothing_written(), pytest.raises(NotATopUpError):
            propose(wallet, line)

    def test_without_a_reason(self, wallet, line):
        with nothing_written(), pytest.raises(ReasonMissingError):
            propose(wallet, line, reason="")

    def test_money_that_came_in(self, wallet, accounts):
        (credit,) = lines_of(accounts.bank, Movement(100_000, reference="B-2"))
        self.refused(wallet, credit)

    def test_a_line_that_there_is_not(self, wallet, line):
        line.pk = 0
        self.refused(wallet, line)

    def test_a_bank_account_as_wallet(self, line, accounts):
        self.refused(accounts.bank, line)

    def test_a_wallet_that_another_bank_account_fills(self, line):
        self.refused(AlipayAccountFactory(settles_to=BankAccountFactory()), line)

    def test_a_wallet_of_another_currency(self, line):
        self.refused(AlipayAccountFactory(currency="EUR"), line)

    def test_the_debit_of_a_payout(self, wallet, accounts):
        # Given a debit that names a payout, with another amount
        merchant = settled_merchant()
        available_money(merchant)
        payout = paying_payout(merchant, bank=accounts.bank)
        (line,) = lines_of(accounts.bank, Movement(-1, end_to_end_id=payout.operation.channel_no))

        # When, Then
        self.refused(wallet, line)


def test_a_wallet_shows_what_is_in_it_and_what_shall_leave_it(wallet, line):
    # Given
    propose(wallet, line)
    approve(line)

    # When
    (found,) = wallets()

    # Then
    assert (found.account, found.balance_minor, found.leaving_minor) == (wallet, 100_000, 0)
    assert (found.left_minor, found.is_short) == (100_000, False)
