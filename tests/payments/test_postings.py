"""How taking money reads in the books: pure functions, to the cent."""

import pytest

from ledger.actions.journal import Entry
from payments.models import MerchantAccount, Payment, PaymentAllocation, PaymentAttempt
from payments.postings import captures, maturity, owners
from tests.instants import FRIDAY, NOON, THURSDAY

CHANNEL = "chn_a"


def allocation(gross_minor: int = 10_000, fee_minor: int = 200) -> PaymentAllocation:
    return PaymentAllocation(
        id="pal_1",
        payment_id="pay_1",
        merchant_id="mer_1",
        amount_minor=gross_minor,
        fee_minor=fee_minor,
    )


def paid(gross_minor: int = 10_000, fee_minor: int = 200, channel_fee_minor: int = 60) -> Entry:
    return captures.paid(
        allocation(gross_minor, fee_minor),
        currency="CNY",
        channel_account_id=CHANNEL,
        channel_fee_minor=channel_fee_minor,
        effective_date=THURSDAY,
        at=NOON,
    )


def read(entry: Entry) -> list[str]:
    return [
        f"{'Dr' if leg.side == 'D' else 'Cr'} {leg.code} {leg.owner_id}"
        f" {leg.amount_minor} {leg.currency}"
        for leg in entry.legs
    ]


def test_paid_is_e01_e03_and_e02a_in_one_entry():
    # When
    entry = paid()

    # Then
    assert (entry.source, entry.kind, entry.subject) == ("pal_1:paid", "payment_paid", "pay_1")
    assert (entry.effective_date, entry.at) == (THURSDAY, NOON)
    assert read(entry) == [
        "Dr 1101 chn_a/mer_1 10000 CNY",
        "Cr 2001 mer_1 9800 CNY",
        "Cr 4001 mer_1 200 CNY",
        "Dr 5001 chn_a/mer_1 60 CNY",
        "Cr 1101 chn_a/mer_1 60 CNY",
    ]


@pytest.mark.parametrize(
    ("gross", "fee", "channel_fee", "codes"),
    [
        (100, 0, 0, ["1101", "2001"]),
        (100, 100, 0, ["1101", "4001"]),
        (100, 0, 1, ["1101", "2001", "5001", "1101"]),
        (100, 100, 100, ["1101", "4001", "5001", "1101"]),
    ],
)
def test_what_is_zero_is_no_posting(gross, fee, channel_fee, codes):
    assert [leg.code for leg in paid(gross, fee, channel_fee).legs] == codes


@pytest.mark.parametrize(("fee", "channel_fee"), [(0, 0), (13, 13), (2, 0), (0, 5)])
def test_balances_whatever_the_prices(fee, channel_fee):
    legs = paid(13, fee, channel_fee).legs
    assert sum(leg.amount_minor if leg.side == "D" else -leg.amount_minor for leg in legs) == 0


def test_what_belongs_to_nobody_is_suspense_of_nobody():
    # Given
    payment = Payment(id="pay_1", unallocated_minor=26, currency="CNY")

    # When
    entry = captures.paid_unallocated(
        payment, channel_account_id=CHANNEL, channel_fee_minor=1, effective_date=THURSDAY, at=NOON
    )

    # Then
    assert (entry.source, entry.kind) == ("pay_1:unallocated", "payment_paid")
    assert read(entry) == [
        "Dr 1101 chn_a/unallocated 26 CNY",
        "Cr 2901 unallocated 26 CNY",
        "Dr 5001 chn_a/unallocated 1 CNY",
        "Cr 1101 chn_a/unallocated 1 CNY",
    ]


def test_conflicting_money_is_parked_in_the_currency_it_came_in():
    # When
    entry = captures.conflicted(
        Payment(id="pay_1", currency="CNY"),
        amount_minor=9_900,
        currency="USD",
        channel_account_id=CHANNEL,
        effective_date=THURSDAY,
        at=NOON,
    )

    # Then
    assert (entry.source, entry.kind) == ("pay_1:conflicted", "payment_conflicted")
    assert read(entry) == ["Dr 1101 chn_a/unallocated 9900 USD", "Cr 2901 unallocated 9900 USD"]


def test_late_money_is_parked_under_its_own_source():
    # When
    entry = captures.paid_late(
        Payment(id="pay_1", currency="CNY"),
        amount_minor=10_000,
        currency="CNY",
        channel_account_id=CHANNEL,
        effective_date=THURSDAY,
        at=NOON,
    )

    # Then
    assert (entry.source, entry.kind) == ("pay_1:paid_late", "payment_paid_late")
    assert read(entry) == ["Dr 1101 chn_a/unallocated 10000 CNY", "Cr 2901 unallocated 10000 CNY"]


def test_money_by_a_second_try_is_parked_under_the_try():
    # When
    entry = captures.paid_twice(
        PaymentAttempt(id="att_2", payment_id="pay_1"),
        amount_minor=10_000,
        currency="CNY",
        channel_account_id=CHANNEL,
        effective_date=THURSDAY,
        at=NOON,
    )

    # Then
    assert (entry.source, entry.kind) == ("att_2:paid_twice", "payment_paid_twice")
    assert entry.subject == "pay_1"
    assert read(entry) == ["Dr 1101 chn_a/unallocated 10000 CNY", "Cr 2901 unallocated 10000 CNY"]


def test_maturity_is_e04():
    # When
    entry = maturity.matured(
        MerchantAccount(merchant_id="mer_1", currency="CNY"),
        amount_minor=9_800,
        business_date=FRIDAY,
        effective_date=FRIDAY,
        at=NOON,
    )

    # Then
    assert (entry.source, entry.kind) == ("mer_1:CNY:matured:2026-03-06", "maturity")
    assert read(entry) == ["Dr 2001 mer_1 9800 CNY", "Cr 2002 mer_1 9800 CNY"]


def test_one_channel_s_money_is_kept_per_merchant():
    assert owners.channel_owner("chn_a", "mer_1") == "chn_a/mer_1"
    assert owners.channel_owner("chn_a") == "chn_a/unallocated"
