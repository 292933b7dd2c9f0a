"""What the database refuses, whoever asks."""

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from risk.actions import screenings
from risk.models import Limit, LimitCounter, LimitRelease, Screening
from tests.factories.risk import asked_payment
from tests.instants import NOON
from tests.rig.database import owner_connection

ADDRESS = {"deed": "payment", "subject_kind": "platform", "window": "day", "currency": "BRL"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE risk_screening SET verdict = 'allow'",
        "DELETE FROM risk_screening",
        "TRUNCATE risk_screening CASCADE",
        "UPDATE risk_limitrelease SET at = now()",
        "DELETE FROM risk_limitrelease",
        "DELETE FROM risk_limit",
        "DELETE FROM risk_limitcounter",
    ],
)
def test_the_application_role_may_not(statement):
    with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def judged(transactional_db):
    """A payment that was judged and given back, committed."""
    with transaction.atomic():
        screenings.screen_payment(asked_payment(payer_id="pyr_1", payment_id="pay_1"))
        screenings.give_back("pay_1", at=NOON)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE risk_screening SET verdict = 'deny', code = 'x'",
        "DELETE FROM risk_screening",
        "TRUNCATE risk_screening CASCADE",
        "UPDATE risk_limitrelease SET at = now()",
        "DELETE FROM risk_limitrelease",
        "TRUNCATE risk_limitrelease",
        "DELETE FROM risk_limit",
        "TRUNCATE risk_limit",
        "UPDATE risk_limit SET value_minor = 1",
        "UPDATE risk_limit SET valid_from = now()",
        "DELETE FROM risk_limitcounter",
        "TRUNCATE risk_limitcounter",
        "UPDATE risk_limitcounter SET business_date = '2026-03-06'",
    ],
)
def test_not_even_the_owner_rewrites_a_judgement(judged, statement):
    with pytest.raises(psycopg.Error, match=r"is refused|never changes"):
        owner_connection().execute(statement)

    assert (Screening.objects.count(), LimitRelease.objects.count()) == (1, 1)
    assert Limit.objects.count() == 4


@pytest.mark.django_db
def test_a_limit_ends_once():
    limit = Limit.objects.create(**ADDRESS, value_minor=1, valid_from=NOON)
    limit.valid_until = NOON
    limit.save(update_fields=["valid_until"])

    limit.valid_until = None
    with pytest.raises(IntegrityError, match="is refused"):
        limit.save(update_fields=["valid_until"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "law"),
    [
        ({"value_minor": -1}, "risk_limit_value"),
        ({"value_minor": 10**18 + 1}, "risk_limit_value"),
        ({"currency": "brl"}, "risk_limit_currency_code"),
        ({"subject_id": "pyr_1"}, "risk_limit_is_judged"),
        ({"subject_kind": "merchant"}, "risk_limit_is_judged"),
        ({"deed": "settlement", "subject_kind": "payer"}, "risk_limit_is_judged"),
        ({"window": "month"}, "risk_limit_is_judged"),
        ({"valid_until": NOON.replace(year=2025)}, "risk_limit_validity"),
    ],
)
def test_refuses_limits_that_would_bind_nobody(wrong, law):
    with pytest.raises(IntegrityError, match=law), transaction.atomic():
        Limit.objects.create(**{**ADDRESS, "value_minor": 1, "valid_from": NOON, **wrong})


@pytest.mark.django_db
def test_one_limit_of_an_address_is_in_force_at_a_time():
    Limit.objects.create(**ADDRESS, value_minor=1, valid_from=NOON)

    with pytest.raises(IntegrityError, match="risk_limit_one_in_force"), transaction.atomic():
        Limit.objects.create(**ADDRESS, value_minor=2, valid_from=NOON)


@pytest.mark.django_db
def test_a_counter_never_falls_below_zero_and_a_judgement_says_why():
    with pytest.raises(IntegrityError, match="risk_counter_not_negative"), transaction.atomic():
        LimitCounter.objects.create(
            subject_id="pyr_1",
            deed="payment",
            currency="CNY",
            business_date=NOON.date(),
            used_minor=-1,
        )
    with pytest.raises(IntegrityError, match="risk_screening_says_why"), transaction.atomic():
        Screening.objects.create(deed="payment", subject="pay_1", verdict="deny", at=NOON)


@pytest.mark.django_db
def test_the_defaults_are_in_force_from_the_first_day_on():
    defaults = Limit.objects.in_force(NOON.replace(year=1999)).values_list(
        "deed", "subject_kind", "subject_id", "window", "currency", "value_minor"
    )

    assert set(defaults) == {
        ("payment", "platform", "", "transaction", "CNY", 100_000),
        ("payment", "payer", "", "day", "CNY", 500_000),
        ("settlement", "merchant", "", "transaction", "CNY", 1_000_000),
        ("settlement", "merchant", "", "day", "CNY", 5_000_000),
    }
