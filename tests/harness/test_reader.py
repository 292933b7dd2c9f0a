"""What is asked while everything breaks sees what it looks for."""

import pytest
from django.db import connection

from risk.models import LimitCounter
from tests.harness.reader import LAWS
from tests.harness.terms import PAYER_DAY_MINOR
from tests.instants import NOON


def found() -> dict[str, list[str]]:
    """Ask all laws; return what breaks each, by its number."""
    broken = {}
    with connection.cursor() as cursor:
        for law, query in LAWS.items():
            cursor.execute(query)
            broken[law.split()[0]] = [subject for (subject,) in cursor.fetchall()]
    return broken


@pytest.mark.django_db
@pytest.mark.parametrize(("above", "broken"), [(0, []), (1, ["pyr_1"])])
def test_i7_a_counter_above_its_limit_is_seen_while_it_runs(above, broken):
    LimitCounter.objects.create(
        subject_id="pyr_1",
        deed="payment",
        currency="CNY",
        business_date=NOON.date(),
        used_minor=PAYER_DAY_MINOR + above,
    )

    assert found()["I7"] == broken
