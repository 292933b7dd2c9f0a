"""Floors, reversals, and nobody who switches the laws off."""

import psycopg
import pytest
from django.db import connection

from ledger.actions import journal
from ledger.chart import CHART
from ledger.models import Account, JournalEntry
from tests.books import balance
from tests.instants import NOON, THURSDAY
from tests.ledger.forged_entries import BANK, RECEIVABLE, account, entry, leg, post
from tests.rig.attacks import (
    check_laws,
    every_way,
    refused,
    run_sql,
    write_by_sql,
)
from tests.rig.database import owner_connection

AVAILABLE = ("2002", "mer_a")


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
