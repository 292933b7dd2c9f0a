"""A debit of the bank is an abnormal refund that left by hand: two people, booked once (E05h)."""

import pytest

from ledger.errors import IllegalMoveError, SelfApprovalError
from ledger.models import AuditEntry
from payments.channels.base import Outcome, OutcomeKind
from payments.errors import NotPaidByHandError, RefundNotFoundError, RemedyNotAskedError
from payments.models import Event, Refund, RefundRemedy
from settlements.actions import refunds_by_hand
from settlements.actions.bills import import_bill
from settlements.errors import ReasonMissingError
from settlements.models import BillLine
from settlements.queries.integrity import verify
from tests.books import assert_balances, assert_entry
from tests.factories.payments import MerchantFactory, answered_refund, paid_payment, refund_asked
from tests.factories.settlements import CHECKER, MAKER, Movement, bank_statement, house
from tests.instants import NEXT_NOON, NOON, THURSDAY
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


@pytest.fixture
def accounts():
    return house()


@pytest.fixture
def abnormal(accounts) -> Refund:
    """A refund of 100.00 over two merchants and nobody, that Alipay could not deliver."""
    payment = paid_payment(
        MerchantFactory(),
        MerchantFactory(),
        amounts_minor=(6_000, 3_000),
        unallocated_minor=1_000,
        channel=accounts.channel,
    )
    refund = refund_asked(payment)
    answered_refund(refund, Outcome(OutcomeKind.PROCESSING))
    return answered_refund(refund, Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL"))


def line_of(bank, signed_minor: int = -10_000, **statement) -> BillLine:
    """Import a statement with one movement that nobody knows."""
    content = bank_statement(
        bank, Movement(signed_minor, reference="B-1", text="ZHANG CHA"), **statement
    )
    bill = import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)
    return bill.lines.get()


@pytest.fixture
def line(accounts) -> BillLine:
    return line_of(accounts.bank)


def propose(refund: Refund, line: BillLine, **other) -> RefundRemedy:
    told = {"actor": MAKER, "at": NEXT_NOON, "reason": "paid from the bank's page"}
    return refunds_by_hand.propose_refund_by_hand(
        refund.pk, bill_line_id=line.pk, **{**told, **other}
    )


def approve(remedy: RefundRemedy, *, decider=CHECKER) -> RefundRemedy:
    return refunds_by_hand.approve_refund_by_hand(
        remedy.refund_id,
        shown_digest=bytes(remedy.approval.digest),
        decider=decider,
        at=NEXT_NOON,
    )


def test_naming_it_books_nothing(abnormal, line, accounts):
    # When
    remedy = propose(abnormal, line)

    # Then
    line.refresh_from_db()
    abnormal.refresh_from_db()
    assert (line.state, line.entry_id, abnormal.status) == ("open", None, "abnormal")
    assert (remedy.kind, remedy.bank_account_id, remedy.paid_date) == (
        "by_hand",
        accounts.bank.pk,
        line.booking_date,
    )
    assert_balances(accounts.bank.pk, bank="0.00")
    audit = AuditEntry.objects.get(action="refund_remedy.requested")
    assert (audit.actor, audit.reason, audit.after["amount_minor"], audit.after["bill"]) == (
        MAKER,
        "paid from the bank's page",
        10_000,
        line.bill_id,
    )


