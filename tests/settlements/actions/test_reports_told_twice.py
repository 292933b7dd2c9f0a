# ruff: noqa: F811  fixtures are imported
"""Reports that come twice, contradict, or are not about us."""

import pytest

from ledger.models import AuditEntry
from payments.models import Event
from settlements.actions.bills import import_bill
from settlements.bills.base import BillError, BillTooLargeError
from settlements.bills.documents import BYTES_MAX
from settlements.errors import BillMessageReusedError, WrongBankAccountError
from settlements.queries.bills import bill_content
from settlements.queries.integrity import verify
from tests.factories.payments import AlipayAccountFactory, BankAccountFactory
from tests.factories.settlements import (
    MAKER,
    payment_report,
)
from tests.instants import NEXT_NOON
from tests.rig.rows import nothing_written
from tests.settlements.actions.reported_files import bank, payout, tell  # noqa: F401

pytestmark = pytest.mark.django_db


def test_the_same_bytes_again_change_nothing(bank, payout):
    # Given
    first = tell(bank, payout, "ACSC")

    # When
    with nothing_written():
        again = tell(bank, payout, "ACSC")

    # Then
    assert again == first


def test_the_same_message_in_other_bytes_changes_nothing(bank, payout):
    # Given
    number = payout.operation.channel_no
    content = payment_report(payout.payment_file, {number: "ACSC"})
    first = import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)

    # When
    spaced = content.replace(b"><", b">\n<")
    assert spaced != content
    with nothing_written():
        again = import_bill(bank_account_id=bank.pk, content=spaced, actor=MAKER, at=NEXT_NOON)

    # Then
    assert again == first


def test_a_message_number_used_for_something_else_is_refused(bank, payout):
    # Given
    tell(bank, payout, "PDNG")

    # When, Then
    with nothing_written(), pytest.raises(BillMessageReusedError):
        tell(bank, payout, "ACSC")
    payout.refresh_from_db()
    assert payout.status == "exported"


def test_the_same_outcome_in_another_message_changes_no_payout(bank, payout):
    # Given
    tell(bank, payout, "ACSC")
    events = Event.objects.filter(subject=payout.pk).count()

    # When
    bill = tell(bank, payout, "ACSC", message_id="RPT-2")

    # Then
    assert Event.objects.filter(subject=payout.pk).count() == events
    facts = AuditEntry.objects.get(subject=bill.pk).after
    assert (facts["changed"], facts["unchanged"], facts["unexplained"]) == (0, 1, {})


def test_a_contradiction_is_listed_and_overwrites_nothing(bank, payout, laws_now):
    # Given
    tell(bank, payout, "RJCT", reason="AC04")

    # When
    bill = tell(bank, payout, "ACSC", message_id="RPT-2")

    # Then
    payout.refresh_from_db()
    assert payout.status == "failed"
    facts = AuditEntry.objects.get(subject=bill.pk).after
    assert facts["unexplained"] == {payout.operation.channel_no: "contradicts"}
    laws_now()
    assert verify().violations == []


def test_a_number_that_is_not_ours_moves_nothing(bank, payout):
    # When
    content = payment_report(payout.payment_file, {"PO-OF-SOMEBODY": "ACSC"})
    bill = import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)

    # Then
    facts = AuditEntry.objects.get(subject=bill.pk).after
    assert facts["unexplained"] == {"PO-OF-SOMEBODY": "unknown"}


def test_a_report_on_another_file_moves_nothing(bank, payout):
    # Given
    number = payout.operation.channel_no
    content = payment_report(payout.payment_file, {number: "ACSC"}).replace(
        payout.payment_file.message_id.encode(), b"PFANOTHER"
    )

    # When
    bill = import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)

    # Then
    payout.refresh_from_db()
    assert payout.status == "exported"
    assert AuditEntry.objects.get(subject=bill.pk).after["unexplained"] == {number: "not_sent"}


def test_a_report_of_another_bank_account_moves_nothing(payout):
    # When
    bill = tell(BankAccountFactory(), payout, "ACSC")

    # Then
    payout.refresh_from_db()
    assert payout.status == "exported"
    assert AuditEntry.objects.get(subject=bill.pk).after["changed"] == 0


def test_a_file_that_is_refused_whole_fails_all_its_payouts(bank, payout, laws_now):
    # Given
    content = (
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"><CstmrPmtStsRpt>'
        b"<GrpHdr><MsgId>RPT-1</MsgId><CreDtTm>2026-03-06T11:00:00+08:00</CreDtTm></GrpHdr>"
        b"<OrgnlGrpInfAndSts><OrgnlMsgId>"
        + payout.payment_file.message_id.encode()
        + b"</OrgnlMsgId>"
        b"<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>RJCT</GrpSts>"
        b"<StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts>"
        b"</CstmrPmtStsRpt></Document>"
    )

    # When
    import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)

    # Then
    payout.refresh_from_db()
    assert (payout.status, payout.status_code) == ("failed", "FF01")
    laws_now()
    assert verify().violations == []


def test_keeps_the_bytes_of_the_bill_encrypted(bank, payout):
    # When
    bill = tell(bank, payout, "ACSC")

    # Then
    number = payout.operation.channel_no
    assert bill_content(bill) == payment_report(
        payout.payment_file, {number: "ACSC"}, message_id="RPT-1"
    )
    assert number not in bill.content_encrypted


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", BillError),
        (b"not xml at all", BillError),
        (b"<Document/>", BillError),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', BillError),
        (b" " * (BYTES_MAX + 1), BillTooLargeError),
    ],
    ids=["empty", "no xml", "another message", "entities", "too large"],
)
def test_refuses_what_is_no_bill_and_writes_nothing(bank, content, error):
    with nothing_written(), pytest.raises(error):
        import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)


def test_bills_are_imported_for_banks_only(payout):
    # Given
    content = payment_report(payout.payment_file, {payout.operation.channel_no: "ACSC"})

    # When, Then
    for account_id in ("chn_none", AlipayAccountFactory().pk):
        with nothing_written(), pytest.raises(WrongBankAccountError):
            import_bill(bank_account_id=account_id, content=content, actor=MAKER, at=NEXT_NOON)
