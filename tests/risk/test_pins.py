"""Six digits: which may be chosen, and what is kept of them."""

from datetime import date

import pytest
from django.core.exceptions import ImproperlyConfigured

from risk import pins
from risk.pins import PasswordOwner, StoredPin, TokenBinding

PAYER = PasswordOwner.payer("pyr_1")
PEPPER = bytes(range(32))


@pytest.mark.parametrize(
    "pin",
    [
        *(
            "",
            "12345",
            "1234567",
            "12345a",
            " 12345",
            "123456 ",
            "１２３４５６",
            "12345\n",
            "-12345",
        ),
        *("000000", "111111", "999999", "121212", "909090", "123123", "800800"),
        *("123456", "012345", "456789", "567890", "654321", "987654", "543210", "098765"),
    ],
)
def test_refuses_what_a_thief_would_try_first(pin):
    assert pins.weakness(pin) is not None


@pytest.mark.parametrize("pin", ["271828", "100000", "112233", "135790", "123457", "000001"])
def test_lets_pass_what_is_harder_to_guess(pin):
    assert pins.weakness(pin) is None


@pytest.mark.parametrize(
    "pin", ["850412", "120485", "041285", "851204", "198504", "041985", "198512"]
)
def test_refuses_a_birthday_in_every_spelling(pin):
    birthday = date(1985, 4, 12)

    assert str(pins.weakness(pin, birthday=birthday)) == "It is a birthday, and others know it."
    assert pins.weakness(pin, birthday=date(1986, 5, 13)) is None


def test_refuses_the_end_of_a_number_that_others_know():
    known = ("alice", "+86 138-0027 1828")

    assert pins.weakness("271828", known_numbers=known) is not None
    assert pins.weakness("271829", known_numbers=known) is None


def test_what_is_stored_is_argon2id_of_the_owasp_minimum_and_never_the_same_twice(settings):
    one, two = (pins.store("271828", owner=PAYER) for _ in range(2))

    assert one.encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one.encoded != two.encoded
    assert one.pepper_version == next(iter(settings.PAYMENT_PASSWORD_PEPPERS)) == "test1"
    assert "271828" not in one.encoded


def test_is_the_owners_alone():
    stored = pins.store("271828", owner=PAYER)

    assert pins.matches("271828", stored, owner=PAYER)
    assert not pins.matches("271829", stored, owner=PAYER)
    assert not pins.matches("271828", stored, owner=PasswordOwner.payer("pyr_2"))
    assert not pins.matches("271828", stored, owner=PasswordOwner("member", "pyr_1"))
    assert not pins.matches("271828", StoredPin("$argon2id$broken", "test1"), owner=PAYER)


def test_is_worth_nothing_without_the_pepper(settings):
    stored = pins.store("271828", owner=PAYER)

    settings.PAYMENT_PASSWORD_PEPPERS = {"test1": PEPPER}
    assert not pins.matches("271828", stored, owner=PAYER)

    settings.PAYMENT_PASSWORD_PEPPERS = {"other": PEPPER}
    with pytest.raises(ImproperlyConfigured, match="lacks 'test1'"):
        pins.matches("271828", stored, owner=PAYER)


def test_is_stored_anew_once_pepper_or_costs_are_others(settings):
    stored = pins.store("271828", owner=PAYER)
    assert pins.is_current(stored)

    settings.PAYMENT_PASSWORD_PEPPERS = {"new": PEPPER, **settings.PAYMENT_PASSWORD_PEPPERS}
    assert pins.matches("271828", stored, owner=PAYER)
    assert not pins.is_current(stored)

    of_today = pins.store("271828", owner=PAYER)
    assert pins.is_current(of_today)
    settings.PAYMENT_PASSWORD_ARGON2 = {"time_cost": 1, "memory_kib": 47_104, "parallelism": 1}
    assert pins.matches("271828", of_today, owner=PAYER)
    assert not pins.is_current(of_today)


@pytest.mark.parametrize("peppers", [{}, {"short": b"0" * 31}])
def test_refuses_to_work_without_a_pepper_worth_the_name(settings, peppers):
    settings.PAYMENT_PASSWORD_PEPPERS = peppers

    with pytest.raises(ImproperlyConfigured, match="PAYMENT_PASSWORD_PEPPERS must hold"):
        pins.store("271828", owner=PAYER)


def test_the_digest_of_a_binding_covers_every_part_of_it():
    # Given
    whole = {
        "deed": "payment",
        "subject": "pay_1",
        "amount_minor": 10_000,
        "currency": "CNY",
        "payees": ("mer_1", "mer_2"),
        "version": "1",
    }
    others = {
        "deed": "settlement",
        "subject": "pay_2",
        "amount_minor": 10_001,
        "currency": "USD",
        "payees": ("mer_2", "mer_1"),
        "version": "2",
    }

    # Then
    digests = {TokenBinding(**{**whole, part: other}).digest for part, other in others.items()}
    assert len(digests | {TokenBinding(**whole).digest}) == 7
    assert TokenBinding(**whole).digest == TokenBinding(**whole).digest
