"""Money between channels, wallets and the bank, to the cent."""

from ledger.actions.journal import MAX_POSTINGS
from settlements.postings import channels, payouts
from tests.books import legs_of
from tests.instants import FRIDAY, NEXT_NOON

WHEN = {"currency": "CNY", "effective_date": FRIDAY, "at": NEXT_NOON}
BOTH = {"channel_account_id": "chn_a", "bank_account_id": "chn_b"}


def test_a_channel_settles_to_our_wallet():  # E13b
    (entry,) = channels.settled_to_wallet(
        source="wallet:1",
        subject="bil_1",
        channel_account_id="chn_a",
        movements={"chn_a/mer_2": -1_000, "chn_a/mer_1": 9_940, "chn_a/mer_3": 0},
        **WHEN,
    )

    assert (entry.source, entry.kind, entry.subject) == (
        "wallet:1:1",
        "channel_settled_to_wallet",
        "bil_1",
    )
    assert legs_of(entry) == [
        "Dr 1102 chn_a 89.40",
        "Cr 1101 chn_a/mer_1 99.40",
        "Dr 1101 chn_a/mer_2 10.00",
    ]


def test_what_is_too_much_for_one_entry_is_several():
    movements = {f"chn_a/mer_{number:04}": 1 for number in range(1_500)}

    entries = channels.settled_to_wallet(
        source="wallet:1", subject="bil_1", channel_account_id="chn_a", movements=movements, **WHEN
    )

    assert [len(entry.legs) for entry in entries] == [MAX_POSTINGS, 502]
    assert [entry.source for entry in entries] == ["wallet:1:1", "wallet:1:2"]


def test_what_was_withdrawn_from_a_wallet_is_at_the_bank():  # E13c
    entry = channels.wallet_withdrawn(
        source="bank:1", subject="chn_a", amount_minor=9_940, **BOTH, **WHEN
    )

    assert (entry.source, entry.kind, entry.subject) == ("bank:1", "wallet_withdrawn", "chn_a")
    assert legs_of(entry) == ["Dr 1001 chn_b 99.40", "Cr 1102 chn_a 99.40"]


def test_a_channel_s_invoice_is_paid_from_the_bank():  # E18
    entry = channels.invoice_paid(source="bank:2", subject="chn_a", amount_minor=60, **BOTH, **WHEN)

    assert (entry.source, entry.kind) == ("bank:2", "channel_invoice_paid")
    assert legs_of(entry) == ["Dr 2201 chn_a 0.60", "Cr 1001 chn_b 0.60"]


def test_a_payout_that_the_bank_returns_is_held_again():  # E10b
    entry = payouts.returned(
        "po_1", merchant_id="mer_a", bank_account_id="chn_b", amount_minor=49_900, **WHEN
    )

    assert (entry.source, entry.kind, entry.subject) == ("po_1:returned", "payout_returned", "po_1")
    assert legs_of(entry) == ["Dr 1001 chn_b 499.00", "Cr 2003 mer_a 499.00"]
