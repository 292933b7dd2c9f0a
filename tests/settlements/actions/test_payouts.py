"""What two people agreed to leaves in one file, booked, once; nothing else leaves."""

import hashlib

import pytest
import xmlschema
from defusedxml import ElementTree

from ledger.errors import DecryptionError
from ledger.models import ApprovalRequest, AuditEntry, JournalEntry
from payments.channels.bank.payment_file import PaymentFileError
from payments.models import Event
from settlements.actions import payouts, settlements
from settlements.models import PaymentFile, Payout, Settlement
from settlements.queries.integrity import verify
from settlements.queries.payouts import (
    payment_file_content,
    payouts_awaiting_export,
    payouts_in_transit,
)
from tests.books import assert_balances, assert_entry
from tests.factories.settlements import (
    CHECKER,
    MAKER,
    approved_settlement,
    available_money,
    destination_of,
    drafted_settlement,
    exported_file,
    house,
    settled_merchant,
    shown_digest,
    submitted_settlement,
)
from tests.factories.terms import put_on_plan
from tests.instants import FRIDAY, MONDAY, NEXT_NOON
from tests.rig.rows import nothing_written
from tests.rig.tampering import tamper

pytestmark = pytest.mark.django_db

NAMES = {"": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


@pytest.fixture
def bank():
    return house().bank


def approved(*, account_no: str = "6222020000000000001", amount_minor: int = 10_000) -> Settlement:
    merchant = settled_merchant(account_no=account_no)
    available_money(merchant, amounts_minor=(amount_minor,))
    return approved_settlement(merchant)


def export(bank):
    return payouts.export_payment_file(bank.pk, execution_date=MONDAY, actor=MAKER, at=NEXT_NOON)


def test_sends_the_payouts_in_one_file_and_books_them(bank, laws_now):
    # Given
    first, second = approved(), approved(amount_minor=5_000, account_no="6222020000000000002")

    # When
    file = export(bank)

    # Then
    assert (file.payout_count, file.total_minor, file.currency) == (2, 14_700, "CNY")
    assert (file.execution_date, file.bank_account) == (MONDAY, bank)
    assert file.message_id == file.pk.replace("_", "").upper()
    for settlement, amount in ((first, "98.00"), (second, "49.00")):
        settlement.refresh_from_db()
        payout = Payout.objects.select_related("operation", "entry").get(settlement=settlement)
        assert (settlement.status, payout.status, payout.payment_file) == (
            "paying",
            "exported",
            file,
        )
        assert payout.entry.source == f"{payout.pk}:instructed"
        assert_entry(payout.entry.source, f"Dr 2003 {amount} CNY\nCr 2401 {amount} CNY")
        operation = payout.operation
        assert (operation.status, operation.sends, operation.next_query_at) == (
            "processing",
            1,
            None,
        )
        assert operation.first_sent_at is not None
        assert settlement.approval.state == "executed"
    assert_balances(bank.pk, payouts_in_transit="147.00")
    assert list(payouts_in_transit().values_list("settlement_id", flat=True)) == [
        first.pk,
        second.pk,
    ]
    assert not payouts_awaiting_export(bank.pk).exists()
    laws_now()
    assert verify().violations == []


def test_the_file_is_valid_and_names_each_payout(bank, shared):
    # Given
    settlement = approved()

    # When
    file = export(bank)

    # Then
    content = payment_file_content(file)
    assert hashlib.sha256(content).digest() == bytes(file.sha256)
    xmlschema.XMLSchema(shared / "vectors/iso20022/xsd/pain.001.001.09.xsd").validate(
        content.decode()
    )
    payout = Payout.objects.select_related("operation").get()
    transfer = ElementTree.fromstring(content).find(".//CdtTrfTxInf", NAMES)
    told = {
        path: transfer.findtext(path, namespaces=NAMES)
        for path in ("PmtId/EndToEndId", "Amt/InstdAmt", "Cdtr/Nm", "CdtrAcct/Id/Othr/Id")
    }
    assert told == {
        "PmtId/EndToEndId": payout.operation.channel_no,
        "Amt/InstdAmt": "98.00",
        "Cdtr/Nm": "商户甲有限公司",
        "CdtrAcct/Id/Othr/Id": "6222020000000000001",
    }
    assert settlement.pk in transfer.findtext("RmtInf/Ustrd", namespaces=NAMES)


def test_the_content_is_kept_for_this_row_alone(bank):
    # Given
    approved()
    file = export(bank)
    assert "6222020000000000001" not in file.content_encrypted
    approved(account_no="6222020000000000002")
    other = export(bank)

    # When
    file.content_encrypted = other.content_encrypted

    # Then
    with pytest.raises(DecryptionError):
        payment_file_content(file)


def test_nothing_waits_so_nothing_is_written(bank):
    # Given: drafts and submitted ones are nobody's to send.
    merchant = settled_merchant()
    available_money(merchant)
    submitted_settlement(merchant)

    # When, Then
    with nothing_written():
        assert export(bank) is None


def test_a_second_export_finds_nothing(bank):
    # Given
    approved()
    export(bank)

    # When, Then
    with nothing_written():
        assert export(bank) is None


def test_each_file_holds_no_more_than_a_bank_takes(bank, monkeypatch):
    # Given
    monkeypatch.setattr(payouts, "PAYOUTS_PER_FILE", 2)
    monkeypatch.setattr(payouts, "ENTRIES_PER_CALL", 1)
    waiting = [approved() for _ in range(3)]

    # When
    files = [export(bank), export(bank), export(bank)]

    # Then
    assert [file and file.payout_count for file in files] == [2, 1, None]
    assert Payout.objects.filter(status="exported").count() == len(waiting)
    assert JournalEntry.objects.filter(kind="payout_instructed").count() == 3
    assert verify().violations == []


def test_only_what_waits_at_this_bank_account_is_sent(bank):
    # Given
    approved()
    other = house().bank

    # When, Then
    with nothing_written():
        assert export(other) is None
    assert export(bank).payout_count == 1


def test_a_settlement_whose_account_changed_is_not_paid(bank, laws_now):
    # Given
    changed, unchanged = approved(), approved()
    destination_of(changed.merchant, account_no="6222020000000000009")

    # When
    file = export(bank)

    # Then
    assert list(file.payouts.values_list("settlement_id", flat=True)) == [unchanged.pk]
    changed.refresh_from_db()
    assert (changed.status, changed.status_code) == ("draft", "stale_approval")
    assert (changed.approval.state, changed.approved_digest) == ("voided", None)
    payout = Payout.objects.select_related("operation").get(settlement=changed)
    assert (payout.status, payout.status_code, payout.entry_id) == (
        "failed",
        "stale_approval",
        None,
    )
    assert payout.operation.status == "failed"
    assert_balances(changed.merchant_id, settlement_hold="98.00")
    laws_now()
    assert verify().violations == []


def test_what_was_set_back_is_submitted_approved_and_paid_anew(bank, laws_now):
    # Given
    settlement = approved()
    destination_of(settlement.merchant, account_no="6222020000000000009")
    assert export(bank) is None

    # When
    settlements.submit_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON)
    settlements.approve_settlement(
        settlement.pk, shown_digest=shown_digest(settlement), decider=CHECKER, at=NEXT_NOON
    )
    file = export(bank)

    # Then
    assert b"6222020000000000009" in payment_file_content(file)
    assert list(Payout.objects.order_by("pk").values_list("status", flat=True)) == [
        "failed",
        "exported",
    ]
    assert ApprovalRequest.objects.filter(state="executed").count() == 1
    laws_now()
    assert verify().violations == []


