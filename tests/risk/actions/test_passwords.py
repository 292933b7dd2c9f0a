"""Payment and settlement passwords: set, changed, verified, locked; and the tokens they buy."""

import dataclasses
import logging
from datetime import timedelta

import pytest
from django.db import connection, transaction

from ledger.models import AuditEntry
from payments.models import DatabaseClock, Event
from risk import pins
from risk.actions import guesses, passwords
from risk.errors import (
    PasswordAlreadySetError,
    PasswordBusyError,
    PasswordFrozenError,
    PasswordLockedError,
    PasswordNotSetError,
    PasswordResetNeededError,
    TokenRefusedError,
    WeakPasswordError,
    WrongPasswordError,
)
from risk.models import PaymentPassword, PaymentToken
from risk.pins import PasswordOwner
from risk.queries.passwords import frozen_until, standing
from tests.factories.passwords import (
    ADDRESS,
    ONE_PAYMENT,
    OTHER_PIN,
    PIN,
    WRONG_PIN,
    guessed_wrong,
    lock_runs_out,
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

pytestmark = pytest.mark.django_db

ONE_SETTLEMENT = dataclasses.replace(ONE_PAYMENT, deed="settlement", subject="stl_1")


def told(owner: PasswordOwner) -> list[str]:
    """Return what the audit trail and the outbox say of the owner's password, in order."""
    subject = password_of(owner).pk
    audit = list(AuditEntry.objects.filter(subject=subject).order_by("pk"))
    events = list(Event.objects.filter(subject=subject).order_by("sequence"))
    assert [row.action for row in audit] == [event.kind for event in events]
    return [row.action for row in audit]


def seconds_left(column: str, *, owner: PasswordOwner) -> int:
    """Return how many seconds of the database's clock are left until a column's instant."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT round(extract(epoch FROM {column} - clock_timestamp()))"  # noqa: S608
            " FROM risk_paymentpassword WHERE owner_id = %s",
            [owner.id],
        )
        return int(cursor.fetchone()[0])


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


class TestTokens:
    def consume(self, token: str, *, owner: PasswordOwner, **changed: object) -> None:
        binding = dataclasses.replace(ONE_PAYMENT, **changed)
        with transaction.atomic():
            passwords.consume_token(token, owner=owner, binding=binding)

    def test_is_used_once(self):
        owner = payers_password()
        token = typed(owner)

        self.consume(token, owner=owner)

        assert tokens_of(owner)[0].used_at is not None
        with nothing_written(), pytest.raises(TokenRefusedError):
            self.consume(token, owner=owner)

    @pytest.mark.parametrize(
        "changed",
        [
            {"deed": "settlement"},
            {"subject": "pay_2"},
            {"amount_minor": 10_001},
            {"currency": "USD"},
            {"payees": ("mer_1",)},
            {"payees": ("mer_2", "mer_1")},
            {"version": "2"},
        ],
    )
    def test_any_edit_of_what_is_paid_kills_it(self, changed):
        owner = payers_password()
        token = typed(owner)

        with pytest.raises(TokenRefusedError):
            self.consume(token, owner=owner, **changed)
        assert tokens_of(owner)[0].used_at is None

    def test_is_worth_nothing_to_somebody_else(self):
        token = typed(payers_password())

        with pytest.raises(TokenRefusedError):
            self.consume(token, owner=payers_password())

    @pytest.mark.parametrize("token", ["", "x", "0" * 43, "\0", "密"])
    def test_nonsense_is_refused(self, token):
        with pytest.raises(TokenRefusedError):
            self.consume(token, owner=payers_password())

    def test_is_over_after_two_minutes_of_the_database(self):
        # Given
        owner = payers_password()
        password = password_of(owner)
        ages = {"just in time": 1, "too late": 0}
        answers = {}

        # When
        for name, seconds in ages.items():
            secret = f"a token that is {name}"
            PaymentToken.objects.create(
                password=password,
                password_version=1,
                token_sha256=passwords._digest(secret),
                deed="payment",
                subject="pay_1",
                binding_sha256=ONE_PAYMENT.digest,
                created_at=DatabaseClock() - timedelta(seconds=120),
                expires_at=DatabaseClock() + timedelta(seconds=seconds),
            )
            try:
                self.consume(secret, owner=owner)
            except TokenRefusedError:
                answers[name] = "refused"
            else:
                answers[name] = "used"

        # Then
        assert answers == {"just in time": "used", "too late": "refused"}

    def test_comes_back_when_its_deed_does_not_happen(self):
        owner = payers_password()
        token = typed(owner)

        with transaction.atomic():
            passwords.consume_token(token, owner=owner, binding=ONE_PAYMENT)
            transaction.set_rollback(True)

        self.consume(token, owner=owner)


class TestPayoutsThatRest:
    def test_a_settlement_is_refused_within_a_day_after_a_reset_and_nothing_is_counted(self):
        # Given
        owner = members_password()
        PaymentPassword.objects.update(frozen_until=DatabaseClock() + timedelta(hours=24))

        # When
        with nothing_written(), pytest.raises(PasswordFrozenError) as refused:
            typed(owner, binding=ONE_SETTLEMENT)

        # Then
        assert refused.value.until == frozen_until(owner) == password_of(owner).frozen_until
        assert password_of(owner).attempts_ever == 0
        typed(owner, binding=ONE_PAYMENT)

    def test_a_day_later_it_goes(self):
        owner = members_password()
        PaymentPassword.objects.update(frozen_until=DatabaseClock())

        assert frozen_until(owner) is None
        typed(owner, binding=ONE_SETTLEMENT)


@pytest.mark.django_db(transaction=True)
def test_an_attempt_is_committed_before_it_is_verified(monkeypatch):
    # Given
    owner = payers_password()
    seen = []

    def looked(pin, stored, *, owner):
        seen.append((connection.in_atomic_block, password_of(owner).attempts_ever))
        return False

    monkeypatch.setattr(pins, "matches", looked)

    # When
    with pytest.raises(WrongPasswordError):
        typed(owner)

    # Then
    assert seen == [(False, 1)]


@pytest.mark.django_db(transaction=True)
def test_refuses_to_verify_inside_a_transaction_that_could_take_the_count_back():
    owner = payers_password()

    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        typed(owner, WRONG_PIN)
    with pytest.raises(AssertionError, match="part"):
        passwords.consume_token("x", owner=owner, binding=ONE_PAYMENT)

    assert password_of(owner).attempts_ever == 0


def test_no_digits_are_written_or_logged_anywhere(caplog):
    # Given
    caplog.set_level(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.CRITICAL)
    owner = payers_password()

    # When
    errors = []
    for pin in (WRONG_PIN, "12", PIN):
        try:
            typed(owner, pin)
        except WrongPasswordError as error:
            errors.append(f"{error!r} {error}")
    with pytest.raises(WeakPasswordError) as weak:
        set_password(PasswordOwner.payer(PayerFactory().pk), pin="123456")
    errors.append(f"{weak.value!r} {weak.value}")
    passwords.change_password(
        owner=owner, old_pin=PIN, new_pin=OTHER_PIN, actor="x", client_ip=None, at=NOON
    )

    # Then
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT coalesce(string_agg(a::text, ' '), '') FROM ledger_auditentry a)"
            " || (SELECT coalesce(string_agg(e::text, ' '), '') FROM payments_event e)"
            " || (SELECT string_agg(p::text, ' ') FROM risk_paymentpassword p)"
            " || (SELECT string_agg(t::text, ' ') FROM risk_paymenttoken t)"
        )
        [written] = cursor.fetchone()
    everything = written + caplog.text + " ".join(errors)
    for pin in (PIN, OTHER_PIN, WRONG_PIN, "123456"):
        assert pin not in everything
