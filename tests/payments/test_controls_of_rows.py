# ruff: noqa: S608  the lies are ours, and no stranger's text is in them
"""Every law of payments' rows refuses its lie with no other law there to help, or says why not."""

import re
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from payments.models import ChannelAccount, ChannelBreaker, Merchant, SendingHold
from tests.factories.payments import paid_payment
from tests.instants import NOON
from tests.payments.attacks_on_contradictions import world_of_contradictions
from tests.payments.forged_by_hand import available_account, frozen
from tests.payments.lies_about_rows import LIES_ABOUT_ROWS, TWINS, WITHOUT_CONTROL, Lie
from tests.payments.test_laws_of_reserves import TestReserves
from tests.rig.attacks import check_laws, refused, run_sql
from tests.rig.scratch import drop_law

LAWS = """
SELECT tgname AS law, relname AS source FROM pg_trigger
  JOIN pg_class ON pg_class.oid = tgrelid
 WHERE NOT tgisinternal AND starts_with(relname, 'payments_')
   AND starts_with(tgname, 'payments_')
UNION SELECT conname, relname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
 WHERE starts_with(relname, 'payments_') AND contype IN ('c', 'u', 'x')
UNION SELECT indexname, tablename FROM pg_indexes
 WHERE starts_with(tablename, 'payments_') AND indexdef ~ '^CREATE UNIQUE.*( WHERE|_ops)'
"""
REFUSING = """
SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
 WHERE starts_with(relname, 'payments_') AND tgfoid = 'ledger_refuse_change'::regproc
   AND tgtype & %s <> 0 ORDER BY relname
"""
UPDATES_BIT, DELETES_BIT, TRUNCATES_BIT = 16, 8, 32
RESERVES = TestReserves()
del TestReserves  # its own tests are in its own module
CONTROLS = [
    path
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if path.name.startswith(("attacks_on_", "test_controls", "test_staff_act_for"))
]


@pytest.fixture
def rows(scratch) -> None:
    """Make at least one row of every table that a lie is about."""
    world_of_contradictions()
    ChannelBreaker.objects.create(channel_account=ChannelAccount.objects.earliest("pk"))
    SendingHold.objects.create(
        covers="payouts", reason="a fault", placed_by="user:1", placed_at=NOON
    )
    account = available_account()
    frozen(account)
    payment = paid_payment(Merchant.objects.get(pk=account.merchant_id))
    hold = RESERVES.unwritten(account, payment.allocations.get())
    hold.save(force_insert=True)
    RESERVES.use(hold, RESERVES.released(account, 600), 600).save()
    check_laws()


def test_each_law_alone_refuses_its_lie(rows):
    # When
    stood = {law: told(law, lie) for law, lie in LIES_ABOUT_ROWS.items()}

    # Then
    assert {law: why for law, why in stood.items() if why} == {}


def test_what_is_one_has_no_twin(rows):
    # When
    stood = {law: told(law, twin, is_twin=True) for law, twin in TWINS.items()}

    # Then
    assert {law: why for law, why in stood.items() if why} == {}


def told(law: str, lie: Lie, *, is_twin: bool = False) -> str:
    """Tell a lie with its law and without; return what is wrong with that, or nothing."""
    with transaction.atomic():
        ((table,),) = run_sql(f"SELECT source FROM ({LAWS}) laws WHERE law = %s", law)
        leave_alone(table, law)
        row = given(table, lie)
        if row is None:
            transaction.set_rollback(True)
            return "there is no such row"
        refusal = refusal_of(table, lie, row)
        drop_law(table, law)
        stands = refusal_of(table, lie, row)
        transaction.set_rollback(True)
    if refusal not in ((law,) if is_twin else (law, table, OTHER_NAMES.get(law))):
        return f"with it: {refusal or 'it stands'}"
    return f"without it: {stands}" if stands else ""


OTHER_NAMES = {
    "payments_payment_adds_up": "payments_allocations_add_up",
    "payments_allocation_adds_up": "payments_allocations_add_up",
    "payments_refundallocation_adds_up": "payments_refund_adds_up",
    "payments_captureshare_adds_up": "payments_capture_adds_up",
    "payments_line_of_this_entry": "payments_line_entry_closed",
    "payments_attempt_start": "payments_paymentattempt_start",
    "payments_operation_start": "payments_channeloperation_start",
    "payments_manual_start": "payments_manualentry_start",
}
"""What a refusal is called where a function speaks for several tables."""


