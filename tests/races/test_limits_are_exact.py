"""Any number of clients at once, and no limit is passed by one unit, also across midnight."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest
from django.db import connections, transaction
from django.db.models import F

from ledger.identifiers import new_id
from payments.screening import Verdict
from risk.actions import limits, screenings
from risk.errors import LimitConflictError
from risk.models import (
    Limit,
    LimitCounter,
    LimitDeed,
    LimitRelease,
    LimitSubject,
    LimitWindow,
    Screening,
)
from tests.factories.risk import asked_payment, used_minor
from tests.instants import AFTER_MIDNIGHT, BEFORE_MIDNIGHT, FRIDAY, NOON, THURSDAY

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 12
PAYERS_DAY_MINOR = 500_000

Answer = TypeVar("Answer")


def at_once(deed: Callable[[int], Answer]) -> list[Answer]:
    """Let every client do its deed on a connection of its own, all starting together."""
    start = threading.Barrier(CLIENTS, timeout=10)

    def client(number: int) -> Answer:
        try:
            start.wait()
            return deed(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(client, range(CLIENTS)))


def pay(amounts_minor: Sequence[int], *, payer_id: str = "pyr_1", **more) -> list[int]:
    """Try to pay these amounts one after the other; return those that were allowed."""
    allowed = []
    for amount_minor in amounts_minor:
        with transaction.atomic(durable=True):
            judgement = screenings.screen_payment(
                asked_payment(payer_id=payer_id, amount_minor=amount_minor, **more)
            )
        if judgement.verdict == Verdict.ALLOW:
            allowed.append(amount_minor)
    return allowed


def test_exactly_as_many_payments_pass_as_fit():
    # Given
    amount_minor = 7_777
    fitting = PAYERS_DAY_MINOR // amount_minor
    assert fitting < CLIENTS * 8

    # When
    allowed = at_once(lambda number: pay([amount_minor] * 8))

    # Then
    assert sum(len(amounts) for amounts in allowed) == fitting == 64
    assert used_minor("pyr_1") == 64 * amount_minor
    assert Screening.objects.filter(verdict="allow").count() == 64
    assert Screening.objects.filter(code="limit.payer.day").count() == CLIENTS * 8 - 64


def test_whatever_the_amounts_nothing_is_lost_and_no_refusal_was_wrong():
    # Given
    wanted = [
        [(number * 37 + place * 101) % 997 * 100 + 1 for place in range(8)]
        for number in range(CLIENTS)
    ]

    # When
    allowed = at_once(lambda number: pay(wanted[number]))

    # Then
    used = used_minor("pyr_1")
    assert used == sum(map(sum, allowed))
    assert used <= PAYERS_DAY_MINOR
    refused = Screening.objects.filter(verdict="deny")
    assert refused.exists()
    # A counter only grows here, so what was refused then would not fit now either.
    assert all(used + row.facts["amount_minor"] > PAYERS_DAY_MINOR for row in refused)


def test_across_midnight_each_day_is_exact():
    # Given
    days = [
        {"business_date": THURSDAY, "at": BEFORE_MIDNIGHT},
        {"business_date": FRIDAY, "at": AFTER_MIDNIGHT},
    ]

    # When
    at_once(lambda number: [pay([99_999], **days[(number + turn) % 2]) for turn in range(4)])

    # Then
    assert used_minor("pyr_1", on=THURSDAY) == 5 * 99_999
    assert used_minor("pyr_1", on=FRIDAY) == 5 * 99_999


def test_several_limits_are_counted_together_or_not_at_all():
    # Given
    Limit.objects.create(
        deed=LimitDeed.PAYMENT,
        subject_kind=LimitSubject.PLATFORM,
        window=LimitWindow.DAY,
        currency="CNY",
        value_minor=1_000_000,
        valid_from=NOON - timedelta(days=1),
    )

    # When
    allowed = at_once(lambda number: pay([33_333] * 8, payer_id=f"pyr_{number % 3}"))

    # Then
    payers = [used_minor(f"pyr_{payer}") for payer in range(3)]
    assert used_minor("platform") == sum(payers) == sum(map(sum, allowed)) == 30 * 33_333
    assert max(payers) <= PAYERS_DAY_MINOR


def test_giving_back_while_others_use_loses_nothing():
    # Given
    def pay_and_fail_every_other(number: int) -> int:
        kept_minor = 0
        for turn in range(6):
            payment_id = new_id("pay")
            if pay([10_001], payment_id=payment_id) and turn % 2:
                with transaction.atomic(durable=True):
                    screenings.give_back(payment_id, at=NOON)
            elif Screening.objects.filter(subject=payment_id, verdict="allow").exists():
                kept_minor += 10_001
        return kept_minor

    # When
    kept = at_once(pay_and_fail_every_other)

    # Then
    assert used_minor("pyr_1") == sum(kept)
    assert LimitRelease.objects.exists()


def test_one_failure_reported_by_all_is_given_back_once():
    # Given
    pay([20_000])
    pay([50_000], payment_id="pay_1")
    failed = Screening.objects.get(subject="pay_1")

    # When
    def report(number: int) -> bool:
        with transaction.atomic(durable=True):
            return limits.give_back(failed, at=NOON)

    answers = at_once(report)

    # Then
    assert answers.count(True) == 1
    assert used_minor("pyr_1") == 20_000


def test_of_all_who_set_a_limit_at_once_one_is_in_force_and_the_others_are_told():
    # When
    def set_it(number: int) -> bool:
        try:
            limits.set_limit(
                deed=LimitDeed.PAYMENT,
                subject_kind=LimitSubject.PLATFORM,
                window=LimitWindow.TRANSACTION,
                currency="BRL",
                value_minor=number,
                actor=f"user:{number}",
                at=NOON,
            )
        except LimitConflictError:
            return False
        return True

    answers = at_once(set_it)

    # Then
    of_brazil = Limit.objects.filter(currency="BRL")
    assert of_brazil.count() == answers.count(True) >= 1
    assert of_brazil.in_force(NOON).count() == 1


def test_reading_first_and_writing_after_overruns_which_is_why_the_counter_is_guarded():
    # Given
    LimitCounter.objects.create(
        subject_id="pyr_1",
        deed=LimitDeed.PAYMENT,
        currency="CNY",
        business_date=THURSDAY,
        used_minor=PAYERS_DAY_MINOR - 10_000,
    )
    all_have_read = threading.Barrier(CLIENTS, timeout=10)

    def naive(number: int) -> bool:
        with transaction.atomic(durable=True):
            counter = LimitCounter.objects.get(subject_id="pyr_1")
            all_have_read.wait()
            if counter.used_minor + 10_000 > PAYERS_DAY_MINOR:
                return False
            LimitCounter.objects.filter(pk=counter.pk).update(used_minor=F("used_minor") + 10_000)
            return True

    # When
    answers = at_once(naive)

    # Then
    assert answers == [True] * CLIENTS
    assert used_minor("pyr_1") == PAYERS_DAY_MINOR + (CLIENTS - 1) * 10_000
