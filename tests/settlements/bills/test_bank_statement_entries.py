"""Entries of a bank's statement."""

from datetime import date

import pytest

from settlements.bills.bank import parse_bank_statement
from settlements.bills.base import (
    BillInvalidError,
)
from tests.settlements.bills.statement_texts import amount, balance, entry, statement


def transfer(number: str, text: str, *, currency: str = "CNY", side: str = "") -> str:
    return (
        f"<TxDtls><Refs><EndToEndId>{number}</EndToEndId></Refs>{amount(text, currency)}"
        f"{f'<CdtDbtInd>{side}</CdtDbtInd>' if side else ''}</TxDtls>"
    )


class TestEntries:
    def test_leaves_out_what_is_not_booked_and_says_how_much(self):
        # Given
        data = statement(
            balance("OPBD", "0"),
            balance("CLBD", "1.00"),
            entry("9.00", status="PDNG"),
            entry("1.00"),
            entry("8.00", status="INFO"),
            entry("0.00"),
        )

        # When
        read = parse_bank_statement(data)

        # Then
        assert [(line.line_no, line.amount_minor) for line in read.lines] == [(1, 100)]
        assert read.entries_left_out == 3

    def test_parts_a_batch_into_its_transfers(self):
        # Given one debit for a whole payment file, and an entry after it
        data = statement(
            balance("OPBD", "10.00"),
            balance("CLBD", "4.00"),
            entry(
                "5.00",
                side="DBIT",
                more="<AcctSvcrRef>BK1</AcctSvcrRef>",
                details=transfer("PO1", "7.00") + transfer("PO2", "2.00", side="CRDT"),
            ),
            entry("1.00", side="DBIT"),
        )

        # When
        lines = parse_bank_statement(data).lines

        # Then
        assert [
            (line.line_no, line.end_to_end_id, line.signed_minor, line.bank_reference)
            for line in lines
        ] == [(1, "PO1", -700, "BK1"), (2, "PO2", 200, "BK1"), (3, "", -100, "")]

    @pytest.mark.parametrize(
        "details",
        [
            transfer("PO1", "3.00") + transfer("PO2", "2.01"),
            transfer("PO1", "3.00") + transfer("PO2", "2.00", currency="USD"),
            transfer("PO1", "3.00") + "<TxDtls><Refs/></TxDtls>",
            transfer("PO1", "5.00") + transfer("PO2", "0.00"),
        ],
    )
    def test_leaves_a_batch_whole_whose_transfers_are_not_it(self, details):
        # Given
        data = statement(
            balance("OPBD", "10.00"),
            balance("CLBD", "5.00"),
            entry("5.00", side="DBIT", details=details),
        )

        # When
        (line,) = parse_bank_statement(data).lines

        # Then nobody's number stands on it, so a person will look
        assert (line.signed_minor, line.end_to_end_id) == (-500, "")

    @pytest.mark.parametrize("number", ["NOTPROVIDED", "NotProvided", "NONREF", " "])
    def test_takes_no_number_where_the_bank_has_none(self, number):
        data = statement(
            balance("OPBD", "0"),
            balance("CLBD", "1.00"),
            entry("1.00", details=transfer(number, "1.00")),
        )

        assert parse_bank_statement(data).lines[0].end_to_end_id == ""

    @pytest.mark.parametrize(
        ("more", "details", "is_reversal", "reason"),
        [
            ("", "<TxDtls><Refs/></TxDtls>", False, ""),
            ("<RvslInd>false</RvslInd>", "", False, ""),
            ("<RvslInd>true</RvslInd>", "", True, ""),
            ("<RvslInd>1</RvslInd>", "", True, ""),
            ("", "<TxDtls><RtrInf><Rsn><Cd>RR04</Cd></Rsn></RtrInf></TxDtls>", True, "RR04"),
            ("", "<TxDtls><RtrInf><Rsn><Prtry>X9</Prtry></Rsn></RtrInf></TxDtls>", True, "X9"),
            ("", "<TxDtls><RtrInf/></TxDtls>", True, ""),
        ],
    )
    def test_knows_a_return_by_its_flag_or_its_reason(self, more, details, is_reversal, reason):
        # Given
        data = statement(
            balance("OPBD", "0"),
            balance("CLBD", "1.00"),
            entry("1.00", more=more, details=details),
        )

        # When
        (line,) = parse_bank_statement(data).lines

        # Then
        assert (line.is_reversal, line.reason_code) == (is_reversal, reason)

    @pytest.mark.parametrize(
        ("details", "text"),
        [
            ("<RmtInf><Ustrd>STL 1</Ustrd><Ustrd>\n  M2 </Ustrd></RmtInf>", "STL 1 M2"),
            ("<RmtInf><Strd><CdtrRefInf><Ref>RF1</Ref></CdtrRefInf></Strd></RmtInf>", "RF1"),
            ("<AddtlTxInf>fee</AddtlTxInf>", "fee"),
            ("<Refs/>", "note of the bank"),
        ],
    )
    def test_reads_what_the_payer_or_else_the_bank_wrote(self, details, text):
        # Given
        data = statement(
            balance("OPBD", "0"),
            balance("CLBD", "1.00"),
            entry("1.00", details=f"<TxDtls>{details}</TxDtls>").replace(
                "</Ntry>", "<AddtlNtryInf>note of the bank</AddtlNtryInf></Ntry>"
            ),
        )

        # When, Then
        assert parse_bank_statement(data).lines[0].remittance_text == text

    @pytest.mark.parametrize(
        ("written", "day"),
        [
            ("<Dt>2026-02-28</Dt>", date(2026, 2, 28)),
            ("<Dt>2026-02-28+08:00</Dt>", date(2026, 2, 28)),
            ("<Dt>2026-02-28Z</Dt>", date(2026, 2, 28)),
            ("<DtTm>2026-02-28T23:59:59+08:00</DtTm>", date(2026, 2, 28)),
            ("<DtTm>2026-02-28T00:00:00.5</DtTm>", date(2026, 2, 28)),
        ],
    )
    def test_takes_the_day_as_the_bank_wrote_it(self, written, day):
        data = statement(
            balance("OPBD", "0"),
            balance("CLBD", "1.00"),
            entry("1.00").replace("<Dt>2026-01-05</Dt>", written),
        )

        assert parse_bank_statement(data).lines[0].booking_date == day

    @pytest.mark.parametrize(
        ("was", "becomes"),
        [
            ("<Dt>2026-01-05</Dt></BookgDt>", "<Dt>2026-02-30</Dt></BookgDt>"),
            ("<Dt>2026-01-05</Dt></BookgDt>", "<Dt>05.01.2026</Dt></BookgDt>"),
            ("<Dt>2026-01-05</Dt></BookgDt>", "<Dt>2026-01-051</Dt></BookgDt>"),
            ("<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<Sts>"),
            ("<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<CdtDbtInd>C</CdtDbtInd><Sts>"),
            ("<Sts><Cd>BOOK</Cd></Sts>", ""),
            ("<Id>S1</Id>", ""),
            ("<MsgId>M1</MsgId>", ""),
            ("<MsgId>M1</MsgId>", f"<MsgId>{'x' * 65}</MsgId>"),
            ("<Id>1109</Id>", ""),
            ("<EndToEndId>PO1</EndToEndId>", f"<EndToEndId>{'x' * 65}</EndToEndId>"),
        ],
    )
    def test_refuses_the_whole_file_when_something_that_decides_is_wrong(self, was, becomes):
        # Given
        data = statement(
            balance("OPBD", "0"),
            balance("CLBD", "1.00"),
            entry("1.00", details=transfer("PO1", "1.00")),
        ).decode()
        assert parse_bank_statement(data.encode())
        assert was in data

        # When
        with pytest.raises(BillInvalidError) as refusal:
            parse_bank_statement(data.replace(was, becomes).encode())

        # Then
        assert str(refusal.value).endswith("Nothing was booked.")
