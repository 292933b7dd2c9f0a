import json
from datetime import date

import pytest
import xmlschema

from settlements.bills import documents
from settlements.bills.bank import parse_bank_statement
from settlements.bills.base import (
    BalanceProofError,
    BalanceProofImpossibleError,
    BillError,
    BillInvalidError,
    BillLine,
    BillTooLargeError,
    BillUnreadableError,
    BillUnsafeError,
    BillUnsupportedError,
    Direction,
)
from settlements.bills.camt053 import read_bank_statements

CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


@pytest.fixture(scope="module")
def vectors(shared):
    return shared / "vectors/iso20022"


@pytest.fixture(scope="module")
def schema(vectors):
    return xmlschema.XMLSchema(vectors / "xsd/camt.053.001.08.xsd")


@pytest.fixture
def day_after(vectors) -> bytes:
    """Return our own example: channel money in, two payouts out, one of them back."""
    return (vectors / "own/camt.053.001.08.xml").read_bytes()


def amount(minor_text: str, currency: str = "CNY") -> str:
    return f'<Amt Ccy="{currency}">{minor_text}</Amt>'


def balance(code: str, text: str, *, side: str = "CRDT", currency: str = "CNY") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{amount(text, currency)}"
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>2026-01-05</Dt></Dt></Bal>"
    )


def entry(
    text: str,
    *,
    side: str = "CRDT",
    currency: str = "CNY",
    status: str = "BOOK",
    details: str = "",
    more: str = "",
) -> str:
    return (
        f"<Ntry>{amount(text, currency)}<CdtDbtInd>{side}</CdtDbtInd>"
        f"<Sts><Cd>{status}</Cd></Sts><BookgDt><Dt>2026-01-05</Dt></BookgDt>{more}<BkTxCd/>"
        f"{f'<NtryDtls>{details}</NtryDtls>' if details else ''}</Ntry>"
    )


def transfer(number: str, text: str, *, currency: str = "CNY", side: str = "") -> str:
    return (
        f"<TxDtls><Refs><EndToEndId>{number}</EndToEndId></Refs>{amount(text, currency)}"
        f"{f'<CdtDbtInd>{side}</CdtDbtInd>' if side else ''}</TxDtls>"
    )


def statement(*parts: str, currency: str = "CNY") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{CAMT}"><BkToCstmrStmt>'
        "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-01-06T01:00:00+08:00</CreDtTm></GrpHdr>"
        "<Stmt><Id>S1</Id><Acct><Id><Othr><Id>1109</Id></Othr></Id>"
        f"{f'<Ccy>{currency}</Ccy>' if currency else ''}</Acct>{''.join(parts)}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()


class TestOurExample:
    def test_reads_the_day_after_exactly(self, day_after, schema):
        # Given
        schema.validate(day_after.decode())

        # When
        read = parse_bank_statement(day_after)

        # Then
        assert (read.message_id, read.statement_id) == ("STM20260105", "110900000000001-20260105")
        assert (read.account_no, read.currency) == ("110900000000001", "CNY")
        assert (read.opening_minor, read.closing_minor) == (10_000_000, 18_650_050)
        assert (read.from_date, read.to_date) == (date(2026, 1, 5), date(2026, 1, 5))
        assert read.entries_left_out == 0
        plain = {
            "currency": "CNY",
            "is_reversal": False,
            "booking_date": date(2026, 1, 5),
            "bank_reference": "",
            "end_to_end_id": "",
            "reason_code": "",
            "remittance_text": "",
            "code": "",
        }
        assert read.lines == (
            BillLine(
                line_no=1,
                amount_minor=9_900_000,
                direction=Direction.CREDIT,
                **{**plain, "bank_reference": "BK0001", "code": "CHANNEL-SETTLE"},
            ),
            BillLine(
                line_no=2,
                amount_minor=1_249_950,
                direction=Direction.DEBIT,
                **{**plain, "end_to_end_id": "PO20260105000001", "code": "PMNT/ICDT/DMCT"},
            ),
            BillLine(
                line_no=3,
                amount_minor=300_000,
                direction=Direction.CREDIT,
                **{
                    **plain,
                    "is_reversal": True,
                    "end_to_end_id": "PO20260105000002",
                    "reason_code": "AC04",
                    "code": "PMNT/ICDT/RRTN",
                },
            ),
            BillLine(
                line_no=4,
                amount_minor=300_000,
                direction=Direction.DEBIT,
                **{**plain, "booking_date": None},
            ),
        )

    def test_refuses_the_example_when_one_digit_of_money_differs(self, day_after):
        for wrong in (
            day_after.replace(b">99000.00<", b">99000.01<"),
            day_after.replace(b">186500.50<", b">186500.51<"),
            day_after.replace(b">100000.00<", b">100000.10<"),
        ):
            assert wrong != day_after
            with pytest.raises(BalanceProofError):
                parse_bank_statement(wrong)

    def test_refuses_the_example_without_any_one_of_its_entries(self, day_after):
        # Given
        head, *entries = day_after.split(b"<Ntry>")
        entries[-1], tail = entries[-1].split(b"</Ntry>")
        assert len(entries) == 4

        for left_out in range(4):
            rest = [each for number, each in enumerate(entries) if number != left_out]
            rest[-1] = rest[-1].removesuffix(b"</Ntry>\n      ") + b"</Ntry>" + tail
            whole = b"<Ntry>".join([head, *rest]).replace(b"</Ntry></Ntry>", b"</Ntry>")

            # When
            with pytest.raises(BillError) as refusal:
                parse_bank_statement(whole)

            # Then
            assert type(refusal.value) is BalanceProofError

    def test_refuses_the_example_cut_anywhere(self, day_after):
        for at in range(0, len(day_after) - 2, 97):
            with pytest.raises(BillError):
                parse_bank_statement(day_after[:at])