def test_a_settlement_whose_prices_changed_is_not_paid(bank):
    # Given
    settlement = approved()
    put_on_plan(settlement.merchant, settled_merchant().fee_plan)

    # When, Then
    assert export(bank) is None
    settlement.refresh_from_db()
    assert settlement.status == "draft"


@pytest.mark.django_db(transaction=True)
def test_a_file_that_no_bank_takes_is_refused_and_writes_nothing(bank):
    # Given
    settlement = approved()
    # Its number never changes; what is wrong in it was wrong from the start.
    tamper("UPDATE payments_channelaccount SET agent_code = 'not a bank' WHERE channel = 'bank'")

    # When, Then
    with nothing_written(), pytest.raises(PaymentFileError):
        export(bank)
    settlement.refresh_from_db()
    assert (settlement.status, Payout.objects.get().status) == ("approved", "queued")


def test_tells_what_it_sent(bank):
    # Given
    settlement = approved()

    # When
    file = export(bank)

    # Then
    audit = AuditEntry.objects.get(action="payment_file.exported")
    assert (audit.subject, audit.actor) == (file.pk, MAKER)
    assert audit.after["sha256"] == bytes(file.sha256).hex()
    payout = Payout.objects.get()
    kinds = Event.objects.filter(subject__in=[settlement.pk, payout.pk]).order_by("recorded_at")
    assert set(kinds.values_list("kind", flat=True)) >= {
        "settlement.paying",
        "payout.queued",
        "payout.exported",
    }


def test_a_draft_of_the_same_merchant_waits_for_its_own_approval(bank):
    # Given
    settlement = approved()
    merchant = settlement.merchant
    available_money(merchant, at=NEXT_NOON, business_date=MONDAY)
    draft = drafted_settlement(merchant, business_date=MONDAY)

    # When
    file = exported_file(bank)

    # Then
    assert file.payout_count == 1
    assert file.execution_date == FRIDAY
    draft.refresh_from_db()
    assert draft.status == "draft"
    assert PaymentFile.objects.count() == 1
