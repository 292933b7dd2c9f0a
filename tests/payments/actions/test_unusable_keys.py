# ruff: noqa: F811  fixtures are imported
"""F51: an account whose keys cannot be used is trouble of its line, and nobody's order is stuck."""

from datetime import timedelta

import pytest

from ledger import encryption
from ledger.errors import DecryptionError
from payments.actions import attempts
from payments.actions.order_courses import UNASKED_PAUSE
from payments.channels.base import ChannelConfigurationError
from payments.errors import LiveChannelInSandboxError
from payments.models import ChannelBreaker, ChannelOperation, DatabaseClock
from payments.queries.operations import operations_due
from tests.factories.payments import confirmed_payment
from tests.instants import NOON
from tests.payments.actions.attempt_desk import counter  # noqa: F401
from tests.payments.actions.prepared_orders import is_about, time_until
from tests.payments.actions.two_accounts import another, second, tries  # noqa: F401
from tests.rig.stage import let_machines_wait, run_jobs


class Keys:
    """The private key of the first account: while it is lost, nobody can open it."""

    is_lost = True


@pytest.fixture
def keys(counter, monkeypatch) -> Keys:
    """Lose the first account's private key."""
    keys = Keys()
    place = f"payments_channelaccount|private_key|{counter.attempt.channel_account_id}"
    real = encryption.decrypt

    def decrypt(text: str, *, aad: str) -> str:
        if keys.is_lost and aad == place:
            raise DecryptionError
        return real(text, aad=aad)

    monkeypatch.setattr(encryption, "decrypt", decrypt)
    return keys


def test_what_cannot_be_signed_is_taken_by_the_next_account(counter, second, keys):
    # Given
    first = counter.attempt.channel_account

    # When
    counter.send()
    run_jobs(queues=["money"])

    # Then
    assert counter.attempt.operation.code == "NO_KEYS"
    assert tries(counter) == [(first.pk, "failed"), (second.pk, "awaiting_payer")]
    assert counter.calls == []


def test_where_there_is_no_other_it_waits_and_its_line_says_why(counter, keys):
    # When
    counter.send()

    # Then
    assert counter.statuses == ("awaiting_payment", "prepared", "prepared")
    assert counter.attempt.operation.lease_token is None
    breaker = ChannelBreaker.objects.get()
    assert len(breaker.failed_at) == 1
    assert breaker.reason.startswith("NO_KEYS ")

    # When it has its keys again
    keys.is_lost = False
    let_machines_wait()
    attempts.defer_due(at=NOON)
    run_jobs()

    # Then
    assert counter.statuses[1:] == ("awaiting_payer", "awaiting_payer")
    assert ChannelBreaker.objects.get().failed_at == []


def test_five_of_them_open_the_breaker(counter, keys):
    # When
    for _ in range(5):
        counter.send()

    # Then
    assert ChannelBreaker.objects.get().opened_at is not None


def test_questions_that_nobody_could_ask_use_up_no_schedule(counter, keys):
    # Given an order whose answer was lost
    keys.is_lost = False
    counter.fail("timeout_after_commit", "precreate")
    counter.send()
    keys.is_lost = True

    # When the keys are away for longer than the schedule is long
    for _ in range(20):
        let_machines_wait()
        counter.ask()

    # Then
    operation = counter.attempt.operation
    assert (operation.status, operation.code, operation.queries) == ("unknown", "NO_KEYS", 0)
    assert operation.lease_token is None
    assert is_about(time_until("next_query_at"), UNASKED_PAUSE)

    # When they are back
    keys.is_lost = False
    let_machines_wait()
    counter.ask()

    # Then
    assert counter.statuses[1:] == ("awaiting_payer", "awaiting_payer")
    assert counter.attempt.operation.queries == 1


@pytest.mark.parametrize(
    "error", [ChannelConfigurationError("private_key_pem"), LiveChannelInSandboxError()], ids=repr
)
def test_each_way_to_be_unable_to_speak_is_the_same_trouble(counter, monkeypatch, error):
    # Given
    def unable(_account):
        raise error

    monkeypatch.setattr("payments.actions.attempt_questions.channel_of", unable)

    # When
    counter.send()

    # Then
    assert counter.attempt.operation.code == "NO_KEYS"
    assert counter.statuses[1:] == ("prepared", "prepared")


def test_other_mistakes_are_no_trouble_of_the_line(counter, monkeypatch):
    # Given
    def mistaken(_account):
        raise ValueError("ours")

    monkeypatch.setattr("payments.actions.attempt_questions.channel_of", mistaken)

    # When, Then it may have left
    with pytest.raises(ValueError, match="ours"):
        counter.send()
    assert counter.statuses[1:] == ("sending", "sending")


def test_who_is_stuck_holds_up_nobody_else(counter):
    # Given two older orders, of which one was just asked about, and one whose asker died since
    asked, died = counter.attempt.operation, confirmed_payment().operation
    other = confirmed_payment().operation
    waits = {asked: 1, died: 60, other: 5}
    for operation, minutes in waits.items():
        ChannelOperation.objects.filter(pk=operation.pk).update(
            next_query_at=DatabaseClock() - timedelta(minutes=minutes)
        )
    ChannelOperation.objects.filter(pk=died.pk).update(
        lease_until=DatabaseClock() - timedelta(minutes=2)
    )

    # When, Then
    assert operations_due("pay", limit=1) == [other]
    assert operations_due("pay", limit=9) == [other, died, asked]