class TestPeersExamples:
    """Files of another project, with what its reader makes of them."""

    def test_reads_two_statements_as_the_peer_does(self, vectors):
        # Given
        path = vectors / "samples/camt053.v2.multi.statement.xml"
        xmlschema.XMLSchema(vectors / "xsd/camt.053.001.02.xsd").validate(path)
        peer = json.loads(path.with_suffix(".json").read_text())["getEntries"][0]

        # When
        first, second = read_bank_statements(path.read_bytes())

        # Then
        proved = [first.proved(), second.proved()]
        assert [(one.opening_minor, one.closing_minor) for one in proved] == [
            (1_815, 2_700),
            (2_700, 2_000),
        ]
        assert [one.statement_id for one in proved] == [
            "253EURNL26VAYB8060476890",
            "254EURNL26VAYB8060476890",
        ]
        assert (proved[0].from_date, proved[0].to_date) == (date(2007, 10, 18), date(2007, 10, 18))
        assert (proved[1].from_date, proved[1].to_date) == (None, None)
        assert {one.account_no for one in proved} == {"NL26VAYB8060476890"}
        assert {one.message_id for one in proved} == {"CAMT053RIB000000000001"}
        assert proved[0].lines[0].signed_minor == 885
        assert proved[0].lines[0].remittance_text == "Transaction Description 1"
        (line,) = proved[1].lines
        _assert_same(line, peer)
        assert line.code == peer["getBankTransactionCode"]["getProprietary"]["getCode"] == "544"
        balances = peer["getRecord"]["getBalances"]
        assert [each.amount_minor for each in second.balances] == [
            int(each["getAmount"]["getAmount"]) for each in balances
        ]

    def test_reads_one_entry_as_the_peer_does_but_cannot_prove_four_currencies(
        self, vectors, schema
    ):
        # Given
        path = vectors / "samples/camt053.v8.xml"
        schema.validate(path)
        peer = json.loads(path.with_suffix(".json").read_text())["getEntries"][0]

        # When
        (read,) = read_bank_statements(path.read_bytes())

        # Then
        (line,) = read.lines
        _assert_same(line, peer)
        assert line.code == "PMNT/RCDT/BOOK"
        assert line.bank_reference == peer["getAccountServicerReference"]
        assert line.remittance_text == "4654654654654654"
        record = peer["getRecord"]
        assert read.statement_id == record["getId"]
        assert read.account_no == record["getAccount"]["getIdentification"]
        assert [(each.amount_minor, each.currency) for each in read.balances] == [
            (int(each["getAmount"]["getAmount"]), each["getAmount"]["getCurrency"]["getCode"])
            for each in record["getBalances"]
        ]
        with pytest.raises(BalanceProofImpossibleError, match="EUR, SEK") as refusal:
            read.proved()
        assert refusal.value.code == "balance_proof_impossible"
        with pytest.raises(BalanceProofImpossibleError):
            parse_bank_statement(path.read_bytes())

    def test_takes_a_file_with_one_statement_only_where_one_is_asked_for(self, vectors):
        data = (vectors / "samples/camt053.v2.multi.statement.xml").read_bytes()

        with pytest.raises(BillInvalidError, match="Stmt"):
            parse_bank_statement(data)


