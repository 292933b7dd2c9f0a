"""F47: a statement that did not come whole, or is another one, is refused; what was stays."""

import pytest

from settlements.actions.bills import import_bill
from settlements.bills.base import BalanceProofError, BillError
from settlements.errors import BillMessageReusedError, WrongBankAccountError
from settlements.models import Bill, BillLine
from tests.factories.settlements import MAKER, Movement, bank_statement, house
from tests.instants import NEXT_NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

MOVEMENTS = [Movement(100 + number, reference=f"BK{number}") for number in range(20)]


@pytest.fixture
def bank():
    return house().bank


@pytest.fixture
def imported(bank) -> Bill:
    """Yesterday's statement, which is in already."""
    return load(bank, bank_statement(bank, *MOVEMENTS, message_id="STM-0"))


def load(bank, content: bytes) -> Bill:
    return import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)


def test_it_is_refused_wherever_it_is_cut_and_what_was_imported_stays(bank, imported):
    # Given
    movements = [Movement(one.signed_minor, reference=f"N{one.reference}") for one in MOVEMENTS]
    whole = bank_statement(bank, *movements, opening_minor=imported.closing_minor)
    cuts = {*range(0, len(whole), 1_000), len(whole) // 2 + 7, len(whole) - 1}
    assert len(cuts) > 5

    # When, Then: by the thousand bytes, within a line, and without the last byte
    with nothing_written():
        for cut in cuts:
            with pytest.raises(BillError):
                load(bank, whole[:cut])
        for other in (whole + whole, whole + b"<", b"", b" "):
            with pytest.raises(BillError):
                load(bank, other)
    assert BillLine.objects.filter(bill=imported).count() == len(MOVEMENTS)

    # When it comes whole, and again
    bill = load(bank, whole)
    with nothing_written():
        assert load(bank, whole) == bill


def test_without_its_trailer_or_a_line_it_does_not_add_up(bank, imported):
    with nothing_written():
        for movements in (MOVEMENTS[1:], [*MOVEMENTS, MOVEMENTS[0]], []):
            content = bank_statement(bank, *movements, closing_minor=imported.closing_minor)
            with pytest.raises(BalanceProofError):
                load(bank, content)
        # Its closing balance is the trailer.
        content = bank_statement(bank, *MOVEMENTS).replace(b"CLBD", b"INFO")
        with pytest.raises(BillError):
            load(bank, content)


def test_a_correction_under_the_same_name_is_refused_and_the_first_stays(bank, imported):
    # Given other movements under the same message
    other = bank_statement(bank, *MOVEMENTS[1:], message_id="STM-0")

    # When, Then
    with nothing_written(), pytest.raises(BillMessageReusedError):
        load(bank, other)
    # The same movements in other bytes are the same bill.
    spaced = bank_statement(bank, *MOVEMENTS, message_id="STM-0").replace(b"><", b">\n<")
    with nothing_written():
        assert load(bank, spaced) == imported


def test_a_statement_of_another_account_is_refused(bank, imported):
    content = bank_statement(bank, *MOVEMENTS, message_id="STM-2", account_no="110990009")
    with nothing_written(), pytest.raises(WrongBankAccountError):
        load(bank, content)
