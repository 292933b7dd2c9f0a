"""What the database refuses of passwords and tokens, whoever asks."""

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from payments.models import DatabaseClock
from risk.actions import passwords
from risk.models import PaymentPassword, PaymentToken
from tests.factories.passwords import ONE_PAYMENT, guessed_wrong, payers_password, typed
from tests.rig.database import owner_connection

TABLES = ("risk_paymenttoken", "risk_paymentpassword")


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_application_role_takes_no_row_away(table, statement):
    with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_nor_does_the_owner(transactional_db, table, statement):
    typed(payers_password())

    with pytest.raises(psycopg.Error, match="is refused"):
        owner_connection().execute(statement.format(table))

    assert (PaymentPassword.objects.count(), PaymentToken.objects.count()) == (1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "lie",
    [
        {"attempts_ever": 0},
        {"version": 0},
        {"owner_id": "pyr_other"},
        {"encoded": "e10adc3949ba59abbe56e057f20f883e"},
        {"encoded": ""},
        {"attempts": 6},
        {"lock_level": 4},
    ],
)
def test_a_password_is_never_bent(lie):
    guessed_wrong(payers_password(), times=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        PaymentPassword.objects.update(**lie)


@pytest.mark.django_db
def test_a_token_that_was_used_stays_used():
    owner = payers_password()
    token = typed(owner)
    with transaction.atomic():
        passwords.consume_token(token, owner=owner, binding=ONE_PAYMENT)

    for lie in ({"used_at": None}, {"used_at": DatabaseClock()}, {"subject": "pay_2"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PaymentToken.objects.update(**lie)


@pytest.mark.django_db
def test_a_token_is_not_turned_into_another_one():
    typed(payers_password())

    for lie in ({"binding_sha256": b"0" * 32}, {"expires_at": DatabaseClock()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PaymentToken.objects.update(**lie)
