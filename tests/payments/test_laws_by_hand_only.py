# ruff: noqa: F811  fixtures are imported
"""What only people may book, and what an unfreezing may take."""

from dataclasses import replace

import pytest

from ledger import chart
from ledger.actions import journal
from ledger.models import Account, JournalEntry
from payments.actions.manual_entry_bookings import Posting
from payments.models import (
    ManualEntry,
    MerchantAccount,
)
from payments.postings import adjustments, debts, reserves
from tests.instants import FRIDAY, NEXT_NOON, NOON
from tests.payments.forged_by_hand import (  # noqa: F401
    account,
    agree,
    asked,
    frozen,
    mark_booked,
    post,
    unwritten,
    write_line,
)
from tests.rig.attacks import check_laws, every_way, refused, run_sql

FORGED = [
    (adjustments.adjusted_in_favour, "adjustment_credit"),
    (adjustments.adjusted_against, "adjustment_debit"),
    (adjustments.frozen, "freeze"),
    (reserves.held_by_hand, "reserve_hold"),
    (debts.written_off, "debt_write_off"),
    (debts.recovered_by_hand, "debt_recovery"),
]
"""What somebody might book without asking; what undoes another needs that other first."""


def forged(kind: str, legs: tuple[journal.Leg, ...]) -> journal.Entry:
    return journal.Entry(
        source="man_forged:booked", kind=kind, legs=legs, effective_date=FRIDAY, at=NEXT_NOON
    )


def book_forged(account: MerchantAccount, posting: Posting, kind: str) -> None:
    """Book as a booking by hand would, with its line; nobody asked for it."""
    if kind.startswith("debt"):
        owe(account)
    entry = ManualEntry(
        id="man_forged", kind=kind, merchant_account=account, amount_minor=4_000, currency="CNY"
    )
    entry_id = journal.post_entry(posting(entry, effective_date=FRIDAY, at=NEXT_NOON))
    sign = {"adjustment_credit": 1, "debt_write_off": 1, "debt_recovery": 0}.get(kind, -1)
    line = {"debt_write_off": "write_off", "freeze": "freeze", "reserve_hold": "reserve_hold"}
    if sign:
        write_line(entry, entry_id, sign * 4_000, kind=line.get(kind, "adjustment"))


def owe(account: MerchantAccount) -> None:
    """Let a merchant owe 50.00, as a refund would that nobody else pays."""
    owner = account.merchant_id
    legs = (
        journal.debit("1201", owner, 5_000, "CNY"),
        journal.credit("2002", owner, 5_000, "CNY"),
    )
    journal.post_entry(replace(forged("lent", legs), source="lent"))


def recovered_by_hand(account: MerchantAccount) -> int:
    """Take 40.00 of a debt back properly, past the actions; return its entry."""
    owe(account)
    entry = asked(account, "debt_recovery", amount_minor=4_000, reason_code="overdue")
    agree(entry.approval)
    made = debts.recovered_by_hand(entry, effective_date=FRIDAY, at=NEXT_NOON)
    entry_id = journal.post_entry(made)
    mark_booked(entry, entry_id)
    check_laws()
    return entry_id


def add_to(entry_id: int, *, debited: str, credited: str, owner: str) -> None:
    """Add two postings to an entry past `ledger_post_entries`."""
    for code in (debited, credited):
        Account.objects.get_or_create(
            code=code,
            owner_id=owner,
            currency="CNY",
            defaults={
                "normal_side": chart.CHART[code].normal_side,
                "is_floored": chart.CHART[code].is_floored,
            },
        )
    for code, side in ((debited, "D"), (credited, "C")):
        run_sql(
            "INSERT INTO ledger_posting (entry_id, account_id, currency, side, amount_minor,"
            " balance_after_minor, seq) SELECT %s, id, 'CNY', %s, 9000000, 0, 0"
            " FROM ledger_account WHERE code = %s AND owner_id = %s AND currency = 'CNY'",
            *(entry_id, side, code, owner),
        )


