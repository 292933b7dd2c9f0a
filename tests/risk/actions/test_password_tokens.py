"""Tokens of a password, and that its digits are nowhere."""

import dataclasses
import logging
from datetime import timedelta

import pytest
from django.db import connection, transaction

from payments.models import DatabaseClock
from risk import pins
from risk.actions import passwords
from risk.errors import (
    PasswordFrozenError,
    TokenRefusedError,
    WeakPasswordError,
    WrongPasswordError,
)
from risk.models import PaymentPassword, PaymentToken
from risk.pins import PasswordOwner
from risk.queries.passwords import frozen_until
from tests.factories.passwords import (
    ONE_PAYMENT,
    OTHER_PIN,
    PIN,
    WRONG_PIN,
    members_password,
    password_of,
    payers_password,
    set_password,
    tokens_of,
    typed,
)
from tests.factories.risk import PayerFactory
from tests.instants import NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


ONE_SETTLEMENT = dataclasses.replace(ONE_PAYMENT, deed="settlement", subject="stl_1")


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
