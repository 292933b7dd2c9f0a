"""Balances now, as of a booked instant, and as of an effective date; control totals."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.models import Account, ControlTotal, Posting
from ledger.queries import balances
from ledger.queries.balances import Sums
from tests.factories.books import booked, closed, reopened
from tests.instants import FRIDAY, MONDAY, SATURDAY, THURSDAY
from tests.rig.attacks import run_sql

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def bank(owner_id: str = "mer_a") -> Account:
    """Return the bank account that `booked` debits."""
    return Account.objects.get(code="1001", owner_id=f"chn_of_{owner_id}")


def on_days(account: Account) -> list[int]:
    """Return what stood on an account at the end of each day of the story."""
    return [balances.balance_on(account, day) for day in (THURSDAY, FRIDAY, SATURDAY, MONDAY)]


def test_now_is_the_balance_row():
    booked("pay:1", THURSDAY, 100)
    booked("pay:2", FRIDAY, 20)

    assert balances.balance_now(bank().pk) == 120
    assert balances.balance_now(0) == 0


class TestBookedInstant:
    def test_is_what_the_last_posting_by_then_left(self):
        # Given three postings
        for number in range(3):
            booked(f"pay:{number}", THURSDAY, 10)
        instants = list(
            Posting.objects.filter(account=bank())
            .order_by("seq")
            .values_list("recorded_at", flat=True)
        )

        # Then
        found = [balances.balance_at(bank().pk, instant) for instant in instants]
        before = [
            balances.balance_at(bank().pk, instant - timedelta(microseconds=1))
            for instant in instants
        ]
        assert (found, before) == ([10, 20, 30], [0, 10, 20])

    def test_nobody_chooses_the_instant_of_a_posting(self):
        # Given an entry of this transaction, still open
        entry_id = booked("pay:1", THURSDAY, 10)

        # When somebody writes two more postings that claim to be old
        for side in ("D", "C"):
            Posting.objects.create(
                entry_id=entry_id,
                account=bank(),
                currency="CNY",
                side=side,
                amount_minor=1,
                recorded_at=LONG_AGO,
            )

        # Then
        assert Posting.objects.earliest("recorded_at").recorded_at > LONG_AGO
        assert balances.balance_at(bank().pk, LONG_AGO) == 0

    def test_is_one_read_of_its_index(self):
        booked("pay:1", THURSDAY, 10)
        run_sql("SET LOCAL enable_seqscan = off")
        run_sql("SET LOCAL enable_sort = off")

        plan = "\n".join(
            line
            for (line,) in run_sql(
                "EXPLAIN SELECT balance_after_minor FROM ledger_posting"
                " WHERE account_id = 1 AND recorded_at <= now()"
                " ORDER BY recorded_at DESC, seq DESC LIMIT 1"
            )
        )

        assert "Index Scan Backward using ledger_posting_instant" in plan


class TestEffectiveDate:
    def test_is_the_sum_of_what_is_dated_by_then(self):
        # Given entries that were booked in another order than they are dated
        booked("pay:1", FRIDAY, 100)
        booked("pay:2", THURSDAY, 20)
        booked("pay:3", MONDAY, 3)
        open_days = on_days(bank())

        # When the days are closed one by one
        told = [open_days]
        for day in (THURSDAY, FRIDAY, SATURDAY):
            closed(day)
            told.append(on_days(bank()))

        # Then it is always the same
        assert told == [[20, 120, 120, 123]] * 4

    def test_counts_what_was_booked_of_open_days_since(self):
        booked("pay:1", THURSDAY, 100)
        booked("pay:2", FRIDAY, 20)
        closed(THURSDAY)
        booked("pay:3", FRIDAY, 3)

        assert on_days(bank()) == [100, 123, 123, 123]

    def test_counts_again_after_a_reopening(self):
        booked("pay:1", THURSDAY, 100)
        closed(THURSDAY)
        closed(FRIDAY)
        reopened(THURSDAY)
        booked("pay:2", THURSDAY, 20)
        closed(THURSDAY)

        assert on_days(bank()) == [120, 120, 120, 120]

    def test_an_account_that_was_never_used_has_nothing(self):
        assert balances.sums_on(0, THURSDAY) is None

    def test_all_accounts_and_their_control_totals(self):
        # Given two merchants, one of whom has nothing by Thursday
        booked("pay:1", THURSDAY, 100)
        booked("pay:2", FRIDAY, 20, owner_id="mer_b")
        closed(THURSDAY)

        # Then
        assert balances.accounts_on(THURSDAY, code="1001") == [
            Sums("1001", "chn_of_mer_a", "CNY", 100, 0, 100)
        ]
        assert balances.accounts_on(FRIDAY, code="1001", currency="CNY") == [
            Sums("1001", "chn_of_mer_a", "CNY", 100, 0, 100),
            Sums("1001", "chn_of_mer_b", "CNY", 20, 0, 20),
        ]
        assert balances.accounts_on(FRIDAY, currency="USD") == []
        assert balances.trial_balance_on(THURSDAY) == [
            Sums("1001", "", "CNY", 100, 0, 100),
            Sums("1101", "", "CNY", 0, 100, -100),
        ]
        assert balances.trial_balance_on(FRIDAY) == [
            Sums("1001", "", "CNY", 120, 0, 120),
            Sums("1101", "", "CNY", 0, 120, -120),
        ]


def test_control_totals_are_the_sums_of_their_owners():
    booked("pay:1", THURSDAY, 100)
    booked("pay:2", FRIDAY, 20, owner_id="mer_b")

    totals = [
        (row.pk, row.accounts, row.debits_minor, row.credits_minor, row.balance_minor)
        for row in ControlTotal.objects.all()
    ]

    assert totals == [("1001:CNY", 2, 120, 0, 120), ("1101:CNY", 2, 0, 120, -120)]
