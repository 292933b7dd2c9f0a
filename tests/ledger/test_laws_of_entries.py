"""What PostgreSQL refuses to everyone who writes entries: unbalanced, overdrawn, too late."""

import psycopg
import pytest
from django.db import connection, transaction

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from ledger.chart import CHART
from ledger.models import Account, AccountBalance, JournalEntry, Posting
from tests.books import balance
from tests.instants import NOON, THURSDAY
from tests.rig.attacks import (
    check_laws,
    every_way,
    refused,
    run_sql,
    write_by_copy,
    write_by_sql,
)
from tests.rig.database import as_owner, owner_connection

BANK = ("1001", "chn_bank")
RECEIVABLE = ("1101", "chn_a/mer_a")
AVAILABLE = ("2002", "mer_a")
HOLD = ("2003", "mer_a")


def account(code: str, owner_id: str, currency: str = "CNY") -> Account:
    """Open an account as the chart describes it, or find it."""
    kind = CHART[code]
    found, _ = Account.objects.get_or_create(
        code=code,
        owner_id=owner_id,
        currency=currency,
        defaults={"normal_side": kind.normal_side, "is_floored": kind.is_floored},
    )
    return found


def entry(source: str = "attack:1") -> JournalEntry:
    """Write the head of an entry past the actions."""
    return JournalEntry.objects.create(
        source=source, kind="channel_settled", effective_date=THURSDAY, booked_at=NOON
    )


def leg(
    of: JournalEntry, side: str, place: tuple[str, str], amount_minor: int, **other: object
) -> Posting:
    """Describe a posting that is not written yet."""
    return Posting(
        **{
            "entry": of,
            "account": account(*place),
            "currency": "CNY",
            "side": side,
            "amount_minor": amount_minor,
            **other,
        }
    )


def post(source: str = "bank:1", *, amount_minor: int = 100) -> int:
    """Book one entry as the house does."""
    return journal.post_entry(
        Entry(
            source=source,
            kind="channel_settled",
            legs=(debit(*BANK, amount_minor, "CNY"), credit(*RECEIVABLE, amount_minor, "CNY")),
            effective_date=THURSDAY,
            at=NOON,
        )
    )


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


class TestFloors:
    """A merchant's account never falls below zero, whoever writes."""

    @every_way
    def test_refuses_to_overdraw(self, either_role, write):
        # Given
        head = entry()
        write([leg(head, "D", BANK, 100), leg(head, "C", AVAILABLE, 100)])
        more = entry("attack:2")

        # When, Then
        with refused("ledger_balance_floor"):
            write([leg(more, "D", AVAILABLE, 101)])
        assert balance(*AVAILABLE) == "1.00"

    def test_accounts_that_mirror_the_outside_world_may_fall_below(self, either_role):
        # When
        head = entry()
        write_by_sql([leg(head, "D", BANK, 100), leg(head, "C", RECEIVABLE, 100)])
        check_laws()

        # Then
        assert balance(*RECEIVABLE) == "-1.00"

    @every_way
    @pytest.mark.parametrize(
        ("code", "normal_side", "is_floored"),
        [
            ("2002", "C", False),  # a merchant's account without its floor
            ("2002", "D", True),  # … or turned round, so that debits raise it
            ("1001", "D", True),
            ("9999", "D", False),
        ],
    )
    def test_nobody_opens_an_account_of_another_nature_than_its_code_s(
        self, either_role, write, code, normal_side, is_floored
    ):
        # Given
        bent = Account(
            code=code,
            owner_id="mer_b",
            currency="CNY",
            normal_side=normal_side,
            is_floored=is_floored,
        )

        # When, Then
        with refused("ledger_account_as_charted"):
            write([bent])

    def test_the_posting_function_opens_none_either(self, either_role):
        # When somebody calls it past Python, without the floor
        with refused("ledger_account_as_charted"):
            run_sql(
                "SELECT ledger_post_entries('{x}', '{x}', '{x}', '{x}', '{2026-03-05}',"
                " '{2026-03-05}', '{NULL}', '{1,1}', '{2002,1001}', '{mer_b,chn_b}', '{CNY,CNY}',"
                " '{D,C}', '{5,5}', '{C,D}', '{f,f}')"
            )

    def test_the_chart_and_the_constraint_say_the_same(self, either_role):
        # When every code of the chart is used as the chart describes it
        for code in CHART:
            account(code, "owner")

        # Then
        assert Account.objects.count() == len(CHART)


class TestReversals:
    """An entry is reversed at most once."""

    @every_way
    def test_refuses_a_second_reversal(self, either_role, write):
        # Given
        original = JournalEntry.objects.get(pk=post())
        journal.reverse_entry(original, effective_date=THURSDAY, at=NOON, reason="a slip")

        # When, Then
        with refused("reverses_id"):
            write(
                [
                    JournalEntry(
                        source="attack:again",
                        kind="reversal",
                        effective_date=THURSDAY,
                        booked_at=NOON,
                        reverses=original,
                    )
                ]
            )

    @every_way
    def test_refuses_a_second_entry_of_one_event(self, either_role, write):
        # Given
        post("bank:1")

        # When, Then
        with refused("source"):
            write(
                [JournalEntry(source="bank:1", kind="x", effective_date=THURSDAY, booked_at=NOON)]
            )


def test_a_temporary_table_of_the_same_name_fools_no_law(either_role):
    # Given an entry that is closed, and a table that says it is open
    entry_id = post()
    check_laws()
    run_sql("CREATE TEMPORARY TABLE ledger_journalentry (id bigint, xact xid8, checks bigint)")
    run_sql(
        "INSERT INTO pg_temp.ledger_journalentry"
        " SELECT %s, pg_current_xact_id(), n FROM generate_series(1, 100000) n",
        entry_id,
    )
    run_sql("CREATE TEMPORARY TABLE ledger_accountbalance (LIKE public.ledger_accountbalance)")

    # When, Then
    with refused("takes postings only"):
        run_sql(
            "INSERT INTO public.ledger_posting (entry_id, account_id, currency, side,"
            " amount_minor, balance_after_minor, seq)"
            " SELECT %s, id, currency, 'D', 1, 0, 0 FROM ledger_account WHERE code = '1001'",
            entry_id,
        )


@pytest.mark.django_db
def test_neither_role_can_switch_the_laws_off():
    # When, Then
    with refused("permission denied to set parameter"):
        run_sql("SET session_replication_role = replica")
    with refused("must be owner of"):
        run_sql("ALTER TABLE ledger_posting DISABLE TRIGGER USER")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner_connection().execute("SET session_replication_role = replica")
    assert connection.settings_dict["USER"] != owner_connection().info.user
