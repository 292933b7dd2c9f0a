"""Ways out of suspense that touch payers and merchants: each names its break, to the cent."""

from payments.models import PaymentAllocation
from payments.postings import suspense
from payments.postings.suspense import Break
from payments.pricing import Funding
from tests.books import legs_of
from tests.instants import NOON, THURSDAY

BREAK = Break("brk_1", "chn_a", "CNY", THURSDAY, NOON)


def allocation(gross_minor: int, fee_minor: int) -> PaymentAllocation:
    return PaymentAllocation(
        id="pal_1", merchant_id="mer_1", amount_minor=gross_minor, fee_minor=fee_minor
    )


def test_what_was_found_is_credited_with_its_fees():  # E14b
    entry = suspense.credited(BREAK, allocation(5_000, 100), channel_fee_minor=30, tax_minor=6)

    assert (entry.source, entry.kind, entry.subject) == (
        "brk_1:credited:1",
        "long_credited",
        "brk_1",
    )
    assert legs_of(entry) == [
        "Dr 2901 unallocated 50.00",
        "Cr 2001 mer_1 49.00",
        "Cr 4001 mer_1 0.94",
        "Cr 2301 platform/mer_1 0.06",
        "Dr 5001 chn_a/unallocated 0.30",
        "Cr 1101 chn_a/unallocated 0.30",
    ]


def test_what_goes_back_to_its_payer_is_set_apart():  # E14c
    entry = suspense.returned_to_payer(BREAK, amount_minor=5_000)

    assert (entry.source, entry.kind, entry.subject) == (
        "brk_1:returned:1",
        "long_returned",
        "brk_1",
    )
    assert legs_of(entry) == ["Dr 2901 unallocated 50.00", "Cr 2101 chn_a/unallocated 50.00"]


def test_a_payment_that_never_happened_is_taken_back_from_what_is_pending():  # E14i
    entry = suspense.never_happened(
        BREAK, allocation(10_000, 200), funding=Funding(9_800, 0, 0, 0), channel_fee_minor=60
    )

    assert (entry.source, entry.kind, entry.subject) == (
        "brk_1:never_happened:1",
        "short_never_happened",
        "brk_1",
    )
    assert legs_of(entry) == [
        "Dr 2001 mer_1 98.00",
        "Dr 4001 mer_1 2.00",
        "Cr 1901 unallocated 100.00",
        "Dr 1101 chn_a/mer_1 0.60",
        "Cr 5001 chn_a/mer_1 0.60",
    ]


def test_it_is_taken_back_in_a_refund_s_order_with_the_tax():  # E14i
    entry = suspense.never_happened(
        BREAK,
        allocation(10_000, 200),
        funding=Funding(1_000, 5_000, 3_000, 800),
        channel_fee_minor=0,
        tax_minor=11,
    )

    assert legs_of(entry) == [
        "Dr 2001 mer_1 10.00",
        "Dr 2002 mer_1 50.00",
        "Dr 2005 mer_1 30.00",
        "Dr 1201 mer_1 8.00",
        "Dr 4001 mer_1 1.89",
        "Dr 2301 platform/mer_1 0.11",
        "Cr 1901 unallocated 100.00",
    ]


def test_parts_of_one_break_are_told_apart():
    first = suspense.returned_to_payer(BREAK, amount_minor=1)
    second = suspense.returned_to_payer(
        Break("brk_1", "chn_a", "CNY", THURSDAY, NOON, place=2), amount_minor=1
    )

    assert first.source != second.source
    assert first.subject == second.subject == "brk_1"
