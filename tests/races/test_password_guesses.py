"""However many guess at once, at most five are evaluated; a token is used by one of many."""

import threading
from collections import Counter

import argon2
import pytest
from django.db import transaction

from risk import pins
from risk.actions import guesses, passwords
from risk.errors import PasswordLockedError, TokenRefusedError, WrongPasswordError
from risk.models import PaymentPassword
from risk.pins import PasswordOwner
from tests.factories.passwords import (
    ONE_PAYMENT,
    PIN,
    WRONG_PIN,
    guessed_wrong,
    lock_runs_out,
    password_of,
    payers_password,
    tokens_of,
    typed,
)
from tests.instants import NOON
from tests.rig.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 20
GUESSES = 200
MOST_EVALUATED = 5


class Evaluations:
    """How often argon2 was really asked whether a PIN is right."""

    def __init__(self) -> None:
        self.count = 0
        self._counting = threading.Lock()
        self._verify = argon2.PasswordHasher.verify

    def verify(self, hasher: argon2.PasswordHasher, *arguments: object) -> bool:
        with self._counting:
            self.count += 1
        return bool(self._verify(hasher, *arguments))


@pytest.fixture
def evaluations(monkeypatch) -> Evaluations:
    counted = Evaluations()

    def verify(hasher: argon2.PasswordHasher, *arguments: object) -> bool:
        return counted.verify(hasher, *arguments)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", verify)
    return counted


def guess(owner: PasswordOwner, *, times: int) -> Counter[str]:
    """Guess wrong so many times; count what was answered."""
    answers: Counter[str] = Counter()
    for _ in range(times):
        try:
            typed(owner, WRONG_PIN)
        except (WrongPasswordError, PasswordLockedError) as refusal:
            answers[refusal.code] += 1
    return answers


def test_of_two_hundred_guesses_at_once_five_are_evaluated(evaluations):
    # Given
    owner = payers_password()

    # When
    answers = at_once(*[lambda: guess(owner, times=GUESSES // THREADS)] * THREADS)

    # Then
    assert sum((Counter(answer) for answer in answers), Counter()).total() == GUESSES
    assert evaluations.count == MOST_EVALUATED
    row = password_of(owner)
    assert (row.attempts, row.attempts_ever, row.lock_level) == (5, 5, 1)
    with pytest.raises(PasswordLockedError):
        typed(owner, PIN)
    assert evaluations.count == MOST_EVALUATED


def test_the_second_lock_lets_five_more_through_and_the_third_the_last(evaluations):
    # Given
    owner = payers_password()

    # When
    for _ in range(4):
        at_once(*[lambda: guess(owner, times=2)] * THREADS)
        lock_runs_out(owner)

    # Then
    assert evaluations.count == 3 * MOST_EVALUATED
    assert password_of(owner).lock_level == 3


def test_right_ones_among_them_never_let_more_than_five_wrong_ones_stand(evaluations):
    # Given
    owner = payers_password()
    guessed_wrong(owner, times=2)
    tokens: list[str] = []

    def know_it() -> None:
        try:
            tokens.append(typed(owner, PIN))
        except PasswordLockedError:
            return

    # When
    at_once(*[know_it] * 4, *[lambda: guess(owner, times=1)] * 12)

    # Then
    row = password_of(owner)
    assert evaluations.count == row.attempts_ever
    assert len(tokens_of(owner)) == len(tokens) == len(set(tokens))
    # Each right one forgives at most what came before it: five wrong ones in a row lock.
    assert row.attempts_ever <= MOST_EVALUATED * (len(tokens) + 1)
    assert row.attempts <= MOST_EVALUATED


def test_no_more_are_verified_at_once_than_there_are_places(monkeypatch):
    # Given
    owners = [payers_password() for _ in range(8)]
    at_work, most = [], []

    def slowly(pin, stored, *, owner):
        at_work.append(owner)
        most.append(len(at_work))
        threading.Event().wait(timeout=0.02)
        at_work.remove(owner)
        return True

    monkeypatch.setattr(pins, "matches", slowly)

    # When
    answers = at_once(*[lambda owner=owner: typed(owner) for owner in owners])

    # Then
    assert all(isinstance(answer, str) for answer in answers)
    assert max(most) <= guesses.VERIFICATIONS_AT_ONCE


def test_a_token_is_used_by_one_of_twenty():
    # Given
    owner = payers_password()
    token = typed(owner)

    def use() -> bool:
        with transaction.atomic():
            passwords.consume_token(token, owner=owner, binding=ONE_PAYMENT)
        return True

    # When
    answers = at_once(*[use] * THREADS)

    # Then
    assert answers.count(True) == 1
    assert sum(isinstance(answer, TokenRefusedError) for answer in answers) == THREADS - 1


def test_a_first_password_is_set_by_one_of_many():
    # Given
    owner = PasswordOwner.payer("pyr_nobody_else")
    choices = ["271828", "314159", "161803", "141421"]

    def choose(pin: str) -> str:
        passwords.set_password(owner=owner, pin=pin, actor="payer:x", client_ip=None, at=NOON)
        return pin

    # When
    answers = at_once(*[lambda pin=pin: choose(pin) for pin in choices])

    # Then
    [chosen] = [answer for answer in answers if isinstance(answer, str)]
    typed(owner, chosen)


def test_looking_first_and_counting_after_evaluates_more_which_is_why_it_is_one_update(
    evaluations,
):
    # Given
    owner = payers_password()
    all_have_looked = threading.Barrier(THREADS, timeout=10)

    def naive() -> bool:
        row = password_of(owner)
        all_have_looked.wait()
        if row.attempts >= MOST_EVALUATED:
            return False
        is_right = pins.matches(WRONG_PIN, row.stored, owner=owner)
        if not is_right:
            PaymentPassword.objects.filter(pk=row.pk).update(attempts=min(row.attempts + 1, 5))
        return is_right

    # When
    at_once(*[naive] * THREADS)

    # Then
    assert evaluations.count == THREADS > MOST_EVALUATED
    assert password_of(owner).attempts == 1
