"""Judging settlements, giving back what was counted, and rules that fail."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from payments.screening import Verdict
from risk import engine
from risk.actions import screenings
from risk.models import LimitCounter, LimitRelease, Screening
from risk.rules.base import Rule
from tests.factories.risk import asked_payment, used_minor
from tests.instants import FRIDAY, NOON, THURSDAY
from tests.risk.actions.screened import limit

pytestmark = pytest.mark.django_db


ROUND_TRIPS_MAX = 5


def screen_settlement(amount_minor=900_000, **more):
    defaults = {
        "settlement_id": "stl_1",
        "merchant_id": "mer_1",
        "currency": "CNY",
        "business_date": THURSDAY,
        "client_ip": None,
        "at": NOON,
    }
    return screenings.screen_settlement(amount_minor=amount_minor, **{**defaults, **more})


class TestSettlements:
    def test_within_the_limits_is_allowed_and_counted(self):
        judgement = screen_settlement(1_000_000)

        assert (judgement.verdict, judgement.code) == (Verdict.ALLOW, "")
        row = Screening.objects.get()
        assert (row.deed, row.subject) == ("settlement", "stl_1")
        assert [found["code"] for found in row.findings] == [
            "within.merchant.transaction",
            "within.merchant.day",
        ]
        assert used_minor("mer_1") == 1_000_000

    def test_over_the_limit_of_one_goes_to_review_and_is_counted(self):
        judgement = screen_settlement(1_000_001)

        assert (judgement.verdict, judgement.code) == (
            Verdict.REVIEW,
            "limit.merchant.transaction",
        )
        assert used_minor("mer_1") == 1_000_001

    def test_over_the_merchants_day_goes_to_review_uncounted(self):
        # Given
        for place in range(5):
            screen_settlement(999_999, settlement_id=f"stl_{place}")

        # When
        judgement = screen_settlement(6, settlement_id="stl_more")

        # Then
        assert (judgement.verdict, judgement.code) == (Verdict.REVIEW, "limit.merchant.day")
        assert used_minor("mer_1") == 4_999_995

    def test_judged_again_before_approval_it_is_not_counted_again(self):
        # Given
        screen_settlement(900_000)

        # When
        again = screen_settlement(
            900_000, business_date=FRIDAY, at=NOON + timedelta(days=1), client_ip="203.0.113.7"
        )

        # Then
        assert again.verdict == Verdict.ALLOW
        assert (used_minor("mer_1"), used_minor("mer_1", on=FRIDAY)) == (900_000, None)

    def test_a_merchants_own_limit_lets_more_go(self):
        # Given
        limit(deed="settlement", subject_kind="merchant", subject_id="mer_1", value_minor=3_000_000)

        # When
        raised = screen_settlement(3_000_000)
        other = screen_settlement(3_000_000, settlement_id="stl_2", merchant_id="mer_2")

        # Then
        assert (raised.verdict, other.verdict) == (Verdict.ALLOW, Verdict.REVIEW)


class TestGivingBack:
    def test_gives_back_once_and_only_what_this_deed_used(self):
        # Given
        failed = asked_payment(payer_id="pyr_1", amount_minor=70_000)
        screenings.screen_payment(failed)
        screenings.screen_payment(asked_payment(payer_id="pyr_1", amount_minor=20_000))

        # When
        for _ in range(3):
            screenings.give_back(failed.payment_id, at=NOON)

        # Then
        assert used_minor("pyr_1") == 20_000
        assert LimitRelease.objects.count() == 1

    def test_a_denied_payment_has_nothing_to_give_back(self):
        denied = asked_payment(payer_id="pyr_1", amount_minor=100_001)
        screenings.screen_payment(denied)

        screenings.give_back(denied.payment_id, at=NOON)

        assert not LimitRelease.objects.exists()


class TestRulesThatFail:
    @pytest.fixture(autouse=True)
    def broken(self, monkeypatch):
        def find(facts):
            raise KeyError("no such thing")

        monkeypatch.setattr(engine, "RULES", (Rule("broken", 1, find), *engine.RULES))

    def test_send_to_review_and_the_payment_stays_counted(self):
        judgement = screenings.screen_payment(asked_payment(payer_id="pyr_1"))

        assert (judgement.verdict, judgement.code) == (Verdict.REVIEW, "rule.failed")
        assert used_minor("pyr_1") == 10_000

    def test_hide_no_limit(self):
        judgement = screenings.screen_payment(asked_payment(amount_minor=100_001))

        assert (judgement.verdict, judgement.code) == (Verdict.DENY, "limit.platform.transaction")


class TestRoundTrips:
    @pytest.mark.parametrize("day_limits", [0, 1, 2])
    def test_do_not_grow_with_the_number_of_limits(self, day_limits):
        # Given
        currency = "CNY" if day_limits else "JPY"
        if day_limits == 2:
            limit(window="day", value_minor=10**12)

        # When
        with CaptureQueriesContext(connection) as queries:
            screenings.screen_payment(asked_payment(payer_id="pyr_1", currency=currency))

        # Then
        assert len(queries) == (5 if day_limits else 4)
        assert len(queries) <= ROUND_TRIPS_MAX

    def test_are_as_few_when_it_is_denied(self, django_assert_num_queries):
        limit(window="day", value_minor=10**12)
        limit(subject_kind="payer", subject_id="pyr_1", window="day", value_minor=1)

        with django_assert_num_queries(4):
            judgement = screenings.screen_payment(asked_payment(payer_id="pyr_1"))
        assert judgement.code == "limit.payer.day"

    def test_do_not_grow_with_earlier_judgements(self, django_assert_num_queries):
        request = asked_payment(payer_id="pyr_1")
        for _ in range(5):
            screenings.screen_payment(request)

        with django_assert_num_queries(4):
            screenings.screen_payment(request)


@pytest.mark.django_db(transaction=True)
def test_screenings_are_parts_and_write_nothing_outside_a_transaction():
    with pytest.raises(AssertionError, match="part"):
        screenings.screen_payment(asked_payment())
    with pytest.raises(AssertionError, match="part"):
        screen_settlement()
    with pytest.raises(AssertionError, match="part"):
        screenings.give_back("pay_1", at=NOON)

    assert not Screening.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_deed_that_rolls_back_takes_its_judgement_and_its_count_with_it():
    with transaction.atomic():
        screenings.screen_payment(asked_payment(payer_id="pyr_1"))
        transaction.set_rollback(True)

    assert not Screening.objects.exists()
    assert not LimitCounter.objects.exists()
