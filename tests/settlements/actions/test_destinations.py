"""Where a merchant's money goes: accepted only if a payment file could be written for it."""

import pytest
from django.db import IntegrityError

from ledger.errors import DecryptionError, UnknownCurrencyError
from ledger.models import AuditEntry
from settlements.actions.destinations import register_destination
from settlements.errors import InvalidAccountNumberError, InvalidDestinationError
from settlements.models import Destination, DestinationKind
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


# --- Alipay accounts ----------------------------------------------------------------------------

ALIPAY = {
    "kind": DestinationKind.ALIPAY,
    "holder_name": "张三",
    "bank_name": "",
    "bank_code": "",
    "account_no": "seller@example.com",
    "account_type": "logon_id",
}


def test_an_alipay_account_is_kept_encrypted_too():
    # When
    destination = register(MerchantFactory(), **ALIPAY)

    # Then
    assert (destination.kind, destination.account_type, destination.account_tail) == (
        "alipay",
        "logon_id",
        ".com",
    )
    assert "seller" not in destination.account_encrypted
    assert account_number_of(destination) == "seller@example.com"
    assert "seller" not in str(AuditEntry.objects.get().after)


def test_one_account_is_active_of_whatever_kind():
    # Given
    merchant = MerchantFactory()
    bank = register(merchant)

    # When
    alipay = register(merchant, **ALIPAY)

    # Then
    bank.refresh_from_db()
    assert (bank.is_active, alipay.is_active, alipay.version) == (False, True, 2)
    assert active_destination(merchant.id, currency="CNY") == alipay


@pytest.mark.parametrize(
    ("account_type", "account_no"),
    [
        ("logon_id", "13800138000"),
        ("logon_id", "86-13800138000"),
        ("logon_id", "a.b+c@shop-1.example.com.cn"),
        ("user_id", "2088000000000101"),
        ("user_id", "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"),
    ],
)
def test_takes_what_alipay_calls_its_accounts(account_type, account_no):
    destination = register(
        MerchantFactory(), **{**ALIPAY, "account_type": account_type, "account_no": account_no}
    )

    assert account_number_of(destination) == account_no


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"account_no": ""}, InvalidAccountNumberError),
        ({"account_no": "seller"}, InvalidAccountNumberError),
        ({"account_no": "seller@example"}, InvalidAccountNumberError),
        ({"account_no": "a b@example.com"}, InvalidAccountNumberError),
        ({"account_no": "a" * 60 + "@example.com"}, InvalidAccountNumberError),
        ({"account_type": "user_id"}, InvalidAccountNumberError),
        ({"account_type": "user_id", "account_no": "1234"}, InvalidAccountNumberError),
        ({"account_type": ""}, InvalidDestinationError),
        ({"account_type": "bank"}, InvalidDestinationError),
        ({"holder_name": " "}, InvalidDestinationError),
        ({"holder_name": "张" * 71}, InvalidDestinationError),
        ({"holder_name": "张\n三"}, InvalidDestinationError),
    ],
)
def test_refuses_an_alipay_account_that_no_transfer_could_reach(other, error):
    # Given
    merchant = MerchantFactory()

    # When, Then
    with nothing_written(), pytest.raises(error):
        register(merchant, **{**ALIPAY, **other})


@pytest.mark.parametrize(
    ("kind", "account_type"), [("bank", "logon_id"), ("alipay", ""), ("alipay", "bank")]
)
def test_the_database_keeps_kind_and_kind_of_name_together(kind, account_type):
    destination = register(MerchantFactory())
    destination.pk, destination.is_active, destination.version = "dst_other", False, 9
    destination.kind, destination.account_type = kind, account_type

    with pytest.raises(IntegrityError, match="settlements_destination_kind"):
        destination.save(force_insert=True)
