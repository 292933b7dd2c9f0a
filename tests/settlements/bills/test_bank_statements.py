"""What WeChat Pay is sent and what its answers say: the adapter, message by message."""

import json
from datetime import date

import pytest
import xmlschema

from settlements.bills.bank import parse_bank_statement
from settlements.bills.base import (
    BalanceProofError,
    BalanceProofImpossibleError,
    BillError,
    BillInvalidError,
    BillLine,
    Direction,
)
from settlements.bills.camt053 import read_bank_statements


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
