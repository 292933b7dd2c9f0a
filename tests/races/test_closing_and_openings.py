"""Opening balances are agreed to while their day is closed: one of the two comes first."""

import pytest
from django.db import transaction

from ledger.errors import PeriodUnfinishedError
from ledger.models import Period
from settlements.actions import closing, openings
from settlements.locks import hold_openings
from settlements.models import Opening
from settlements.opening_files import OpeningDateError
from tests.factories.books import LIN, booked, morning_after
from tests.factories.openings import asked_opening
from tests.factories.settlements import CHECKER, house
from tests.instants import NOON, THURSDAY
from tests.rig.races import at_once, meanwhile, wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_opening_is_agreed_to_in_a_day_that_is_being_closed():
    # Given
    accounts = house()
    opening = asked_opening(f"1001,{accounts.bank.pk},CNY,1.00,D")
    digest = bytes(opening.approval.digest)
    with transaction.atomic():
        booked("pay:1", THURSDAY)

    def agree() -> Opening:
        return openings.approve_opening(opening.pk, shown_digest=digest, decider=CHECKER, at=NOON)

    def close() -> Period:
        return closing.close_day(THURSDAY, decider=LIN, at=morning_after(THURSDAY), reason="over")

    # When
    results = at_once(agree, close)

    # Then exactly one of them was done, and the other one says why it was not
    agreed, period = results
    if isinstance(agreed, Opening):
        assert isinstance(period, PeriodUnfinishedError)
        assert Opening.objects.get().status == "approved"
    else:
        assert isinstance(agreed, OpeningDateError)
        assert isinstance(period, Period)
        assert Opening.objects.get().status == "asked"


@pytest.mark.parametrize("deed", ["agree", "close"])
def test_either_waits_for_the_other(deed):
    # Given
    accounts = house()
    opening = asked_opening(f"1001,{accounts.bank.pk},CNY,1.00,D")
    digest = bytes(opening.approval.digest)
    with transaction.atomic():
        booked("pay:1", THURSDAY)
    deeds = {
        "agree": lambda: openings.approve_opening(
            opening.pk, shown_digest=digest, decider=CHECKER, at=NOON
        ),
        "close": lambda: closing.close_day(
            THURSDAY, decider=LIN, at=morning_after(THURSDAY), reason="over"
        ),
    }

    # When, Then
    with transaction.atomic():
        hold_openings()
        waiting = meanwhile(deeds[deed])
        wait_until_somebody_waits()
        assert not waiting.done()
    waiting.result(timeout=10)