def _assert_same(line: BillLine, peer: dict) -> None:
    """Compare a line with the peer's entry: amount and side, day, our number, reversal."""
    money = peer["getAmount"]
    assert line.signed_minor == int(money["getAmount"])
    assert line.currency == money["getCurrency"]["getCode"]
    assert line.booking_date.isoformat() == peer["getBookingDate"]["0"][:10]
    assert line.is_reversal == peer["getReversalIndicator"]
    detail = peer["getTransactionDetail"]
    assert line.end_to_end_id == detail["getReference"]["getEndToEndId"]


class TestBalances:
    def test_proves_an_empty_day(self):
        read = parse_bank_statement(statement(balance("OPBD", "5.00"), balance("CLBD", "5.00")))

        assert (read.opening_minor, read.closing_minor, read.lines) == (500, 500, ())

    def test_counts_an_overdrawn_balance_below_zero(self):
        # Given
        data = statement(
            balance("OPBD", "5.00"),
            balance("CLBD", "2.50", side="DBIT"),
            entry("7.50", side="DBIT"),
        )

        # When, Then
        assert parse_bank_statement(data).closing_minor == -250

    def test_takes_the_previous_closing_balance_for_an_opening_one(self):
        data = statement(balance("PRCD", "5.00"), balance("CLBD", "6.00"), entry("1.00"))

        assert parse_bank_statement(data).opening_minor == 500

    def test_says_what_does_not_add_up(self):
        # Given
        data = statement(balance("OPBD", "5.00"), balance("CLBD", "6.01"), entry("1.00"))

        # When
        with pytest.raises(BalanceProofError) as refusal:
            parse_bank_statement(data)

        # Then
        assert str(refusal.value) == (
            "Statement S1 does not add up: opening balance 5.00 and movements of 1.00 give 6.00,"
            " but the closing balance is 6.01 CNY. Nothing was booked."
        )

    @pytest.mark.parametrize(
        "parts",
        [
            (),
            (balance("OPBD", "5.00"),),
            (balance("CLBD", "5.00"),),
            (balance("OPBD", "5.00"), balance("OPBD", "5.00"), balance("CLBD", "5.00")),
            (balance("OPBD", "5.00"), balance("CLBD", "5.00"), balance("CLBD", "6.00")),
            (balance("OPAV", "5.00"), balance("CLAV", "5.00")),
            (balance("OPBD", "5.00"), balance("CLBD", "5.00", currency="USD")),
            (balance("OPBD", "5", currency="USD"), balance("CLBD", "5", currency="USD")),
            (balance("OPBD", "5"), balance("CLBD", "6"), entry("1", currency="USD")),
        ],
    )
    def test_says_when_a_proof_is_impossible(self, parts):
        with pytest.raises(BalanceProofImpossibleError, match=r"Nothing was booked\.$"):
            parse_bank_statement(statement(*parts))

    @pytest.mark.parametrize(
        ("text", "currency", "minor"),
        [
            ("7", "CNY", 700),
            ("7.5", "CNY", 750),
            ("7.50000", "CNY", 750),
            ("007.50", "CNY", 750),
            ("+7.50", "CNY", 750),
            (".5", "CNY", 50),
            ("7.", "CNY", 700),
            (" 7.50\n", "CNY", 750),
            ("2700", "JPY", 2700),
            ("2700.00", "JPY", 2700),
            ("1.234", "KWD", 1234),
            ("90071992547409.93", "CNY", 9_007_199_254_740_993),
        ],
    )
    def test_reads_amounts_exactly_however_xml_writes_them(self, text, currency, minor):
        # Given
        data = statement(
            balance("OPBD", "0", currency=currency),
            balance("CLBD", text, currency=currency),
            entry(text, currency=currency),
            currency=currency,
        )

        # When, Then
        assert parse_bank_statement(data).lines[0].amount_minor == minor

    @pytest.mark.parametrize(
        ("text", "currency"),
        [
            ("", "CNY"),
            (".", "CNY"),
            ("-1.00", "CNY"),
            ("1,00", "CNY"),
            ("1e2", "CNY"),
            ("1.001", "CNY"),
            ("0.5", "JPY"),
            ("NaN", "CNY"),
            ("１", "CNY"),
            ("9" * 25, "CNY"),
            ("1.00", "XXX"),
            ("1.00", ""),
        ],
    )
    def test_refuses_an_amount_that_is_none(self, text, currency):
        data = statement(balance("OPBD", "0"), balance("CLBD", "0"), entry(text, currency=currency))

        with pytest.raises(BillInvalidError, match="Amt"):
            parse_bank_statement(data)


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


