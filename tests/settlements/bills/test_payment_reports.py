import pytest

from settlements.bills.bank import parse_payment_report
from settlements.bills.base import (
    BillError,
    BillInvalidError,
    BillUnsafeError,
    BillUnsupportedError,
    PaymentReport,
    TransferOutcome,
    TransferResult,
)

PAIN = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"


@pytest.fixture
def answer(shared) -> bytes:
    """Return our own example: the first payout succeeded, the second was refused."""
    return (shared / "vectors/iso20022/own/pain.002.001.12.xml").read_bytes()


def report(*results: str, group: str = "", block: str = "") -> bytes:
    return (
        f'<Document xmlns="{PAIN}"><CstmrPmtStsRpt>'
        "<GrpHdr><MsgId>R1</MsgId><CreDtTm>2026-01-05T11:00:00+08:00</CreDtTm></GrpHdr>"
        "<OrgnlGrpInfAndSts><OrgnlMsgId>F1</OrgnlMsgId>"
        f"<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}</OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>F1</OrgnlPmtInfId>{block}{''.join(results)}"
        "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    ).encode()


def result(number: str, status: str = "", more: str = "") -> str:
    return (
        f"<TxInfAndSts><OrgnlEndToEndId>{number}</OrgnlEndToEndId>"
        f"{f'<TxSts>{status}</TxSts>' if status else ''}{more}</TxInfAndSts>"
    )


def test_reads_the_bank_s_answer_exactly(answer):
    assert parse_payment_report(answer) == PaymentReport(
        message_id="BANK-RPT-1",
        original_message_id="PB20260105-0001-V1",
        group_status="PART",
        group_outcome=None,
        group_reason_code="",
        group_text="",
        results=(
            TransferResult("PO20260105000001", "ACSC", TransferOutcome.SUCCEEDED),
            TransferResult(
                "PO20260105000002", "RJCT", TransferOutcome.FAILED, "AC04", "Closed account"
            ),
        ),
    )


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("ACSC", "succeeded"),
        ("ACCC", "succeeded"),
        ("RJCT", "failed"),
        ("CANC", "cancelled"),
        ("ACTC", "processing"),
        ("ACCP", "processing"),
        ("ACSP", "processing"),
        ("PDNG", "processing"),
        ("RCVD", "processing"),
        # A code that we do not know decides nothing.
        ("ACWC", "processing"),
        ("ZZZZ", "processing"),
        ("acsc", "processing"),
    ],
)
def test_ends_a_transfer_only_by_the_codes_that_mean_the_end(status, outcome):
    # When
    read = parse_payment_report(report(result("PO1", status)))

    # Then
    assert [(one.end_to_end_id, one.status, one.outcome) for one in read.results] == [
        ("PO1", status, outcome)
    ]


def test_takes_the_status_of_the_block_or_of_the_file_where_a_transfer_has_none():
    # Given
    block = "<PmtInfSts>ACSP</PmtInfSts>"
    group = "<GrpSts>RJCT</GrpSts>"

    # When
    own, of_block = parse_payment_report(
        report(result("PO1", "ACSC"), result("PO2"), group=group, block=block)
    ).results
    (of_file,) = parse_payment_report(report(result("PO3"), group=group)).results

    # Then
    assert (own.outcome, of_block.outcome, of_file.outcome) == (
        "succeeded",
        "processing",
        "failed",
    )


def test_reads_a_file_that_was_refused_whole():
    # Given
    group = (
        "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AM05</Cd></Rsn>"
        "<AddtlInf>Duplicate</AddtlInf><AddtlInf>file</AddtlInf></StsRsnInf>"
    )

    # When
    read = parse_payment_report(report(group=group))

    # Then
    assert read.results == ()
    assert (read.group_status, read.group_outcome) == ("RJCT", TransferOutcome.FAILED)
    assert (read.group_reason_code, read.group_text) == ("AM05", "Duplicate file")


def test_repeats_the_amount_that_the_bank_repeats():
    # Given
    more = '<OrgnlTxRef><Amt><InstdAmt Ccy="CNY">12499.50</InstdAmt></Amt></OrgnlTxRef>'

    # When
    (read,) = parse_payment_report(report(result("PO1", "ACSC", more))).results

    # Then
    assert (read.amount_minor, read.currency) == (1_249_950, "CNY")


def test_reads_a_reason_of_the_bank_s_own():
    more = "<StsRsnInf><Rsn><Prtry>E1001</Prtry></Rsn></StsRsnInf>"

    (read,) = parse_payment_report(report(result("PO1", "RJCT", more))).results

    assert read.reason_code == "E1001"


@pytest.mark.parametrize(
    "data",
    [
        # One transfer twice: which of the two would be true?
        report(result("PO1", "ACSC"), result("PO1", "RJCT")),
        report(result("PO1", "ACSC"), result("PO1", "ACSC")),
        report(result("", "ACSC")),
        report(result("NOTPROVIDED", "ACSC")),
        report(result("x" * 65, "ACSC")),
        report(result("PO1")),
        report(result("PO1"), group="<GrpSts>PART</GrpSts>"),
        report(result("PO1", "PART")),
        report(result("PO1", "ACSC")).replace(b"<MsgId>R1</MsgId>", b""),
        report(result("PO1", "ACSC")).replace(b"<OrgnlMsgId>F1</OrgnlMsgId>", b""),
        report(result("PO1", "ACSC")).replace(b"OrgnlGrpInfAndSts", b"Other"),
        f'<Document xmlns="{PAIN}"/>'.encode(),
        report(result("PO1", "ACSC", "<OrgnlTxRef><Amt><InstdAmt>1</InstdAmt></Amt></OrgnlTxRef>")),
    ],
)
def test_refuses_the_whole_report_when_something_that_decides_is_wrong(data):
    with pytest.raises(BillInvalidError, match=r"Nothing was booked\.$"):
        parse_payment_report(data)


def test_refuses_a_statement_where_a_report_is_expected(shared):
    data = (shared / "vectors/iso20022/own/camt.053.001.08.xml").read_bytes()

    with pytest.raises(BillUnsupportedError) as refusal:
        parse_payment_report(data)

    assert str(refusal.value) == (
        "The file is camt.053.001.08, but pain.002.001.12 is expected. Nothing was booked."
    )


def test_refuses_a_document_type(answer):
    data = answer.replace(b"<Document", b'<!DOCTYPE d [<!ENTITY a "b">]><Document', 1)

    with pytest.raises(BillUnsafeError):
        parse_payment_report(data)


def test_refuses_the_answer_cut_anywhere(answer):
    for at in range(0, len(answer) - 2, 53):
        with pytest.raises(BillError):
            parse_payment_report(answer[:at])


def test_gives_every_refusal_a_code_of_its_own_and_words_for_people():
    # Given
    kinds = [BillError, *_subclasses(BillError)]

    # Then
    assert len(kinds) == 8
    assert len({kind.code for kind in kinds}) == 8
    assert all(str(kind()).endswith("Nothing was booked.") for kind in kinds)
    assert all("nothing was" in (kind.__doc__ or "").lower() for kind in kinds)


def _subclasses(kind: type) -> list[type]:
    return [each for direct in kind.__subclasses__() for each in (direct, *_subclasses(direct))]