def leave_alone(table: str, law: str) -> None:
    """Drop every other law of a table, and whatever points to or from it."""
    for (other,) in run_sql(f"SELECT law FROM ({LAWS}) laws WHERE source = %s", table):
        if other != law and run_sql(f"SELECT 1 FROM ({LAWS}) laws WHERE law = %s", other):
            drop_law(table, other)
    for source, key in run_sql(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f'"
        " AND %s::regclass IN (conrelid, confrelid)",
        table,
    ):
        run_sql(f'ALTER TABLE {source} DROP CONSTRAINT "{key}"')


def given(table: str, lie: Lie) -> object:
    """Find the row that a lie is about, if there is one, and make it what it is first."""
    key = key_of(table)
    found = run_sql(f"SELECT {key} FROM {table} WHERE {lie.where} ORDER BY 1 LIMIT 1")
    row = found[0][0] if found else None
    if lie.given:
        run_sql(f"UPDATE {table} SET {lie.given} WHERE {key} = %s", row)
    return row


def refusal_of(table: str, lie: Lie, row: object) -> str:
    """Tell a lie about a row in vain; return the name of the refusal, or nothing if it stands."""
    key = key_of(table)
    try:
        with transaction.atomic():
            if lie.is_new or not lie.sets:
                tell_of_a_new_row(table, lie, row)
            else:
                run_sql(f"UPDATE {table} SET {lie.sets} WHERE {key} = %s", row)
            run_sql("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)
    except DatabaseError as error:
        said = error.__cause__.diag
        return said.constraint_name or said.table_name or str(error)
    return ""


def tell_of_a_new_row(table: str, lie: Lie, row: object) -> None:
    key = key_of(table)
    run_sql(f"CREATE TEMPORARY TABLE twin ON COMMIT DROP AS TABLE {table} WITH NO DATA")
    run_sql(f"INSERT INTO twin SELECT * FROM {table} WHERE {key} = %s", row)
    other = "-1" if isinstance(row, int) else "'x_lie'"
    run_sql(f"UPDATE twin SET {key} = {other}" + (f", {lie.sets}" if lie.sets else ""))
    run_sql(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM twin")


def key_of(table: str) -> str:
    ((key,),) = run_sql(
        "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid"
        " AND attnum = indkey[0] WHERE indrelid = %s::regclass AND indisprimary",
        table,
    )
    return str(key)


@pytest.mark.parametrize(
    ("bit", "change"),
    [(UPDATES_BIT, "UPDATE {table} SET {key} = {key}"), (DELETES_BIT, "DELETE FROM {table}")],
    ids=["changed", "deleted"],
)
def test_what_is_written_once_is_so_by_its_trigger(rows, bit, change):
    # Given
    stood = {}

    for table, law in run_sql(REFUSING, bit):
        with transaction.atomic():
            leave_alone(table, law)
            lie = change.format(table=table, key=key_of(table))

            # When, Then
            if run_sql(f"SELECT 1 FROM {table} LIMIT 1"):
                with refused("is refused: its rows are written once"):
                    run_sql(lie)
                drop_law(table, law)
                run_sql(lie)
                stood[law] = True
            transaction.set_rollback(True)

    assert sorted(stood) == sorted(law for _, law in run_sql(REFUSING, bit))


def test_every_law_of_payments_has_its_control_or_a_reason(scratch):
    # Given; that a positive number is not below zero is Django's own, one per such column
    laws = {
        law
        for law, _ in run_sql(LAWS)
        if not re.fullmatch(r"payments_[a-z]+_[a-z_]+_check", law) and "_history" not in law
    }
    refusing = {
        law
        for bit in (UPDATES_BIT, DELETES_BIT, TRUNCATES_BIT)
        for _, law in run_sql(REFUSING, bit)
    }

    # When
    attacked = set(re.findall(r"payments_\w+", "".join(path.read_text() for path in CONTROLS)))
    told_of = LIES_ABOUT_ROWS.keys() | TWINS.keys()

    # Then
    assert sorted(laws - refusing - attacked - told_of - WITHOUT_CONTROL.keys()) == []
    assert sorted((told_of | WITHOUT_CONTROL.keys()) - laws) == []
