"""Who bears a channel's fee, at capture and when it comes back with a refund, to the cent."""

import pytest

from ledger.actions.journal import Entry
from payments.models import Payment, PaymentAllocation, Refund, RefundAllocation
from payments.postings import captures, refunds
from payments.postings.fees import ChannelFeeTerms
from payments.postings.refunds import Occasion
from payments.pricing import GivenBack
from tests.books import legs_of
from tests.instants import NOON, THURSDAY

BORNE, PASSED_ON, INVOICED = ChannelFeeTerms
OCCASION = Occasion("chn_a", THURSDAY, NOON)


def allocation() -> PaymentAllocation:
    return PaymentAllocation(
        id="pal_1", payment_id="pay_1", merchant_id="mer_1", amount_minor=10_000, fee_minor=200
    )


def paid(terms: ChannelFeeTerms, channel_fee_minor: int = 60) -> Entry:
    return captures.paid(
        allocation(),
        currency="CNY",
        channel_account_id="chn_a",
        channel_fee_minor=channel_fee_minor,
        effective_date=THURSDAY,
        at=NOON,
        channel_fee_terms=terms,
    )


def refunded(terms: ChannelFeeTerms, passed_to: GivenBack | None = None) -> Entry:
    part = RefundAllocation(
        id="ral_1",
        refund=Refund(id="ref_1", currency="CNY"),
        allocation=allocation(),
        amount_minor=3_000,
    )
    return refunds.succeeded(
        part,
        channel_fee_minor=18,
        occasion=OCCASION,
        channel_fee_terms=terms,
        passed_to=passed_to,
    )


@pytest.mark.parametrize(
    ("terms", "table"),
    [
        (  # E02a
            BORNE,
            [
                "Dr 1101 chn_a/mer_1 100.00",
                "Cr 2001 mer_1 98.00",
                "Cr 4001 mer_1 2.00",
                "Dr 5001 chn_a/mer_1 0.60",
                "Cr 1101 chn_a/mer_1 0.60",
            ],
        ),
        (  # E02b
            PASSED_ON,
            [
                "Dr 1101 chn_a/mer_1 100.00",
                "Cr 2001 mer_1 97.40",
                "Cr 4001 mer_1 2.00",
                "Cr 1101 chn_a/mer_1 0.60",
            ],
        ),
        (  # E02c
            INVOICED,
            [
                "Dr 1101 chn_a/mer_1 100.00",
                "Cr 2001 mer_1 98.00",
                "Cr 4001 mer_1 2.00",
                "Dr 5001 chn_a/mer_1 0.60",
                "Cr 2201 chn_a 0.60",
            ],
        ),
    ],
)
def test_a_channel_s_fee_is_borne_as_its_terms_are(terms, table):
    assert legs_of(paid(terms)) == table


@pytest.mark.parametrize("terms", list(ChannelFeeTerms))
def test_without_a_fee_the_terms_make_no_difference(terms):
    assert legs_of(paid(terms, channel_fee_minor=0)) == [
        "Dr 1101 chn_a/mer_1 100.00",
        "Cr 2001 mer_1 98.00",
        "Cr 4001 mer_1 2.00",
    ]


@pytest.mark.parametrize(
    ("terms", "fee_legs"),
    [
        (BORNE, ["Dr 5001 chn_a/unallocated 0.60", "Cr 1101 chn_a/unallocated 0.60"]),
        (PASSED_ON, ["Dr 5001 chn_a/unallocated 0.60", "Cr 1101 chn_a/unallocated 0.60"]),
        (INVOICED, ["Dr 5001 chn_a/unallocated 0.60", "Cr 2201 chn_a 0.60"]),
    ],
)
def test_what_is_nobody_s_has_no_merchant_to_bear_its_fee(terms, fee_legs):
    entry = captures.paid_unallocated(
        Payment(id="pay_1", unallocated_minor=10_000, currency="CNY"),
        channel_account_id="chn_a",
        channel_fee_minor=60,
        effective_date=THURSDAY,
        at=NOON,
        channel_fee_terms=terms,
    )

    assert legs_of(entry)[2:] == fee_legs


@pytest.mark.parametrize(
    ("terms", "passed_to", "fee_legs"),
    [
        (BORNE, None, ["Dr 1101 chn_a/mer_1 0.18", "Cr 5001 chn_a/mer_1 0.18"]),
        (INVOICED, None, ["Dr 2201 chn_a 0.18", "Cr 5001 chn_a/mer_1 0.18"]),
        (PASSED_ON, None, ["Dr 1101 chn_a/mer_1 0.18", "Cr 2002 mer_1 0.18"]),
        (
            PASSED_ON,
            GivenBack(pending_minor=10, debt_minor=5, available_minor=3),
            [
                "Dr 1101 chn_a/mer_1 0.18",
                "Cr 2001 mer_1 0.10",
                "Cr 1201 mer_1 0.05",
                "Cr 2002 mer_1 0.03",
            ],
        ),
    ],
)
def test_what_a_channel_gives_back_of_its_fee_is_whose_the_fee_was(terms, passed_to, fee_legs):
    entry = refunded(terms, passed_to)

    assert (entry.source, entry.kind, entry.subject) == (
        "ral_1:succeeded",
        "refund_succeeded",
        "ref_1",
    )
    assert legs_of(entry) == [
        "Dr 2101 chn_a/mer_1 30.00",
        "Cr 1101 chn_a/mer_1 30.00",
        *fee_legs,
    ]
