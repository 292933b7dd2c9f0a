"""Payment and settlement passwords: set, changed, verified, locked; and the tokens they buy."""

from datetime import timedelta

import pytest
from django.db import transaction

from ledger.models import AuditEntry
from risk import pins
from risk.actions import guesses, passwords
from risk.errors import (
    PasswordAlreadySetError,
    PasswordBusyError,
    PasswordNotSetError,
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
    members_password,
    password_of,
    payers_password,
    set_password,
    tokens_of,
    typed,
)
from tests.factories.payments import MemberFactory
from tests.factories.risk import PayerFactory
from tests.instants import NOON
from tests.rig.rows import nothing_written
from tests.risk.actions.password_rows import told

pytestmark = pytest.mark.django_db


class TestSetting:
    def test_keeps_a_hash_and_tells_it_without_the_digits(self):
        # When
        owner = payers_password()

        # Then
        row = password_of(owner)
        assert pins.matches(PIN, row.stored, owner=owner)
        assert (row.version, row.attempts, row.lock_level, row.set_at) == (1, 0, 0, NOON)
        assert told(owner) == ["password.set"]
        entry = AuditEntry.objects.get(subject=row.pk)
        assert (entry.actor, entry.client_ip, entry.at) == (owner.reference, ADDRESS, NOON)
        assert entry.after == {"owner": owner.reference, "version": 1, "lock_level": 0}
        assert standing(owner).is_set

    @pytest.mark.parametrize("pin", ["12345", "000000", "123456"])
    def test_refuses_weak_digits_and_writes_nothing(self, pin):
        owner = PasswordOwner.payer(PayerFactory().pk)

        with nothing_written(), pytest.raises(WeakPasswordError):
            set_password(owner, pin=pin)

    def test_refuses_the_end_of_the_partners_number(self):
        owner = PasswordOwner.payer(PayerFactory(external_no="13800271828").pk)

        with nothing_written(), pytest.raises(WeakPasswordError, match="others know"):
            set_password(owner, pin="271828")

    def test_refuses_the_end_of_the_name_that_a_member_signs_in_by(self):
        member = MemberFactory(user__username="shop271828")

        with nothing_written(), pytest.raises(WeakPasswordError):
            set_password(PasswordOwner.member(member.pk), pin="271828")

    def test_refuses_a_second_one_and_the_first_stays(self):
        owner = payers_password()

        with nothing_written(), pytest.raises(PasswordAlreadySetError):
            set_password(owner, pin=OTHER_PIN)
        typed(owner, PIN)

    def test_a_payer_and_a_member_of_one_number_are_two_owners(self):
        members = members_password(pin=PIN)
        payers = set_password(PasswordOwner.payer(members.id), pin=OTHER_PIN)

        typed(members, PIN)
        typed(payers, OTHER_PIN)


class TestVerifying:
    def test_gives_a_token_for_two_minutes_and_keeps_its_digest(self):
        # Given
        owner = payers_password()

        # When
        secret = typed(owner)

        # Then
        [token] = tokens_of(owner)
        assert len(secret) == 43
        assert secret.encode() not in bytes(token.token_sha256)
        assert (token.deed, token.subject, token.used_at) == ("payment", "pay_1", None)
        assert bytes(token.binding_sha256) == ONE_PAYMENT.digest
        lifetime = token.expires_at - token.created_at
        assert timedelta(seconds=120) <= lifetime < timedelta(seconds=121)

    def test_counts_a_wrong_one_and_says_how_many_are_left(self):
        # Given
        owner = payers_password()

        # When
        with pytest.raises(WrongPasswordError) as refused:
            typed(owner, WRONG_PIN)

        # Then
        assert refused.value.attempts_left == 4
        assert str(refused.value) == "The password is wrong. Attempts left: 4."
        row = password_of(owner)
        assert (row.attempts, row.attempts_ever) == (1, 1)
        assert tokens_of(owner) == []
        assert told(owner) == ["password.set"]

    def test_a_right_one_forgives_the_wrong_ones_before_it(self):
        owner = payers_password()
        guessed_wrong(owner, times=4)

        typed(owner)

        row = password_of(owner)
        assert (row.attempts, row.attempts_ever, row.lock_level) == (0, 5, 0)
        assert row.locked_until is None
        assert told(owner) == ["password.set"]

    def test_without_a_password_nothing_is_counted(self):
        owner = PasswordOwner.payer(PayerFactory().pk)

        with nothing_written(), pytest.raises(PasswordNotSetError):
            typed(owner)

    def test_stores_it_anew_with_the_new_pepper_at_the_next_right_one(self, settings):
        # Given
        owner = payers_password()
        settings.PAYMENT_PASSWORD_PEPPERS = {
            "new": bytes(range(32)),
            **settings.PAYMENT_PASSWORD_PEPPERS,
        }

        # When
        guessed_wrong(owner, times=1)
        kept_after_wrong = password_of(owner).pepper_version
        token = typed(owner)

        # Then
        assert kept_after_wrong == "test1"
        assert password_of(owner).pepper_version == "new"
        assert password_of(owner).version == 1
        settings.PAYMENT_PASSWORD_PEPPERS = {"new": bytes(range(32))}
        typed(owner)
        with transaction.atomic():
            passwords.consume_token(token, owner=owner, binding=ONE_PAYMENT)

    def test_who_finds_no_place_is_asked_to_come_again_and_nothing_is_counted(self, monkeypatch):
        owner = payers_password()
        monkeypatch.setattr(guesses, "PATIENCE_SECONDS", 0)
        for _ in range(guesses.VERIFICATIONS_AT_ONCE):
            guesses._places.acquire()

        try:
            with nothing_written(), pytest.raises(PasswordBusyError):
                typed(owner)
        finally:
            guesses._places.release(guesses.VERIFICATIONS_AT_ONCE)
        assert password_of(owner).attempts_ever == 0
