"""Where a merchant's money goes: accepted only if a payment file could be written for it."""

import pytest

from ledger.errors import DecryptionError, UnknownCurrencyError
from ledger.models import AuditEntry
from settlements.actions.destinations import register_destination
from settlements.errors import InvalidAccountNumberError, InvalidDestinationError
from settlements.models import Destination
from settlements.queries.destinations import account_number_of, active_destination
from tests.factories.payments import MerchantFactory
from tests.instants import NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

ACCOUNT = {
    "currency": "CNY",
    "holder_name": "商户甲有限公司",
    "bank_name": "中国工商银行",
    "bank_code": "102100099996",
    "account_no": "6222 0200 0000 0000 001",
    "actor": "user:9",
    "at": NOON,
}


def register(merchant, **other) -> Destination:
    return register_destination(merchant_id=merchant.id, **{**ACCOUNT, **other})


def test_keeps_the_number_encrypted_and_shows_its_end():
    # When
    destination = register(MerchantFactory())

    # Then
    assert destination.account_tail == "0001"
    assert "6222020000000000001" not in destination.account_encrypted
    assert account_number_of(destination) == "6222020000000000001"
    assert (destination.version, destination.is_active) == (1, True)
    audit = AuditEntry.objects.get(action="destination.registered")
    assert audit.subject == destination.pk
    assert "6222" not in str(audit.after)


def test_a_new_account_replaces_the_old_one_and_leaves_it_as_it_was():
    # Given
    merchant = MerchantFactory()
    old = register(merchant)

    # When
    new = register(merchant, account_no="6222020000000000002")

    # Then
    old.refresh_from_db()
    assert (old.is_active, old.version) == (False, 1)
    assert (new.is_active, new.version) == (True, 2)
    assert active_destination(merchant.id, currency="CNY") == new
    assert account_number_of(old) == "6222020000000000001"


def test_every_currency_has_an_account_of_its_own():
    # Given
    merchant = MerchantFactory()
    in_china = register(merchant)

    # When
    in_europe = register(
        merchant, currency="EUR", account_no="DE89370400440532013000", bank_code=""
    )

    # Then
    assert in_europe.version == 1
    assert active_destination(merchant.id, currency="CNY") == in_china


def test_a_number_copied_from_another_row_cannot_be_read():
    # Given
    mine, theirs = register(MerchantFactory()), register(MerchantFactory())
    mine.account_encrypted = theirs.account_encrypted

    # When, Then
    with pytest.raises(DecryptionError):
        account_number_of(mine)


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("account_no", "12345", InvalidAccountNumberError),
        ("account_no", "DE89370400440532013001", InvalidAccountNumberError),
        ("bank_code", "12", InvalidDestinationError),
        ("bank_code", "", InvalidDestinationError),
        ("holder_name", "", InvalidDestinationError),
        ("holder_name", "甲" * 71, InvalidDestinationError),
        ("holder_name", "A\u202eB", InvalidDestinationError),
        ("bank_name", "行" * 71, InvalidDestinationError),
        ("currency", "XXX", UnknownCurrencyError),
    ],
)
def test_refuses_what_could_not_be_paid_and_writes_nothing(field, value, error):
    # Given
    merchant = MerchantFactory()
    active = register(merchant)

    # When
    with nothing_written(), pytest.raises(error):
        register(merchant, **{field: value})

    # Then
    active.refresh_from_db()
    assert active.is_active