def test_another_person_books_it_on_the_banks_day(abnormal, line, accounts, laws_now):
    # When
    approve(propose(abnormal, line))

    # Then what was owed to the payer left the bank, of each merchant and of nobody
    abnormal.refresh_from_db()
    line.refresh_from_db()
    first = abnormal.allocations.order_by("place").first()
    assert_entry(f"{first.pk}:by_hand", "Dr 2101 60.00 CNY\nCr 1001 60.00 CNY")
    assert_entry(f"{abnormal.pk}:unallocated:by_hand", "Dr 2101 10.00 CNY\nCr 1001 10.00 CNY")
    assert (line.state, line.reason, line.entry.source) == ("matched", "", f"{first.pk}:by_hand")
    assert line.entry.effective_date == line.booking_date
    assert_balances(accounts.bank.pk, bank="-100.00")
    # and both have ended, the order by evidence
    assert abnormal.status == "settled_by_hand"
    operation = abnormal.operation
    assert (operation.status, operation.code, operation.message) == (
        "failed",
        "SETTLED_BY_HAND",
        "B-1",
    )
    assert RefundRemedy.objects.get().status == "done"
    assert Event.objects.filter(kind="refund.settled_by_hand", subject=abnormal.pk).count() == 1
    laws_now()
    assert verify().violations == []


def test_a_channel_that_gives_it_as_well_is_told_to_people(abnormal, line, laws_now):
    # Given
    approve(propose(abnormal, line))

    # When the channel says that it made it after all
    answered_refund(
        abnormal, Outcome(OutcomeKind.SUCCEEDED, amount_minor=10_000, currency="CNY", paid_at=NOON)
    )

    # Then
    assert (abnormal.status, abnormal.status_code) == ("settled_by_hand", "contradicted")
    assert Event.objects.filter(kind="refund.contradicted", subject=abnormal.pk).count() == 1
    laws_now()
    assert verify().violations == []


def test_who_named_it_does_not_book_it(abnormal, line):
    remedy = propose(abnormal, line)
    with nothing_written(), pytest.raises(SelfApprovalError):
        approve(remedy, decider=type(CHECKER)(actor=MAKER))


def test_it_is_booked_once(abnormal, line):
    # Given
    remedy = propose(abnormal, line)
    approve(remedy)

    # When, Then
    with nothing_written(), pytest.raises(IllegalMoveError):
        approve(remedy)
    with nothing_written(), pytest.raises(IllegalMoveError):
        propose(abnormal, line)


def test_saying_no_leaves_both_open(abnormal, line):
    # Given
    remedy = propose(abnormal, line)

    # When
    refunds_by_hand.reject_refund_by_hand(
        abnormal.pk,
        shown_digest=bytes(remedy.approval.digest),
        decider=CHECKER,
        at=NEXT_NOON,
        reason="that was the rent",
    )

    # Then
    remedy.refresh_from_db()
    abnormal.refresh_from_db()
    line.refresh_from_db()
    assert (remedy.status, abnormal.status, line.state) == ("rejected", "abnormal", "open")
    assert propose(abnormal, line).status == "pending_approval"


@pytest.mark.parametrize(
    ("signed_minor", "statement"),
    [
        (-9_999, {}),
        (10_000, {}),
        (-10_000, {"day": THURSDAY.replace(day=4)}),
    ],
    ids=["another amount", "money that came", "before it was asked for"],
)
def test_refuses_what_cannot_be_it(abnormal, accounts, signed_minor, statement):
    other = line_of(accounts.bank, signed_minor, **statement)
    with nothing_written(), pytest.raises(NotPaidByHandError):
        propose(abnormal, other)


def test_one_line_is_one_refund(abnormal, line, accounts):
    # Given
    propose(abnormal, line)
    refund = refund_asked(paid_payment(channel=accounts.channel))
    answered_refund(refund, Outcome(OutcomeKind.PROCESSING))
    answered_refund(refund, Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL"))

    # When, Then
    with nothing_written(), pytest.raises(RemedyNotAskedError):
        propose(refund, line)
    with nothing_written(), pytest.raises(RemedyNotAskedError):
        propose(abnormal, line)


def test_refuses_what_is_unknown_or_has_no_reason(abnormal, line):
    with nothing_written(), pytest.raises(ReasonMissingError):
        propose(abnormal, line, reason=" ")
    with nothing_written(), pytest.raises(RefundNotFoundError):
        propose(Refund(pk="ref_none"), line)
