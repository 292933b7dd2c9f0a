"""Balances as of a day are sums, whatever was booked, closed and reopened, in whatever order."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import PeriodClosedError
from ledger.models import Account
from ledger.queries import balances
from ledger.queries.integrity import verify_laws
from ledger.queries.laws_of_periods import LAWS_OF_PERIODS
from ledger.queries.periods import closed_through, next_day_to_close
from tests.factories.books import booked, closed, reopened
from tests.instants import THURSDAY

pytestmark = pytest.mark.django_db
DAYS = [THURSDAY + timedelta(days=number) for number in range(6)]
OWNERS = ("mer_a", "mer_b")

BOOKING = st.tuples(
    st.just("book"), st.sampled_from(DAYS), st.integers(1, 500), st.sampled_from(OWNERS)
)
DEEDS = st.lists(
    st.one_of(BOOKING, BOOKING, st.tuples(st.just("close")), st.tuples(st.just("reopen"))),
    min_size=1,
    max_size=25,
)


@given(deeds=DEEDS)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_balance_of_a_day_is_the_sum_of_what_is_dated_by_then(db, deeds):
    with transaction.atomic():
        _tell(deeds)
        transaction.set_rollback(True)


def _tell(deeds: list[tuple]) -> None:
    # Given a story, told to the books and to a list
    told: list[tuple[date, int, str]] = [(THURSDAY, 1, "mer_a")]
    booked("first", *told[0][:2])
    for place, (deed, *details) in enumerate(deeds):
        through = closed_through()
        if deed == "book":
            day, amount_minor, owner_id = details
            if through is not None and day <= through:
                with pytest.raises(PeriodClosedError), transaction.atomic():
                    booked(f"pay:{place}", day, amount_minor, owner_id=owner_id)
            else:
                booked(f"pay:{place}", day, amount_minor, owner_id=owner_id)
                told.append((day, amount_minor, owner_id))
        elif deed == "close" and next_day_to_close() <= DAYS[-1]:
            closed(next_day_to_close())
        elif deed == "reopen" and through is not None and through >= THURSDAY:
            reopened(through)

    # Then on every day the balance is the sum of what is dated by then, by all ways
    for day in DAYS:
        sums = {
            owner_id: sum(minor for on, minor, whose in told if whose == owner_id and on <= day)
            for owner_id in OWNERS
        }
        found = {
            owner_id: balances.balance_on(account, day) if account else 0
            for owner_id in OWNERS
            for account in [Account.objects.filter(owner_id=f"chn_of_{owner_id}").first()]
        }
        assert found == sums
        assert {
            line.owner_id.removeprefix("chn_of_"): line.balance_minor
            for line in balances.accounts_on(day, code="1001")
        } == {owner_id: minor for owner_id, minor in sums.items() if minor}
        (bank,) = [line for line in balances.trial_balance_on(day) if line.code == "1001"]
        assert bank.balance_minor == sum(sums.values())
    assert verify_laws(LAWS_OF_PERIODS).violations == []
