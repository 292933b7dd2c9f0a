"""The configuration keeps its own history: whoever changes a row, and by whatever way."""

from hashlib import sha256

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, models

from ledger.models import ConfigurationChange
from payments.models import BusinessDay
from risk.models import Limit
from settlements.models import Destination
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    UserFactory,
)
from tests.factories.settlements import destination_of
from tests.instants import NOON
from tests.ledger.kept_changes import differences
from tests.rig.attacks import run_sql

# Columns of configured tables that nobody decides, with the reason.
LEFT_OUT = {
    "payments_merchantaccount.matured_through_date": "moved by the maturity job with E04",
    "payments_apicredential.last_used_at": "moved by each request",
    "auth_user.last_login": "moved by each sign-in",
    "auth_user.date_joined": "never decides anything",
    "auth_user.first_name": "a word for people",
    "auth_user.last_name": "a word for people",
    "mfa_authenticator.created_at": "machine time",
    "mfa_authenticator.last_used_at": "moved by each sign-in",
}


def changes_of(row: models.Model) -> list[ConfigurationChange]:
    return list(
        ConfigurationChange.objects.filter(
            table_name=row._meta.db_table, row_id=str(row.pk)
        ).order_by("id")
    )


@pytest.mark.django_db
def test_what_is_added_changed_and_deleted_is_kept() -> None:
    # Given
    day = BusinessDay.objects.create(date="2026-10-01", is_business_day=False, name="国庆节")

    # When
    day.is_confirmed = True
    day.save()
    day.delete()

    # Then
    added, changed, deleted = ConfigurationChange.objects.filter(
        table_name="payments_businessday", row_id="2026-10-01"
    ).order_by("id")
    first = {
        "date": "2026-10-01",
        "is_business_day": False,
        "name": "国庆节",
        "is_confirmed": False,
    }
    assert (added.operation, added.before, added.after) == ("I", None, first)
    assert (changed.operation, changed.before) == ("U", first)
    assert changed.after == {**first, "is_confirmed": True}
    assert (deleted.operation, deleted.before, deleted.after) == (
        "D",
        {**first, "is_confirmed": True},
        None,
    )


@pytest.mark.django_db
def test_raw_sql_of_the_application_is_kept_with_its_role() -> None:
    # Given
    channel = AlipayAccountFactory(is_enabled=True)

    # When
    run_sql("UPDATE payments_channelaccount SET is_enabled = false WHERE id = %s", channel.pk)

    # Then
    change = changes_of(channel)[-1]
    assert change.before is not None
    assert change.after is not None
    assert (change.before["is_enabled"], change.after["is_enabled"]) == (True, False)
    assert change.database_role == connection.settings_dict["USER"]


@pytest.mark.django_db
def test_a_change_of_what_nobody_decides_writes_nothing() -> None:
    # Given
    user = UserFactory()
    kept = len(changes_of(user))

    # When
    User.objects.filter(pk=user.pk).update(last_login=NOON, first_name="Li")

    # Then
    assert len(changes_of(user)) == kept


@pytest.mark.django_db
def test_who_may_do_what_is_kept() -> None:
    # Given
    user = UserFactory()
    group = Group.objects.get(name="finance_checker")

    # When
    user.groups.add(group)
    User.objects.filter(pk=user.pk).update(is_superuser=True)

    # Then
    joined = ConfigurationChange.objects.filter(table_name="auth_user_groups").latest("id")
    assert joined.after is not None
    assert (joined.after["user_id"], joined.after["group_id"]) == (user.pk, group.pk)
    raised = changes_of(user)[-1]
    assert raised.after is not None
    assert raised.after["is_superuser"] is True


@pytest.mark.django_db
def test_of_a_secret_only_its_hash_is_kept() -> None:
    # Given
    channel = AlipayAccountFactory(
        private_key_encrypted="v1.sealed-with-care", api_key_encrypted=""
    )
    destination: Destination = destination_of(MerchantFactory())

    # Then
    kept = changes_of(channel)[-1].after
    account = changes_of(destination)[-1].after
    assert kept is not None
    assert account is not None
    assert kept["private_key_encrypted"] == sha256(b"v1.sealed-with-care").hexdigest()
    assert (
        account["account_encrypted"] == sha256(destination.account_encrypted.encode()).hexdigest()
    )
    everything = str(run_sql("SELECT * FROM ledger_configurationchange"))
    assert "sealed-with-care" not in everything
    assert destination.account_encrypted not in everything


@pytest.mark.django_db
def test_a_row_reads_the_same_in_every_time_zone() -> None:
    # Given
    limit = Limit.objects.first()
    assert limit is not None
    run_sql("SET LOCAL timezone = 'Asia/Shanghai'")

    # When
    run_sql("UPDATE risk_limit SET id = id WHERE id = %s", limit.pk)

    # Then
    assert differences() == []


@pytest.mark.django_db
def test_every_column_of_a_configured_table_is_kept_or_left_out_for_a_reason() -> None:
    rows = run_sql(
        "SELECT c.relname, a.attname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE t.tgname = 'ledger_history' AND a.attname <> ALL (string_to_array("
        "   replace(encode(t.tgargs, 'escape'), '#', ''), '\\000'))"
    )

    assert {f"{table}.{column}" for table, column in rows} == LEFT_OUT.keys()


@pytest.mark.django_db
def test_every_table_of_configuration_keeps_its_history() -> None:
    rows = run_sql("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'ledger_history'")

    assert {name for (name,) in rows} >= {
        "auth_group",
        "auth_group_permissions",
        "auth_user",
        "auth_user_groups",
        "auth_user_user_permissions",
        "ledger_approvaltier",
        "mfa_authenticator",
        "payments_apicredential",
        "payments_businessday",
        "payments_channelaccount",
        "payments_feeplan",
        "payments_merchant",
        "payments_merchantaccount",
        "payments_merchantmember",
        "risk_blocklistentry",
        "risk_boundnetwork",
        "risk_limit",
        "settlements_destination",
    }
