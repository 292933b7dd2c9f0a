"""Locks and fences around a password."""

import pytest
from django.db import connection, transaction

from risk import pins
from risk.actions import guesses, passwords
from risk.errors import (
    PasswordLockedError,
    PasswordResetNeededError,
    TokenRefusedError,
    WeakPasswordError,
    WrongPasswordError,
)
from risk.pins import PasswordOwner
from risk.queries.passwords import standing
from tests.factories.passwords import (
    ADDRESS,
    ONE_PAYMENT,
    OTHER_PIN,
    PIN,
    WRONG_PIN,
    guessed_wrong,
    lock_runs_out,
    password_of,
    payers_password,
    typed,
)
from tests.instants import NOON
from tests.rig.rows import nothing_written
from tests.risk.actions.password_rows import told

pytestmark = pytest.mark.django_db


def seconds_left(column: str, *, owner: PasswordOwner) -> int:
    """Return how many seconds of the database's clock are left until a column's instant."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT round(extract(epoch FROM {column} - clock_timestamp()))"  # noqa: S608
            " FROM risk_paymentpassword WHERE owner_id = %s",
            [owner.id],
        )
        return int(cursor.fetchone()[0])


class TestLocking:
    def test_five_wrong_ones_lock_it_for_three_hours_also_for_the_right_one(self):
        # Given
        owner = payers_password()
        guessed_wrong(owner, times=4)

        # When
        with pytest.raises(PasswordLockedError) as locked:
            typed(owner, WRONG_PIN)

        # Then
        assert 3 * 3600 - 5 <= seconds_left("locked_until", owner=owner) <= 3 * 3600
        assert locked.value.until == password_of(owner).locked_until
        assert "Asia/Shanghai" in str(locked.value)
        assert told(owner) == ["password.set", "password.locked"]
        with nothing_written(), pytest.raises(PasswordLockedError):
            typed(owner, PIN)
        assert password_of(owner).attempts_ever == 5

    def test_the_next_five_lock_it_for_a_day_and_five_more_until_it_is_reset(self):
        # Given
        owner = payers_password()
        guessed_wrong(owner, times=5)
        lock_runs_out(owner)

        # When
        guessed_wrong(owner, times=5)

        # Then
        assert 24 * 3600 - 5 <= seconds_left("locked_until", owner=owner) <= 24 * 3600

        # When
        lock_runs_out(owner)
        guessed_wrong(owner, times=4)
        with pytest.raises(PasswordResetNeededError):
            typed(owner, WRONG_PIN)

        # Then
        row = password_of(owner)
        assert (row.lock_level, row.locked_until, row.attempts_ever) == (3, None, 15)
        with nothing_written(), pytest.raises(PasswordResetNeededError):
            typed(owner, PIN)
        assert told(owner) == ["password.set", *["password.locked"] * 3]
        assert standing(owner).needs_reset

    def test_after_the_lock_the_right_one_opens_and_forgives_everything(self):
        owner = payers_password()
        guessed_wrong(owner, times=5)
        lock_runs_out(owner)

        typed(owner)

        row = password_of(owner)
        assert (row.attempts, row.lock_level, row.locked_until) == (0, 0, None)

    def test_a_process_that_dies_while_it_verifies_the_fifth_leaves_the_lock(self, monkeypatch):
        # Given
        owner = payers_password()
        guessed_wrong(owner, times=4)

        def die(*_arguments, **_more):
            raise SystemExit

        # When
        with monkeypatch.context() as during:
            during.setattr(pins, "matches", die)
            with pytest.raises(SystemExit):
                typed(owner, PIN)

        # Then
        with pytest.raises(PasswordLockedError):
            typed(owner, PIN)

    def test_another_owner_is_not_locked(self):
        guessed_wrong(payers_password(), times=5)

        typed(payers_password())


class TestFencing:
    def test_a_right_one_forgives_nothing_that_was_tried_after_it(self):
        # Given
        owner = payers_password()
        right = guesses.evaluate(owner, PIN)
        guessed_wrong(owner, times=3)

        # When
        with transaction.atomic():
            guesses.forgive(right)

        # Then
        assert password_of(owner).attempts == 3

    def test_one_that_comes_after_five_others_does_not_take_their_lock_off(self):
        # Given
        owner = payers_password()
        right = guesses.evaluate(owner, PIN)
        guessed_wrong(owner, times=4)
        lock_runs_out(owner)
        guessed_wrong(owner, times=5)

        # When
        with transaction.atomic():
            guesses.forgive(right)

        # Then
        with pytest.raises(PasswordLockedError):
            typed(owner)

    def test_one_for_digits_that_were_changed_meanwhile_is_worth_nothing(self):
        owner = payers_password()
        right = guesses.evaluate(owner, PIN)
        passwords.change_password(
            owner=owner,
            old_pin=PIN,
            new_pin=OTHER_PIN,
            actor=owner.reference,
            client_ip=ADDRESS,
            at=NOON,
        )

        with pytest.raises(TokenRefusedError), transaction.atomic():
            guesses.forgive(right)


class TestChanging:
    def change(self, owner: PasswordOwner, old_pin: str, new_pin: str) -> None:
        passwords.change_password(
            owner=owner,
            old_pin=old_pin,
            new_pin=new_pin,
            actor=owner.reference,
            client_ip=ADDRESS,
            at=NOON,
        )

    def test_puts_the_new_one_in_its_place_and_kills_the_tokens_of_the_old_one(self):
        # Given
        owner = payers_password()
        token = typed(owner)

        # When
        self.change(owner, PIN, OTHER_PIN)

        # Then
        assert told(owner) == ["password.set", "password.changed"]
        assert password_of(owner).version == 2
        typed(owner, OTHER_PIN)
        with pytest.raises(WrongPasswordError):
            typed(owner, PIN)
        with pytest.raises(TokenRefusedError), transaction.atomic():
            passwords.consume_token(token, owner=owner, binding=ONE_PAYMENT)

    def test_a_wrong_old_one_counts_like_any_and_changes_nothing(self):
        owner = payers_password()

        with pytest.raises(WrongPasswordError) as refused:
            self.change(owner, WRONG_PIN, OTHER_PIN)

        assert refused.value.attempts_left == 4
        typed(owner, PIN)

    @pytest.mark.parametrize("new_pin", ["111111", PIN])
    def test_a_weak_or_the_same_new_one_is_refused_before_anything_is_counted(self, new_pin):
        owner = payers_password()

        with nothing_written(), pytest.raises(WeakPasswordError):
            self.change(owner, PIN, new_pin)
        assert password_of(owner).attempts_ever == 0
