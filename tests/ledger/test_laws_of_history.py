"""Nobody writes the history of the configuration, and what slips past it is found."""

import pytest
from django.conf import settings
from psycopg import sql

from ledger.models import ConfigurationChange
from payments.models import BusinessDay, FeePlan
from tests.factories.payments import (
    FeePlanFactory,
    MerchantFactory,
)
from tests.factories.settlements import destination_of
from tests.ledger.kept_changes import differences
from tests.rig.attacks import refused, run_sql
from tests.rig.database import owner_connection
from tests.rig.tampering import tamper

# --- nobody writes it but the triggers, and nobody rewrites it ----------------------------------

FORGED = (
    "INSERT INTO ledger_configurationchange (table_name, row_id, operation, database_role)"
    " VALUES ('payments_feeplan', 'fpl_1', 'U', 'somebody')"
)


def test_nobody_writes_history_by_hand(either_role: str) -> None:
    reason = "permission denied" if either_role == "application" else "by what happens only"

    with refused(reason):
        run_sql(FORGED)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_configurationchange SET after = NULL",
        "DELETE FROM ledger_configurationchange",
        "TRUNCATE ledger_configurationchange",
    ],
)
def test_nobody_rewrites_history(either_role: str, statement: str) -> None:
    reason = "permission denied" if either_role == "application" else "written once"

    with refused(reason):
        run_sql(statement)


def test_the_application_cannot_begin_or_end_a_history(db: None) -> None:
    for call in (
        "SELECT ledger_start_history('payments_payer', 'id')",
        "SELECT ledger_end_history('payments_feeplan')",
    ):
        with refused("permission denied"):
            run_sql(call)


def test_the_application_cannot_use_up_its_numbers(db: None) -> None:
    with refused("permission denied"):
        run_sql("SELECT nextval('ledger_configurationchange_id_seq')")


# --- what goes past the triggers is found -------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_configuration_is_what_its_history_says() -> None:
    # Given
    MerchantFactory()
    destination_of(MerchantFactory())

    # Then
    assert differences() == []


@pytest.mark.django_db(transaction=True)
def test_a_change_past_the_triggers_is_found() -> None:
    # Given
    plan: FeePlan = FeePlanFactory(fee_bps=60)

    # When
    tamper("UPDATE payments_feeplan SET fee_bps = 0")

    # Then
    ((place, expected, found),) = differences()
    assert place == f"payments_feeplan {plan.pk}"
    assert '"fee_bps": 60' in expected
    assert '"fee_bps": 0' in found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("statement", "expected", "found"),
    [
        ("DELETE FROM payments_businessday", '"is_business_day": true', "no such row"),
        (
            "INSERT INTO payments_businessday VALUES ('2026-10-11', false, '', false)",
            "no such row",
            '"is_business_day": false',
        ),
        (
            "DELETE FROM ledger_configurationchange WHERE table_name = 'payments_businessday'",
            "no such row",
            '"is_business_day": true',
        ),
    ],
)
def test_a_row_without_its_history_is_found(statement: str, expected: str, found: str) -> None:
    # Given
    BusinessDay.objects.create(date="2026-10-10", is_business_day=True, name="补班")

    # When
    tamper(statement)

    # Then
    ((_place, should_be, is_now),) = differences()
    assert expected in should_be
    assert found in is_now


@pytest.mark.django_db(transaction=True)
def test_emptying_a_table_is_kept() -> None:
    # Given
    BusinessDay.objects.create(date="2026-10-10", is_business_day=True, name="补班")

    # When
    owner_connection().execute(sql.SQL("TRUNCATE payments_businessday"))

    # Then
    change = ConfigurationChange.objects.latest("id")
    assert (change.table_name, change.row_id, change.operation) == ("payments_businessday", "", "T")
    assert differences() == []
    assert settings.DATABASE_OWNER_URL is not None
    assert change.database_role in settings.DATABASE_OWNER_URL
