"""Each booking of paying out, leg by leg, and the chains that must end at zero."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ledger.actions.journal import MAX_POSTINGS, Entry
from settlements.postings import channels, payouts, settlements
from tests.instants import FRIDAY, NEXT_NOON

WHEN = {"currency": "CNY", "effective_date": FRIDAY, "at": NEXT_NOON}
PAYOUT = {"merchant_id": "mer_a", "bank_account_id": "chn_b", "amount_minor": 49_900}


def read(entry: Entry) -> list[tuple[str, str, str, int]]:
    return [(leg.side, leg.code, leg.owner_id, leg.amount_minor) for leg in entry.legs]


def left_over(*entries: Entry) -> dict[str, int]:
    """Return what stands on each account after the entries, debits above zero."""
    sums: Counter[str] = Counter()
    for entry in entries:
        for leg in entry.legs:
            sums[leg.code] += leg.amount_minor if leg.side == "D" else -leg.amount_minor
    return {code: minor for code, minor in sums.items() if minor}


def test_the_payout_fee_is_charged_to_what_is_available():
    entry = settlements.payout_fee("stl_1", merchant_id="mer_a", fee_minor=100, **WHEN)

    assert (entry.source, entry.kind, entry.subject) == ("stl_1:fee", "payout_fee", "stl_1")
    assert read(entry) == [("D", "2002", "mer_a", 100), ("C", "4002", "mer_a", 100)]


def test_a_draft_holds_its_net():
    entry = settlements.held("stl_1", merchant_id="mer_a", net_minor=49_900, **WHEN)

    assert (entry.source, entry.kind) == ("stl_1:hold", "settlement_hold")
    assert read(entry) == [("D", "2002", "mer_a", 49_900), ("C", "2003", "mer_a", 49_900)]


def test_what_is_given_up_is_available_again():
    entry = settlements.released("stl_1", merchant_id="mer_a", net_minor=49_900, **WHEN)

    assert (entry.source, entry.kind) == ("stl_1:release", "settlement_release")
    assert read(entry) == [("D", "2003", "mer_a", 49_900), ("C", "2002", "mer_a", 49_900)]


def test_an_instructed_payout_is_in_transit_at_the_bank_account():
    entry = payouts.instructed("po_1", **PAYOUT, **WHEN)

    assert (entry.source, entry.kind, entry.subject) == (
        "po_1:instructed",
        "payout_instructed",
        "po_1",
    )
    assert read(entry) == [("D", "2003", "mer_a", 49_900), ("C", "2401", "chn_b", 49_900)]


def test_the_bank_shows_the_payout_and_its_charge():
    entry = payouts.confirmed(
        "po_1", bank_account_id="chn_b", amount_minor=49_900, charge_minor=50, **WHEN
    )

    assert (entry.source, entry.kind) == ("po_1:confirmed", "payout_confirmed")
    assert read(entry) == [
        ("D", "2401", "chn_b", 49_900),
        ("C", "1001", "chn_b", 49_950),
        ("D", "5002", "chn_b", 50),
    ]


def test_without_a_charge_there_is_no_leg_of_zero():
    entry = payouts.confirmed(
        "po_1", bank_account_id="chn_b", amount_minor=49_900, charge_minor=0, **WHEN
    )

    assert read(entry) == [("D", "2401", "chn_b", 49_900), ("C", "1001", "chn_b", 49_900)]


def test_a_failed_payout_is_held_again():
    entry = payouts.failed("po_1", **PAYOUT, **WHEN)

    assert (entry.source, entry.kind) == ("po_1:failed", "payout_failed")
    assert read(entry) == [("D", "2401", "chn_b", 49_900), ("C", "2003", "mer_a", 49_900)]


def test_a_settlement_paid_leaves_only_what_left_the_bank():
    chain = [
        settlements.payout_fee("stl_1", merchant_id="mer_a", fee_minor=100, **WHEN),
        settlements.held("stl_1", merchant_id="mer_a", net_minor=49_900, **WHEN),
        payouts.instructed("po_1", **PAYOUT, **WHEN),
        payouts.confirmed(
            "po_1", bank_account_id="chn_b", amount_minor=49_900, charge_minor=50, **WHEN
        ),
    ]

    assert left_over(*chain) == {"2002": 50_000, "4002": -100, "5002": 50, "1001": -49_950}


def test_a_settlement_that_failed_and_was_cancelled_leaves_nothing():
    chain = [
        settlements.held("stl_1", merchant_id="mer_a", net_minor=49_900, **WHEN),
        payouts.instructed("po_1", **PAYOUT, **WHEN),
        payouts.failed("po_1", **PAYOUT, **WHEN),
        settlements.released("stl_1", merchant_id="mer_a", net_minor=49_900, **WHEN),
    ]

    assert left_over(*chain) == {}


def test_a_channels_day_is_one_posting_per_owner():
    entries = channels.channel_settled(
        source="bank:chn_b:BK1",
        subject="chn_a:2026-03-05",
        bank_account_id="chn_b",
        movements={"chn_a/mer_b": 9_940, "chn_a/mer_a": 4_970, "chn_a/unallocated": -10},
        **WHEN,
    )

    assert [entry.source for entry in entries] == ["bank:chn_b:BK1:1"]
    assert (entries[0].kind, entries[0].subject) == ("channel_settled", "chn_a:2026-03-05")
    assert read(entries[0]) == [
        ("D", "1001", "chn_b", 14_900),
        ("C", "1101", "chn_a/mer_a", 4_970),
        ("C", "1101", "chn_a/mer_b", 9_940),
        ("D", "1101", "chn_a/unallocated", 10),
    ]


@given(
    st.dictionaries(
        st.integers(1, 3_000).map(lambda number: f"chn_a/mer_{number:05}"),
        st.integers(-(10**6), 10**6),
        min_size=1,
        max_size=2_500,
    )
)
def test_a_channels_day_fits_the_ledger_and_loses_nothing(movements):
    entries = channels.channel_settled(
        source="bank:chn_b:BK1",
        subject="chn_a:2026-03-05",
        bank_account_id="chn_b",
        movements=movements,
        **WHEN,
    )

    assert all(len(entry.legs) <= MAX_POSTINGS for entry in entries)
    assert all(sum(left_over(entry).values()) == 0 for entry in entries)
    booked = {
        leg.owner_id: leg.amount_minor if leg.side == "C" else -leg.amount_minor
        for entry in entries
        for leg in entry.legs
        if leg.code == "1101"
    }
    assert booked == {owner: minor for owner, minor in movements.items() if minor}
    assert len({entry.source for entry in entries}) == len(entries)


# --- transfers from a wallet --------------------------------------------------------------------

WALLET = {"channel_account_id": "chn_w", "amount_minor": 49_900}


def test_a_transfer_leaves_the_wallet_with_its_fee():
    entry = payouts.transferred("po_1", **WALLET, fee_minor=50, **WHEN)

    assert (entry.source, entry.kind, entry.subject) == (
        "po_1:confirmed",
        "payout_confirmed",
        "po_1",
    )
    assert read(entry) == [
        ("D", "2401", "chn_w", 49_900),
        ("C", "1102", "chn_w", 49_950),
        ("D", "5002", "chn_w", 50),
    ]


def test_a_transfer_without_a_fee_has_no_leg_of_zero():
    entry = payouts.transferred("po_1", **WALLET, fee_minor=0, **WHEN)

    assert read(entry) == [("D", "2401", "chn_w", 49_900), ("C", "1102", "chn_w", 49_900)]


def test_a_transfer_that_came_back_is_held_again():
    entry = payouts.transfer_returned("po_1", merchant_id="mer_a", **WALLET, **WHEN)

    assert (entry.source, entry.kind) == ("po_1:returned", "payout_returned")
    assert read(entry) == [("D", "1102", "chn_w", 49_900), ("C", "2003", "mer_a", 49_900)]


def test_a_top_up_moves_money_from_the_bank_to_the_wallet():
    entry = channels.wallet_topped_up(
        source="bank:bil_1/1:topup", subject="chn_w", bank_account_id="chn_b", **WALLET, **WHEN
    )

    assert (entry.source, entry.kind) == ("bank:bil_1/1:topup", "wallet_topped_up")
    assert read(entry) == [("D", "1102", "chn_w", 49_900), ("C", "1001", "chn_b", 49_900)]


@given(amount=st.integers(1, 10**12), fee=st.integers(0, 10**6))
def test_a_transfer_that_was_made_and_came_back_leaves_nothing_in_transit(amount, fee):
    wallet = {"channel_account_id": "chn_w", "amount_minor": amount}
    to = {"merchant_id": "mer_a", "amount_minor": amount}

    left = left_over(
        settlements.held("stl_1", merchant_id="mer_a", net_minor=amount, **WHEN),
        payouts.instructed("po_1", bank_account_id="chn_w", **to, **WHEN),
        payouts.transferred("po_1", fee_minor=fee, **wallet, **WHEN),
        payouts.transfer_returned("po_1", merchant_id="mer_a", **wallet, **WHEN),
        settlements.released("stl_1", merchant_id="mer_a", net_minor=amount, **WHEN),
    )

    assert left == ({"5002": fee, "1102": -fee} if fee else {})