class TestHostileFiles:
    @pytest.mark.parametrize(
        "head",
        [
            "<!DOCTYPE Document>",
            '<!DOCTYPE d [<!ENTITY a "1.00">]>',
            '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE d SYSTEM "http://127.0.0.1:1/x.dtd">',
            '<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]>',
            '<!DOCTYPE d [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        ],
    )
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_refuses_a_document_type_before_anything_is_read(self, head, encoding):
        # Given
        plain = statement(balance("OPBD", "0"), balance("CLBD", "0")).decode()
        plain = plain.replace('<?xml version="1.0" encoding="UTF-8"?>', "")
        assert parse_bank_statement(plain.encode(encoding))

        # When
        with pytest.raises(BillUnsafeError) as refusal:
            parse_bank_statement((head + plain).encode(encoding))

        # Then
        assert str(refusal.value) == (
            "The file declares a document type or entities, as no bank does. Nothing was booked."
        )

    def test_includes_nothing_from_elsewhere(self):
        # Given
        data = statement(balance("OPBD", "0"), balance("CLBD", "0")).replace(
            b"<Id>S1</Id>",
            b'<Id><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text"'
            b' href="file:///etc/hostname"/></Id>',
        )

        # When, Then
        with pytest.raises(BillInvalidError):
            parse_bank_statement(data)

    def test_refuses_a_file_that_is_too_large_before_reading_it(self):
        # Given 20 MiB of nothing readable
        data = b"<" * (20 * 1024 * 1024 + 1)

        # When
        with pytest.raises(BillTooLargeError) as refusal:
            parse_bank_statement(data)

        # Then
        assert str(refusal.value) == "The file is larger than 20 MiB. Nothing was booked."
        with pytest.raises(BillUnreadableError):
            parse_bank_statement(data[:-1])

    def test_refuses_what_would_outgrow_memory(self, monkeypatch):
        # Given
        deep = f'<Document xmlns="{CAMT}">' + "<a>" * 64
        with pytest.raises(BillUnreadableError, match="deeply nested"):
            parse_bank_statement(deep.encode())

        # When
        monkeypatch.setattr(documents, "ELEMENTS_MAX", 30)
        wide = statement(balance("OPBD", "0"), balance("CLBD", "0"), "<a/>" * 30)

        # Then
        with pytest.raises(BillUnreadableError, match="too many"):
            parse_bank_statement(wide)

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\0",
            b"hello",
            b"PK\x03\x04",
            b"<Document>",
            b'<?xml version="1.0" encoding="GB18030"?><Document/>',
            b'<?xml version="1.0" encoding="nonsense"?><Document/>',
            b'<?xml version="1.0" encoding="UTF-8"?><Document>\xca\xf7</Document>',
        ],
    )
    def test_refuses_what_is_not_readable_xml(self, data):
        with pytest.raises(BillUnreadableError, match=r"Nothing was booked\.$"):
            parse_bank_statement(data)

    @pytest.mark.parametrize(
        ("data", "found"),
        [
            (b"<Document/>", "Document"),
            (b"<html/>", "html"),
            (f'<BkToCstmrStmt xmlns="{CAMT}"/>'.encode(), "camt.053.001.08"),
            (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"/>', "camt.054"),
            (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"/>', "pain.002"),
        ],
    )
    def test_refuses_another_message_and_names_it(self, data, found):
        with pytest.raises(BillUnsupportedError) as refusal:
            parse_bank_statement(data)

        assert f"The file is {found}" in str(refusal.value)
        assert "camt.053.001.02, camt.053.001.08 is expected" in str(refusal.value)