class TestByHandOnly:
    """What people book by hand is in the books with their agreement, or not at all."""

    @pytest.mark.parametrize(("posting", "kind"), FORGED)
    def test_an_entry_that_nobody_asked_for(self, account, posting, kind):
        # Given an entry and its line as the action would write them, and neither row nor request
        book_forged(account, posting, kind)

        # When, Then
        with refused("books by hand what nobody agreed to"):
            check_laws()

    def test_an_entry_of_a_row_that_is_not_booked(self, account):
        post(asked(account))
        with refused("books by hand what nobody agreed to"):
            check_laws()

    @pytest.mark.parametrize("code", ["2004", "4009", "5004", "5009"])
    def test_what_is_moved_by_hand_only_under_another_kind(self, account, code):
        legs = (
            journal.debit("1001", "bnk_1", 9_000_000, "CNY"),
            journal.credit(code, account.merchant_id, 9_000_000, "CNY"),
        )
        with refused("booked by hand only"):
            journal.post_entry(forged("captured", legs))

    def test_more_in_an_entry_than_was_agreed_to(self, account):
        # Given a freeze that is properly booked
        entry = asked(account)
        agree(entry.approval)
        entry_id = post(entry)
        mark_booked(entry, entry_id)

        # When somebody adds to its entry, before the deferred laws look at it
        add_to(entry_id, debited="5009", credited="2004", owner=account.merchant_id)

        # Then
        with refused("books by hand what nobody agreed to"):
            check_laws()

    def test_nothing_is_added_once_it_was_looked_at(self, account):
        entry = asked(account)
        agree(entry.approval)
        entry_id = post(entry)
        mark_booked(entry, entry_id)
        run_sql("SET CONSTRAINTS payments_by_hand_agreed IMMEDIATE")
        with refused("takes postings only in the transaction"):
            add_to(entry_id, debited="5009", credited="2004", owner=account.merchant_id)

    def test_nobody_reverses_it(self, account):
        # Given a debt that was taken back by hand
        entry_id = recovered_by_hand(account)

        # When
        recovery = JournalEntry.objects.get(pk=entry_id)
        journal.reverse_entry(recovery, effective_date=FRIDAY, at=NEXT_NOON, reason="Attack")

        # Then
        with refused("reverses what was booked by hand"):
            check_laws()


class TestUnfreezing:
    def test_never_more_than_is_frozen(self, account):
        # Given two freezes of 50.00 and 20.00
        freeze = frozen(account)
        frozen(account, 2_000)
        entry = asked(account, "unfreeze", freeze=freeze, amount_minor=5_001)
        agree(entry.approval)
        entry_id = post(entry, posting=adjustments.unfrozen, net_minor=5_001)

        # When, Then
        with refused("is more than its freeze holds"):
            mark_booked(entry, entry_id)

    def test_never_more_than_earlier_ones_left(self, account):
        # Given
        freeze = frozen(account)
        frozen(account, 2_000)
        for amount_minor, is_refused in ((3_000, False), (2_001, True)):
            entry = asked(account, "unfreeze", freeze=freeze, amount_minor=amount_minor)
            agree(entry.approval)
            entry_id = post(entry, posting=adjustments.unfrozen, net_minor=amount_minor)
            if not is_refused:
                mark_booked(entry, entry_id)
                continue
            with refused("is more than its freeze holds"):
                mark_booked(entry, entry_id)

    def test_never_a_freeze_that_nobody_booked(self, account):
        frozen(account)
        entry = asked(account, "unfreeze", freeze=asked(account))
        agree(entry.approval)
        entry_id = post(entry, posting=adjustments.unfrozen, net_minor=5_000)
        with refused("is more than its freeze holds"):
            mark_booked(entry, entry_id)

    @every_way
    def test_it_names_a_freeze_and_nothing_else_does(self, account, write):
        freeze = frozen(account)
        with refused("payments_manual_freeze"):
            write([unwritten(account, "unfreeze")])
        with refused("payments_manual_freeze"):
            write([unwritten(account, "freeze", freeze=freeze)])


class TestRows:
    @every_way
    @pytest.mark.parametrize(
        ("kind", "other", "why"),
        [
            ("freeze", {"amount_minor": 0}, "payments_manual_positive"),
            ("freeze", {"reason_code": "goodwill"}, "payments_manual_reason"),
            ("bribe", {}, "payments_manual_reason"),
            ("reserve_release", {}, "payments_manual_reserve"),
        ],
    )
    def test_what_makes_no_sense(self, account, write, kind, other, why):
        with refused(why):
            write([unwritten(account, kind, **other)])

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("amount_minor", 1),
            ("kind", "reserve_hold"),
            ("currency", "USD"),
            ("reason_code", "suspected_fraud"),
            ("note", "Another"),
            ("maker", "user:3"),
            ("refers_to", "x"),
        ],
    )
    def test_what_was_asked_for_never_changes(self, account, column, value):
        entry = asked(account)
        with refused(f"column {column} of payments_manualentry never changes"):
            ManualEntry.objects.filter(pk=entry.pk).update(**{column: value})

    def test_what_is_booked_stays_as_it_was(self, account):
        entry = frozen(account)
        with refused("was booked, and stays as it was"):
            ManualEntry.objects.filter(pk=entry.pk).update(booked_at=NOON)

    def test_nothing_is_deleted(self, account, either_role):
        frozen(account)
        words = "written once|permission denied"
        for table in ("payments_manualentry", "payments_reservehold", "payments_reserveuse"):
            with refused(words):
                run_sql(f"TRUNCATE {table} CASCADE")
        with refused(words):
            run_sql("DELETE FROM payments_manualentry")
