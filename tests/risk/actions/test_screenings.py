"""Payments and settlements are judged by limits, and every judgement keeps its reasons."""

from datetime import timedelta

import pytest

from ledger.models import AuditEntry
from payments.models import Event
from payments.screening import Verdict
from risk.actions import screenings
from risk.models import LimitCounter, Screening
from tests.factories.risk import asked_payment, used_minor
from tests.instants import AFTER_MIDNIGHT, BEFORE_MIDNIGHT, FRIDAY, NOON, THURSDAY
from tests.risk.actions.screened import limit

pytestmark = pytest.mark.django_db


class TestPayments:
    def test_within_the_limits_is_allowed_counted_and_kept_with_its_reasons(self):
        request = asked_payment(payer_id="pyr_1", amount_minor=100_000, payment_id="pay_1")

        judgement = screenings.screen_payment(request)

        row = Screening.objects.get()
        assert (judgement.verdict, judgement.code) == (Verdict.ALLOW, "")
        assert judgement.screening_id == row.pk
        assert (row.deed, row.subject, row.verdict, row.code) == ("payment", "pay_1", "allow", "")
        assert (row.client_ip, row.at) == ("203.0.113.7", NOON)
        assert row.facts == {
            "amount_minor": 100_000,
            "currency": "CNY",
            "business_date": "2026-03-05",
            "payer_id": "pyr_1",
            "merchant_ids": list(request.merchant_ids),
            "method": "alipay_qr",
        }
        assert row.findings == [
            {
                "rule": "amount.one",
                "version": 1,
                "verdict": "allow",
                "code": "within.platform.transaction",
                "facts": {"limit_minor": 100_000, "amount_minor": 100_000, "currency": "CNY"},
            },
            {
                "rule": "amount.day",
                "version": 1,
                "verdict": "allow",
                "code": "within.payer.day",
                "facts": {
                    "limit_minor": 500_000,
                    "amount_minor": 100_000,
                    "used_minor": 100_000,
                    "currency": "CNY",
                },
            },
        ]
        assert row.consumed == [
            {
                "subject_id": "pyr_1",
                "currency": "CNY",
                "business_date": "2026-03-05",
                "amount_minor": 100_000,
            }
        ]
        assert used_minor("pyr_1") == 100_000

    def test_over_the_limit_of_one_payment_is_denied_and_leaves_only_its_row(self):
        judgement = screenings.screen_payment(asked_payment(payer_id="pyr_1", amount_minor=100_001))

        assert (judgement.verdict, judgement.code) == (Verdict.DENY, "limit.platform.transaction")
        row = Screening.objects.get()
        assert (row.verdict, row.code, row.consumed) == ("deny", judgement.code, [])
        assert not LimitCounter.objects.exists()
        assert not AuditEntry.objects.exists()
        assert not Event.objects.exists()

    def test_over_the_payers_day_is_denied_and_leaves_only_its_row(self):
        # Given
        for _ in range(5):
            screenings.screen_payment(asked_payment(payer_id="pyr_1", amount_minor=99_999))

        # When
        refused = screenings.screen_payment(asked_payment(payer_id="pyr_1", amount_minor=6))

        # Then
        assert (refused.verdict, refused.code) == (Verdict.DENY, "limit.payer.day")
        row = Screening.objects.get(pk=refused.screening_id)
        assert row.consumed == []
        assert row.findings[-1]["facts"] == {
            "limit_minor": 500_000,
            "amount_minor": 6,
            "used_minor": 499_995,
            "currency": "CNY",
        }
        assert used_minor("pyr_1") == 499_995
        fitting = screenings.screen_payment(asked_payment(payer_id="pyr_1", amount_minor=5))
        assert fitting.verdict == Verdict.ALLOW

    def test_the_next_business_day_begins_at_nothing(self):
        # Given
        last_second = {"business_date": THURSDAY, "at": BEFORE_MIDNIGHT}
        for _ in range(5):
            screenings.screen_payment(
                asked_payment(payer_id="pyr_1", amount_minor=100_000, **last_second)
            )

        # When
        before = screenings.screen_payment(
            asked_payment(payer_id="pyr_1", amount_minor=1, **last_second)
        )
        after = screenings.screen_payment(
            asked_payment(payer_id="pyr_1", amount_minor=1, business_date=FRIDAY, at=AFTER_MIDNIGHT)
        )

        # Then
        assert (before.verdict, after.verdict) == (Verdict.DENY, Verdict.ALLOW)
        assert (used_minor("pyr_1"), used_minor("pyr_1", on=FRIDAY)) == (500_000, 1)

    def test_a_payment_without_payer_is_bound_by_the_platforms_limit(self):
        allowed = screenings.screen_payment(asked_payment(amount_minor=100_000))
        denied = screenings.screen_payment(asked_payment(amount_minor=100_001))

        assert (allowed.verdict, denied.code) == (Verdict.ALLOW, "limit.platform.transaction")
        assert not LimitCounter.objects.exists()

    def test_another_currency_has_no_limit_until_one_is_set(self):
        judgement = screenings.screen_payment(
            asked_payment(payer_id="pyr_1", amount_minor=10**13, currency="JPY")
        )

        assert (judgement.verdict, judgement.code) == (Verdict.ALLOW, "")
        assert [found["code"] for found in Screening.objects.get().findings] == ["limit.none"]
        assert not LimitCounter.objects.exists()

    @pytest.mark.parametrize(
        ("own_minor", "verdict", "code"),
        [
            (150_000, Verdict.ALLOW, ""),
            (149_999, Verdict.DENY, "limit.payer.transaction"),
        ],
    )
    def test_a_payers_own_limit_goes_before_the_default(self, own_minor, verdict, code):
        # Given
        limit(subject_kind="payer", value_minor=1)
        limit(subject_kind="payer", subject_id="pyr_1", value_minor=own_minor)

        # When
        judgement = screenings.screen_payment(asked_payment(payer_id="pyr_1", amount_minor=150_000))

        # Then
        assert (judgement.verdict, judgement.code) == (verdict, code)

    def test_a_payers_own_day_goes_before_the_default_and_leaves_others_at_it(self):
        # Given
        limit(subject_kind="payer", subject_id="pyr_1", window="day", value_minor=100)

        # When
        bound = screenings.screen_payment(asked_payment(payer_id="pyr_1", amount_minor=101))
        other = screenings.screen_payment(asked_payment(payer_id="pyr_2", amount_minor=101))

        # Then
        assert (bound.code, other.code) == ("limit.payer.day", "")

    def test_limits_that_ended_or_have_yet_to_begin_do_not_bind(self):
        limit(currency="BRL", value_minor=1, valid_until=NOON)
        limit(currency="BRL", value_minor=1, valid_from=NOON + timedelta(microseconds=1))

        judgement = screenings.screen_payment(asked_payment(currency="BRL"))

        assert judgement.verdict == Verdict.ALLOW
        assert Screening.objects.get().findings[0]["code"] == "limit.none"

    def test_a_payment_is_counted_once_however_often_it_is_judged(self):
        # Given
        request = asked_payment(payer_id="pyr_1", amount_minor=100_000)
        screenings.screen_payment(request)

        # When
        again = screenings.screen_payment(request)

        # Then
        assert again.verdict == Verdict.ALLOW
        row = Screening.objects.get(pk=again.screening_id)
        assert [found["code"] for found in row.findings] == [
            "within.platform.transaction",
            # The first judgement remembered the address; nobody knows where that is.
            "place.unknown",
            "address.known",
            "counted.payer.day",
        ]
        assert row.consumed == []
        assert used_minor("pyr_1") == 100_000

    def test_given_back_it_is_counted_anew(self):
        # Given
        request = asked_payment(payer_id="pyr_1", amount_minor=100_000)
        screenings.screen_payment(request)
        screenings.give_back(request.payment_id, at=NOON)
        assert used_minor("pyr_1") == 0

        # When
        again = screenings.screen_payment(request)

        # Then
        assert again.verdict == Verdict.ALLOW
        assert used_minor("pyr_1") == 100_000

    def test_a_limit_of_the_platforms_day_set_later_counts_what_was_not_counted(self):
        # Given
        request = asked_payment(payer_id="pyr_1", amount_minor=100_000)
        screenings.screen_payment(request)
        limit(window="day", value_minor=10**9)

        # When
        screenings.screen_payment(request)

        # Then
        assert (used_minor("pyr_1"), used_minor("platform")) == (100_000, 100_000)
        screenings.give_back(request.payment_id, at=NOON)
        assert (used_minor("pyr_1"), used_minor("platform")) == (0, 0)
