"""Limits are set by replacing, counted all or nothing, and given back once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from ledger.errors import AmountError, UnknownCurrencyError
from ledger.models import AuditEntry
from risk.actions import limits
from risk.actions.limits import LimitUse
from risk.errors import LimitConflictError, LimitNotJudgedError, LimitSubjectError
from risk.models import (
    Limit,
    LimitCounter,
    LimitDeed,
    LimitRelease,
    LimitSubject,
    LimitWindow,
    Screening,
)
from risk.rules.base import BindingLimit
from tests.factories.payments import MerchantFactory
from tests.factories.risk import PayerFactory, used_minor
from tests.instants import FRIDAY, NOON, THURSDAY

LATER = NOON + timedelta(hours=1)


def set_limit(**more):
    defaults = {
        "deed": LimitDeed.PAYMENT,
        "subject_kind": LimitSubject.PLATFORM,
        "window": LimitWindow.TRANSACTION,
        "currency": "BRL",
        "value_minor": 5_000,
        "actor": "user:1",
        "at": NOON,
    }
    return limits.set_limit(**{**defaults, **more})


def day(counter_id, value_minor, kind="payer"):
    return BindingLimit(kind, counter_id, "day", value_minor)


def consume(*wanted, amount_minor, on=THURSDAY, currency="CNY", deed="payment"):
    return limits.consume(
        wanted, deed=deed, currency=currency, amount_minor=amount_minor, business_date=on
    )


class TestSetLimit:
    pytestmark = pytest.mark.django_db(transaction=True)

    def test_puts_a_limit_in_force_and_says_who_did(self):
        limit = set_limit(reason="first days in Brazil", client_ip="203.0.113.9")

        assert (limit.value_minor, limit.valid_from, limit.valid_until) == (5_000, NOON, None)
        audit = AuditEntry.objects.get(subject=f"limit:{limit.pk}")
        assert (audit.action, audit.actor, audit.reason, audit.client_ip) == (
            "limit.set",
            "user:1",
            "first days in Brazil",
            "203.0.113.9",
        )
        assert audit.before == {}
        assert audit.after == {
            "deed": "payment",
            "subject_kind": "platform",
            "subject_id": "",
            "window": "transaction",
            "currency": "BRL",
            "value_minor": 5_000,
        }

    def test_ends_the_limit_that_it_replaces_and_keeps_its_row(self):
        # Given
        old = set_limit(value_minor=5_000)

        # When
        new = set_limit(value_minor=9_000, at=LATER)

        # Then
        old.refresh_from_db()
        assert (old.value_minor, old.valid_from, old.valid_until) == (5_000, NOON, LATER)
        assert (new.value_minor, new.valid_from, new.valid_until) == (9_000, LATER, None)
        audit = AuditEntry.objects.get(subject=f"limit:{new.pk}")
        assert audit.before == {"id": old.pk, "value_minor": 5_000}
        of_brazil = Limit.objects.filter(currency="BRL")
        assert list(of_brazil.in_force(NOON)) == [old]
        assert list(of_brazil.in_force(LATER - timedelta(microseconds=1))) == [old]
        assert list(of_brazil.in_force(LATER)) == [new]

    def test_setting_what_is_in_force_changes_nothing(self):
        # Given
        old = set_limit()

        # When
        again = set_limit(at=LATER)

        # Then
        assert again.pk == old.pk
        assert Limit.objects.filter(currency="BRL").count() == 1
        assert AuditEntry.objects.count() == 1

    def test_refuses_to_replace_a_limit_that_begins_later(self):
        # Given
        set_limit(at=LATER)

        # When
        with pytest.raises(LimitConflictError):
            set_limit(value_minor=1, at=NOON)

        # Then
        assert [limit.value_minor for limit in Limit.objects.filter(currency="BRL")] == [5_000]
        assert AuditEntry.objects.count() == 1

    @pytest.mark.parametrize(
        ("wrong", "error"),
        [
            ({"value_minor": -1}, AmountError),
            ({"value_minor": 10**18 + 1}, AmountError),
            ({"currency": "XXX"}, UnknownCurrencyError),
            ({"subject_kind": LimitSubject.MERCHANT}, LimitNotJudgedError),
            (
                {"deed": LimitDeed.SETTLEMENT, "subject_kind": LimitSubject.PAYER},
                LimitNotJudgedError,
            ),
            ({"subject_id": "platform"}, LimitSubjectError),
            ({"subject_kind": LimitSubject.PAYER, "subject_id": "pyr_nobody"}, LimitSubjectError),
            (
                {
                    "deed": LimitDeed.SETTLEMENT,
                    "subject_kind": LimitSubject.MERCHANT,
                    "subject_id": "mer_nobody",
                },
                LimitSubjectError,
            ),
        ],
    )
    def test_refuses_what_would_bind_nobody_and_writes_nothing(self, wrong, error):
        before = Limit.objects.count()

        with pytest.raises(error):
            set_limit(**wrong)

        assert Limit.objects.count() == before
        assert AuditEntry.objects.count() == 0

    def test_may_bind_one_payer_or_one_merchant(self):
        payer, merchant = PayerFactory(), MerchantFactory()

        of_payer = set_limit(subject_kind=LimitSubject.PAYER, subject_id=payer.id)
        of_merchant = set_limit(
            deed=LimitDeed.SETTLEMENT, subject_kind=LimitSubject.MERCHANT, subject_id=merchant.id
        )

        assert (of_payer.subject_id, of_merchant.subject_id) == (payer.id, merchant.id)


@pytest.mark.django_db
class TestConsume:
    def test_counts_up_to_the_limit_and_not_one_unit_beyond(self):
        limit = day("pyr_1", 500_000)

        assert consume(limit, amount_minor=499_999) == [LimitUse(limit, 499_999, False)]
        assert consume(limit, amount_minor=2) == [LimitUse(limit, 499_999, True)]
        assert consume(limit, amount_minor=1) == [LimitUse(limit, 500_000, False)]
        assert used_minor("pyr_1") == 500_000

    def test_an_amount_over_the_whole_limit_writes_nothing(self):
        limit = day("pyr_1", 500_000)

        assert consume(limit, amount_minor=500_001) == [LimitUse(limit, 0, True)]

        assert not LimitCounter.objects.exists()

    def test_a_limit_that_was_lowered_below_its_use_refuses_and_keeps_what_is_used(self):
        consume(day("pyr_1", 500_000), amount_minor=300_000)

        lowered = day("pyr_1", 200_000)

        assert consume(lowered, amount_minor=1) == [LimitUse(lowered, 300_000, True)]
        assert used_minor("pyr_1") == 300_000

    def test_counts_against_all_limits(self):
        payer, platform = day("pyr_1", 500_000), day("platform", 10**12, "platform")

        uses = consume(payer, platform, amount_minor=40_000)

        assert uses == [LimitUse(platform, 40_000, False), LimitUse(payer, 40_000, False)]
        assert (used_minor("pyr_1"), used_minor("platform")) == (40_000, 40_000)

    @pytest.mark.parametrize("refusing", ["payer", "platform"])
    def test_or_against_none_of_them(self, refusing):
        # Given
        payer = day("pyr_1", 100_000 if refusing == "payer" else 500_000)
        platform = day("platform", 100_000 if refusing == "platform" else 500_000, "platform")
        consume(payer, platform, amount_minor=90_000)

        # When
        uses = consume(payer, platform, amount_minor=20_000)

        # Then
        refused = payer if refusing == "payer" else platform
        assert uses == [LimitUse(refused, 90_000, True)]
        assert (used_minor("pyr_1"), used_minor("platform")) == (90_000, 90_000)

    def test_days_currencies_and_deeds_are_counted_apart(self):
        limit = day("mer_1", 100)

        for where in (
            {},
            {"on": FRIDAY},
            {"currency": "BRL"},
            {"deed": "settlement"},
        ):
            assert consume(limit, amount_minor=100, **where) == [LimitUse(limit, 100, False)]
        assert consume(limit, amount_minor=1, on=FRIDAY) == [LimitUse(limit, 100, True)]

    def test_is_one_statement(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            consume(day("pyr_1", 100), day("platform", 10, "platform"), amount_minor=50)
        with django_assert_num_queries(0):
            assert consume(amount_minor=50) == []

    @pytest.mark.parametrize("amount_minor", [0, -1])
    def test_refuses_to_count_backwards(self, amount_minor):
        with pytest.raises(AmountError):
            consume(day("pyr_1", 100), amount_minor=amount_minor)
        with (
            pytest.raises(IntegrityError, match="above zero"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                "SELECT * FROM risk_consume_limits(%s::text[], %s::bigint[], %s, %s, %s, %s)",
                [["pyr_1"], [100], "payment", "CNY", THURSDAY, amount_minor],
            )

        assert not LimitCounter.objects.exists()


@pytest.mark.django_db
class TestGiveBack:
    def counted(self, amount_minor=40_000):
        consume(day("pyr_1", 500_000), amount_minor=amount_minor)
        return Screening.objects.create(
            deed=LimitDeed.PAYMENT,
            subject="pay_1",
            verdict="allow",
            consumed=[
                {
                    "subject_id": "pyr_1",
                    "currency": "CNY",
                    "business_date": THURSDAY.isoformat(),
                    "amount_minor": amount_minor,
                }
            ],
            at=NOON,
        )

    def test_gives_back_what_the_judgement_used_and_only_once(self):
        # Given
        first = self.counted()
        self.counted(amount_minor=1_000)

        # When
        answers = [limits.give_back(first, at=NOON), limits.give_back(first, at=LATER)]

        # Then
        assert answers == [True, False]
        assert used_minor("pyr_1") == 1_000
        assert list(LimitRelease.objects.values_list("screening_id", "at")) == [(first.pk, NOON)]

    def test_a_rollback_takes_the_release_back_too(self):
        # Given
        screening = self.counted()

        # When
        with transaction.atomic():
            limits.give_back(screening, at=NOON)
            transaction.set_rollback(True)

        # Then
        assert used_minor("pyr_1") == 40_000
        assert limits.give_back(screening, at=NOON)
        assert used_minor("pyr_1") == 0


@pytest.mark.django_db(transaction=True)
def test_the_parts_want_a_transaction_around_them():
    with pytest.raises(AssertionError, match="part"):
        consume(day("pyr_1", 100), amount_minor=1)
    with pytest.raises(AssertionError, match="part"):
        limits.give_back(Screening(), at=NOON)
