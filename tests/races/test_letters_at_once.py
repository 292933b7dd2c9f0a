"""F18: one letter a hundred times at once: one change, one entry, a hundred acknowledgements."""

from functools import partial

import pytest
import time_machine

from ledger.models import AuditEntry, JournalEntry
from payments.models import BalanceTransaction, ChannelNotification, Event, Payment, RefusedCount
from settlements.queries import integrity
from tests.contracts import extent
from tests.contracts.conftest import desks  # noqa: F401
from tests.contracts.desks import ACCEPTED, LATER, METHODS, said_at
from tests.rig.races import at_once
from tests.rig.stage import run_jobs

TIMES = 100
CROWD = extent.times(fast=25, whole=100)
"""How many knock at the same moment, each with a connection; they come again until it is 100."""


@pytest.mark.parametrize("channel", sorted(METHODS))
def test_f18_a_hundred_at_once_are_one_change_and_a_hundred_acknowledgements(
    desks,  # noqa: F811
    channel,
):
    # Given
    desk = desks[channel]
    attempt = desk.paid()
    letter = desk.letter(attempt)

    def knock() -> list[object]:
        return [said_at(desk.account, letter) for _ in range(TIMES // CROWD)]

    # When
    with time_machine.travel(LATER, tick=False):
        answers = at_once(*[partial(knock)] * CROWD)

    # Then
    assert [said for several in answers for said in several] == [ACCEPTED[channel]] * TIMES
    verdicts = list(ChannelNotification.objects.values_list("verdict", flat=True))
    assert (verdicts.count("genuine"), set(verdicts)) == (1, {"genuine", "repeated"})
    # In an hour so many repetitions are kept, and more of them are only counted.
    counted = sum(RefusedCount.objects.values_list("count", flat=True))
    assert len(verdicts) + counted == TIMES
    assert run_jobs() == ["payments.query_attempt"]
    payment = Payment.objects.get()
    assert payment.status == "paid"
    assert JournalEntry.objects.count() == BalanceTransaction.objects.count() == 1
    assert Event.objects.filter(kind="payment.paid").count() == 1
    assert AuditEntry.objects.filter(action="payment.paid").count() == 1
    assert integrity.verify().is_sound
