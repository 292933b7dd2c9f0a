"""What PostgreSQL refuses to everyone who writes entries: unbalanced, overdrawn, too late."""

import psycopg
import pytest
from django.db import transaction

from ledger.models import AccountBalance, JournalEntry, Posting
from tests.books import balance
from tests.ledger.forged_entries import BANK, RECEIVABLE, account, entry, leg, post
from tests.rig.attacks import (
    check_laws,
    every_way,
    refused,
    run_sql,
    write_by_copy,
    write_by_sql,
)
from tests.rig.database import as_owner, owner_connection

HOLD = ("2003", "mer_a")


class TestBalance:
    """Law 1: an entry has postings, and they balance per currency."""

    @every_way
    def test_refuses_an_entry_that_does_not_balance(self, either_role, write):
        # Given
        head = entry()
        write([leg(head, "D", BANK, 100), leg(head, "C", RECEIVABLE, 99)])

        # When, Then
        with refused("attack:1 does not balance"):
            check_laws()

    @every_way
    def test_accepts_one_that_does(self, either_role, write):
        # Given
        head = entry()
        write([leg(head, "D", BANK, 100), leg(head, "C", RECEIVABLE, 100)])

        # When
        check_laws()

        # Then
        assert balance(*BANK) == "1.00"
        assert balance(*RECEIVABLE) == "-1.00"

    def test_refuses_an_entry_without_postings(self, either_role):
        # Given
        entry()

        # When, Then
        with refused("attack:1 has no postings"):
            check_laws()

    def test_refuses_what_balances_only_over_two_currencies(self, either_role):
        # Given
        dollars = account("1101", "chn_a/mer_a", "USD")
        head = entry()
        leg(head, "D", BANK, 100).save()
        leg(head, "C", RECEIVABLE, 100, account=dollars, currency="USD").save()

        # When, Then
        with refused("does not balance"):
            check_laws()

    @pytest.mark.django_db(transaction=True)
    def test_refuses_it_at_commit_and_keeps_nothing_of_it(self):
        # When
        with refused("does not balance"):
            leg(entry(), "D", BANK, 100).save()

        # Then
        assert (JournalEntry.objects.count(), Posting.objects.count()) == (0, 0)
        assert AccountBalance.objects.count() == 0

    @every_way
    def test_an_early_check_does_not_let_more_in_afterwards(self, either_role, write):
        # Given an entry that balances, checked before COMMIT
        head = entry()
        write([leg(head, "D", BANK, 100), leg(head, "C", RECEIVABLE, 100)])
        check_laws()

        # When, Then
        with refused("takes postings only"):
            write([leg(head, "D", BANK, 1)])
        assert balance(*BANK) == "1.00"

    def test_an_early_check_cannot_be_made_undone(self, either_role):
        # Given
        head = entry()
        write_by_sql([leg(head, "D", BANK, 100), leg(head, "C", RECEIVABLE, 100)])
        check_laws()

        # When the session forgets what it saw
        run_sql("DISCARD SEQUENCES")

        # Then
        with refused("not yet defined in this session"):
            leg(head, "D", BANK, 1).save()

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        "statement", ["SELECT nextval('ledger_checks')", "SELECT setval('ledger_checks', 1)"]
    )
    def test_the_application_does_not_touch_the_count_of_checks(self, statement):
        with refused("permission denied for sequence ledger_checks"):
            run_sql(statement)

    def test_the_next_entry_of_the_transaction_is_open_again(self, either_role):
        # Given
        post("bank:1")
        check_laws()

        # When
        post("bank:2")
        check_laws()

        # Then
        assert balance(*BANK) == "2.00"


class TestPostings:
    """A posting is of its account's currency, positive, on a side, and of an open entry."""

    @every_way
    def test_refuses_another_currency_than_the_account_s(self, either_role, write):
        # Given
        head = entry()

        # When, Then
        with refused("ledger_posting_account_fk"):
            write([leg(head, "D", BANK, 100, currency="USD")])

    @every_way
    @pytest.mark.parametrize("amount_minor", [0, -1])
    def test_refuses_an_amount_that_is_not_positive(self, either_role, write, amount_minor):
        # Given
        head = entry()

        # When, Then
        with refused("ledger_posting_positive"):
            write([leg(head, "D", BANK, amount_minor)])

    def test_refuses_a_third_side(self, either_role):
        with refused("ledger_posting_side"):
            leg(entry(), "X", BANK, 100).save()

    def test_refuses_a_posting_of_no_entry(self, either_role):
        # Given
        nowhere = JournalEntry(pk=999_999)

        # When, Then
        with refused("takes postings only"):
            write_by_copy([leg(nowhere, "D", BANK, 100)])

    @every_way
    def test_what_a_writer_says_about_balance_and_number_is_overwritten(self, either_role, write):
        # Given
        post(amount_minor=250)
        head = entry()

        # When
        write([leg(head, "D", BANK, 100, balance_after_minor=9_999_999, seq=77)])

        # Then
        found = Posting.objects.get(entry=head)
        assert (found.balance_after_minor, found.seq) == (350, 2)

    def test_what_a_writer_says_about_the_moment_is_overwritten(self, either_role):
        # When
        run_sql(
            "INSERT INTO ledger_journalentry (source, kind, subject, description, effective_date,"
            " booked_at, recorded_at, xact, checks)"
            " VALUES ('attack:1', 'x', '', '', '2026-03-05', now(), '2001-01-01', '3', 0)"
        )

        # Then
        assert run_sql(
            "SELECT recorded_at > now() - interval '1 minute', xact = pg_current_xact_id()"
            " FROM ledger_journalentry"
        ) == [(True, True)]

    @pytest.mark.django_db(transaction=True)
    @every_way
    @pytest.mark.parametrize("role", ["application", "owner"])
    def test_refuses_a_posting_to_an_entry_of_an_earlier_transaction(self, write, role):
        # Given
        with transaction.atomic():
            head = JournalEntry.objects.get(pk=post())

        # When
        pair = [leg(head, "D", BANK, 1), leg(head, "C", RECEIVABLE, 1)]
        if role == "owner":
            with as_owner(), refused("takes postings only"):
                write(pair)
        else:
            with refused("takes postings only"):
                write(pair)

        # Then
        assert Posting.objects.count() == 2
        assert balance(*BANK) == "1.00"

    @pytest.mark.django_db(transaction=True)
    def test_refuses_it_also_to_a_session_that_never_wrote_an_entry(self):
        # Given
        with transaction.atomic():
            entry_id = post()
        account_id = account(*BANK).pk

        # When, Then
        with (
            psycopg.connect(owner_connection().info.dsn) as stranger,
            pytest.raises(psycopg.errors.RestrictViolation, match="takes postings only"),
        ):
            stranger.execute(
                "INSERT INTO ledger_posting (entry_id, account_id, currency, side, amount_minor,"
                " balance_after_minor, seq) VALUES (%s, %s, 'CNY', 'D', 1, 0, 0)",
                [entry_id, account_id],
            )
