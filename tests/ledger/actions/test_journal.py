"""Posting, reversing, and what the books refuse."""

from dataclasses import replace

import pytest
from django.db import transaction

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from ledger.errors import (
    AlreadyReversedError,
    DuplicateEntryError,
    OverdrawnError,
    UnbalancedEntryError,
)
from ledger.models import Account, JournalEntry, Posting
from tests.books import assert_entry, balance
from tests.instants import NOON, THURSDAY

TREASURY = Entry(
    source="bank:1",
    kind="channel_settled",
    legs=(debit("1001", "chn_bank", 9_940, "CNY"), credit("1101", "chn_a/m1", 9_940, "CNY")),
    effective_date=THURSDAY,
    at=NOON,
)


def written() -> tuple[int, int, int]:
    """Count what stands in the books."""
    return Account.objects.count(), JournalEntry.objects.count(), Posting.objects.count()


@pytest.mark.django_db
class TestPostEntry:
    """One balanced booking, in one round trip."""

    def test_writes_the_legs_and_moves_the_balances(self) -> None:
        # When
        journal.post_entry(TREASURY)

        # Then
        assert_entry("bank:1", "Dr 1001 99.40 CNY\nCr 1101 99.40 CNY")
        assert balance("1001", "chn_bank") == "99.40"
        assert balance("1101", "chn_a/m1") == "-99.40"

    def test_costs_one_round_trip(self, django_assert_num_queries) -> None:
        # Given the accounts exist or not, it is one statement
        with django_assert_num_queries(1):
            journal.post_entry(TREASURY)
        with django_assert_num_queries(1):
            journal.post_entry(replace(TREASURY, source="bank:2"))

    @pytest.mark.parametrize(
        "text", ["", "NULL", '{a,"b"}', "a\\b\\\\", "line\nline", "中文, 'x' %s"]
    )
    def test_keeps_texts_letter_by_letter(self, text) -> None:
        # When
        entry_id = journal.post_entry(replace(TREASURY, description=text, subject=text))

        # Then
        entry = JournalEntry.objects.get(pk=entry_id)
        assert (entry.description, entry.subject) == (text, text)

    def test_numbers_the_postings_of_an_account_and_keeps_the_balance_after_each(self) -> None:
        # Given
        for number, amount_minor in enumerate((100, 250, 50), 1):
            journal.post_entry(
                replace(
                    TREASURY,
                    source=f"bank:{number}",
                    legs=(
                        debit("1001", "chn_bank", amount_minor, "CNY"),
                        credit("1101", "chn_a/m1", amount_minor, "CNY"),
                    ),
                )
            )

        # When
        bank = Posting.objects.filter(account__code="1001").order_by("seq")

        # Then
        assert list(bank.values_list("seq", "balance_after_minor")) == [
            (1, 100),
            (2, 350),
            (3, 400),
        ]

    def test_books_many_entries_in_one_statement_in_their_order(
        self, django_assert_num_queries
    ) -> None:
        # Given
        entries = [replace(TREASURY, source=f"bank:{number}") for number in range(50)]

        # When
        with django_assert_num_queries(1):
            ids = journal.post_entries(entries)

        # Then
        sources = dict(JournalEntry.objects.values_list("id", "source"))
        assert [sources[entry_id] for entry_id in ids] == [entry.source for entry in entries]
        assert balance("1001", "chn_bank") == "4970.00"

    @pytest.mark.parametrize(
        "legs",
        [
            (),
            (debit("1001", "chn_bank", 100, "CNY"),),
            (debit("1001", "chn_bank", 100, "CNY"), credit("1101", "chn_a/m1", 99, "CNY")),
            (debit("1001", "chn_bank", 100, "CNY"), credit("1101", "chn_a/m1", 100, "USD")),
            (debit("1001", "chn_bank", 0, "CNY"), credit("1101", "chn_a/m1", 0, "CNY")),
            (debit("1001", "chn_bank", -5, "CNY"), credit("1101", "chn_a/m1", -5, "CNY")),
        ],
    )
    def test_refuses_what_does_not_balance_and_writes_nothing(self, legs) -> None:
        # When
        with pytest.raises(UnbalancedEntryError):
            journal.post_entry(replace(TREASURY, legs=legs))

        # Then
        assert written() == (0, 0, 0)

    def test_refuses_the_same_event_twice(self) -> None:
        # Given
        journal.post_entry(TREASURY)

        # When
        with pytest.raises(DuplicateEntryError), transaction.atomic():
            journal.post_entry(TREASURY)

        # Then
        assert written() == (2, 1, 2)
        assert balance("1001", "chn_bank") == "99.40"

    def test_refuses_to_overdraw_a_merchant_and_writes_nothing(self) -> None:
        # When a merchant without money is debited
        with pytest.raises(OverdrawnError), transaction.atomic():
            journal.post_entry(
                replace(
                    TREASURY,
                    legs=(debit("2002", "mer_a", 1, "CNY"), credit("2003", "mer_a", 1, "CNY")),
                )
            )

        # Then
        assert written() == (0, 0, 0)


@pytest.mark.django_db
class TestReverseEntry:
    """A correction is a mirror, and there is one."""

    def test_brings_the_balances_back(self) -> None:
        # Given
        entry = JournalEntry.objects.get(pk=journal.post_entry(TREASURY))

        # When
        journal.reverse_entry(entry, effective_date=THURSDAY, at=NOON, reason="Booked in error")

        # Then
        assert_entry("bank:1:reversal", "Dr 1101 99.40 CNY\nCr 1001 99.40 CNY")
        assert balance("1001", "chn_bank") == "0.00"

    def test_happens_once(self) -> None:
        # Given
        entry = JournalEntry.objects.get(pk=journal.post_entry(TREASURY))
        journal.reverse_entry(entry, effective_date=THURSDAY, at=NOON, reason="Booked in error")

        # When
        with pytest.raises((AlreadyReversedError, DuplicateEntryError)), transaction.atomic():
            journal.reverse_entry(entry, effective_date=THURSDAY, at=NOON, reason="Again")

        # Then
        assert balance("1001", "chn_bank") == "0.00"
        assert JournalEntry.objects.count() == 2
