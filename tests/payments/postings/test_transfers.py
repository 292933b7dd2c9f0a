"""Money between merchants, to the cent."""

from payments.postings import transfers
from tests.books import legs_of
from tests.instants import NOON, THURSDAY

WHEN = {"amount_minor": 1_000, "currency": "CNY", "effective_date": THURSDAY, "at": NOON}


def test_a_transfer_moves_pending_money_between_two_merchants():  # E17a
    entry = transfers.transferred("trf_1", from_merchant_id="mer_a", to_merchant_id="mer_b", **WHEN)

    assert (entry.source, entry.kind, entry.subject) == (
        "trf_1:transferred",
        "merchant_transfer",
        "trf_1",
    )
    assert legs_of(entry) == ["Dr 2001 mer_a 10.00", "Cr 2001 mer_b 10.00"]


def test_what_a_channel_shares_out_it_owes_no_more():  # E17b
    entry = transfers.shared("shr_1", merchant_id="mer_a", channel_account_id="chn_a", **WHEN)

    assert (entry.source, entry.kind, entry.subject) == ("shr_1:shared", "profit_shared", "shr_1")
    assert legs_of(entry) == ["Dr 2001 mer_a 10.00", "Cr 1101 chn_a/mer_a 10.00"]
