"""What is refused before a bank sees it."""

from dataclasses import replace
from datetime import datetime

import pytest

from ledger.errors import UnknownCurrencyError
from payments.channels.bank.payment_file import (
    PaymentFileError,
    render_payment_file,
)
from tests.payments.channels.written_file import FILE, FIRST, SECOND


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"end_to_end_id": ""}, "end_to_end_id"),
        ({"end_to_end_id": "x" * 36}, "end_to_end_id"),
        ({"end_to_end_id": "付1"}, "end_to_end_id"),
        ({"end_to_end_id": "po\n1"}, "end_to_end_id"),
        ({"end_to_end_id": "/po"}, "end_to_end_id"),
        ({"end_to_end_id": "po//1"}, "end_to_end_id"),
        ({"end_to_end_id": " po"}, "end_to_end_id"),
        ({"instruction_id": "x" * 36}, "instruction_id"),
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -1}, "amount_minor"),
        ({"amount_minor": 10**18}, "amount_minor"),
        ({"currency": "USD"}, "currency"),
        ({"creditor_name": ""}, "creditor_name"),
        ({"creditor_name": " "}, "creditor_name"),
        ({"creditor_name": "n" * 141}, "creditor_name"),
        ({"creditor_name": "a\0b"}, "creditor_name"),
        ({"creditor_name": "a\nb"}, "creditor_name"),
        ({"creditor_name": "a\u202eb"}, "creditor_name"),
        ({"creditor_name": "a\ud800"}, "creditor_name"),
        ({"creditor_name": "a\ufffe"}, "creditor_name"),
        ({"creditor_account": ""}, "creditor_account"),
        ({"creditor_account": "6222 0200"}, "creditor_account"),
        ({"creditor_account": "6222&0200"}, "creditor_account"),
        ({"creditor_account": "=HYPERLINK(1)"}, "creditor_account"),
        ({"creditor_account": "1" * 35}, "creditor_account"),
        ({"creditor_account": "GB30NWBK60161331926819"}, "creditor_account"),
        ({"creditor_bank_code": ""}, "creditor_bank_code"),
        ({"creditor_bank_code": "10210009999"}, "creditor_bank_code"),
        ({"creditor_bank_code": "102100099996\n"}, "creditor_bank_code"),
        ({"creditor_bank_code": "icbkcnbj"}, "creditor_bank_code"),
        ({"remittance_text": "n" * 141}, "remittance_text"),
        ({"remittance_text": "a\x1b"}, "remittance_text"),
    ],
)
def test_refuses_a_transfer_that_no_bank_can_carry_out(change, field):
    # Given
    broken = replace(FIRST, **change)

    # When
    with pytest.raises(PaymentFileError) as refusal:
        render_payment_file(replace(FILE, transfers=(SECOND, broken)))

    # Then
    assert refusal.value.field == field
    if field not in ("amount_minor", "end_to_end_id"):
        assert refusal.value.end_to_end_id == "PO20260105000001"
    assert broken.creditor_account not in str(refusal.value) or not broken.creditor_account


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"transfers": ()}, "transfers"),
        ({"transfers": (FIRST, SECOND, FIRST)}, "end_to_end_id"),
        ({"message_id": ""}, "message_id"),
        ({"message_id": "x" * 36}, "message_id"),
        ({"debtor_name": ""}, "debtor_name"),
        ({"debtor_account": ""}, "debtor_account"),
        ({"debtor_bank_code": ""}, "debtor_bank_code"),
        ({"debtor_bank_code": "1"}, "debtor_bank_code"),
        ({"created_at": datetime(2026, 1, 5, 2, 30)}, "created_at"),  # noqa: DTZ001
        ({"transfers": (replace(FIRST, amount_minor=10**18 - 1), SECOND)}, "amount_minor"),
    ],
)
def test_refuses_a_file_that_is_not_sound(change, field):
    with pytest.raises(PaymentFileError) as refusal:
        render_payment_file(replace(FILE, **change))

    assert refusal.value.field == field


def test_refuses_a_currency_that_we_do_not_know():
    with pytest.raises(UnknownCurrencyError):
        render_payment_file(replace(FILE, currency="XXX"))


def test_shows_no_account_number_in_a_representation():
    assert "6222020000000000001" not in repr(FIRST)
    assert "PO20260105000001" in repr(FIRST)
