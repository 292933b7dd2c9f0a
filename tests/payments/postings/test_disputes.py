"""Disputes, entry by entry; and that won or lost nothing of them is left."""

import pytest

from payments.postings import disputes
from payments.postings.refunds import Occasion
from payments.pricing import Funding, GivenBack
from tests.books import left_over, legs_of
from tests.instants import NOON, THURSDAY

OCCASION = Occasion("chn_a", THURSDAY, NOON)
DISPUTE = {"merchant_id": "mer_1", "currency": "CNY", "occasion": OCCASION}
AMOUNT = {"amount_minor": 10_000}


def frozen(pending: int = 0, available: int = 0, reserve: int = 0, debt: int = 0):
    funding = Funding(pending, available, reserve, debt)
    return disputes.frozen("dsp_1", funding=funding, **DISPUTE)


def taken(available: int = 1_500, debt: int = 0):
    fee_funding = Funding(0, available, 0, debt)
    return disputes.taken("dsp_1", fee_funding=fee_funding, **AMOUNT, **DISPUTE)


def released(pending: int = 0, debt: int = 0, available: int = 0):
    given = GivenBack(pending, debt, available)
    return disputes.released("dsp_1", given=given, **DISPUTE)


@pytest.mark.parametrize(
    ("entry", "source", "kind", "table"),
    [
        (  # E06a
            frozen(available=10_000),
            "dsp_1:frozen",
            "dispute_frozen",
            ["Dr 2002 mer_1 100.00", "Cr 2006 mer_1 100.00"],
        ),
        (  # E06b
            frozen(debt=10_000),
            "dsp_1:frozen",
            "dispute_frozen",
            ["Dr 1201 mer_1 100.00", "Cr 2006 mer_1 100.00"],
        ),
        (
            frozen(1_000, 2_000, 3_000, 4_000),
            "dsp_1:frozen",
            "dispute_frozen",
            [
                "Dr 2001 mer_1 10.00",
                "Dr 2002 mer_1 20.00",
                "Dr 2005 mer_1 30.00",
                "Dr 1201 mer_1 40.00",
                "Cr 2006 mer_1 100.00",
            ],
        ),
        (  # E06c
            taken(),
            "dsp_1:taken",
            "dispute_taken",
            ["Dr 1301 chn_a 100.00", "Dr 2002 mer_1 15.00", "Cr 1101 chn_a/mer_1 115.00"],
        ),
        (
            taken(available=0, debt=1_500),
            "dsp_1:taken",
            "dispute_taken",
            ["Dr 1301 chn_a 100.00", "Dr 1201 mer_1 15.00", "Cr 1101 chn_a/mer_1 115.00"],
        ),
        (
            taken(available=0),
            "dsp_1:taken",
            "dispute_taken",
            ["Dr 1301 chn_a 100.00", "Cr 1101 chn_a/mer_1 100.00"],
        ),
        (  # E06d
            disputes.returned("dsp_1", **AMOUNT, **DISPUTE),
            "dsp_1:returned",
            "dispute_returned",
            ["Dr 1101 chn_a/mer_1 100.00", "Cr 1301 chn_a 100.00"],
        ),
        (  # E06e
            released(available=10_000),
            "dsp_1:released",
            "dispute_released",
            ["Dr 2006 mer_1 100.00", "Cr 2002 mer_1 100.00"],
        ),
        (
            released(pending=1_000, debt=2_000, available=7_000),
            "dsp_1:released",
            "dispute_released",
            [
                "Dr 2006 mer_1 100.00",
                "Cr 2001 mer_1 10.00",
                "Cr 1201 mer_1 20.00",
                "Cr 2002 mer_1 70.00",
            ],
        ),
        (  # E06f
            disputes.absorbed("dsp_1", **AMOUNT, **DISPUTE),
            "dsp_1:absorbed",
            "dispute_absorbed",
            ["Dr 2006 mer_1 100.00", "Cr 1301 chn_a 100.00"],
        ),
        (  # E06g
            disputes.borne("dsp_1", **AMOUNT, **DISPUTE),
            "dsp_1:borne",
            "dispute_borne",
            ["Dr 5003 mer_1 100.00", "Cr 1301 chn_a 100.00"],
        ),
    ],
)
def test_each_event_of_a_dispute(entry, source, kind, table):
    assert (entry.source, entry.kind, entry.subject) == (source, kind, "dsp_1")
    assert (entry.effective_date, entry.at) == (THURSDAY, NOON)
    assert legs_of(entry) == table


@pytest.mark.parametrize(
    "ending",
    [
        [disputes.returned("dsp_1", **AMOUNT, **DISPUTE), released(available=10_000)],
        [disputes.absorbed("dsp_1", **AMOUNT, **DISPUTE)],
        [disputes.borne("dsp_1", **AMOUNT, **DISPUTE), released(available=10_000)],
    ],
    ids=["won", "lost", "borne by the platform"],
)
def test_nothing_of_a_decided_dispute_is_left(ending):
    left = left_over([frozen(available=10_000), taken(), *ending])

    assert (left["1301"], left["2006"]) == (0, 0)
