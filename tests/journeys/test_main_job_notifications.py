"""The main job, and what a channel says twice, wrongly or in the name of another."""

import pytest

from ledger.models import JournalEntry
from settlements.queries import integrity
from tests.books import assert_balances, assert_entry
from tests.journeys.main_job import PAID_AT
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs


class TestNotifications:
    @pytest.mark.parametrize("fault", ["notify_forged", "notify_wrong_app"])
    def test_one_that_is_not_the_channel_s_or_not_for_us_changes_nothing(self, story, fault):
        # Given
        payment = story.order("T-1001", tea=6_000)
        run_jobs()
        story.fail_next(fault)

        # When
        with nothing_written(but={"payments_channelnotification": 1}):
            story.pay(payment, at=PAID_AT, answered="HTTP 400")

        # Then
        assert run_jobs() == []
        assert story.shown(payment)["status"] == "awaiting_payment"

    def test_the_same_one_five_times_counts_once(self, story):
        # Given
        payment = story.paid_order("T-1001", at=PAID_AT, tea=6_000)
        assert payment["status"] == "paid"

        # When
        with nothing_written(but={"payments_channelnotification": 4}):
            answers = [story.notify_again(payment) for _ in range(4)]

        # Then
        assert [(answer.status_code, answer.text) for answer in answers] == [(200, "success")] * 4
        assert run_jobs() == []
        assert JournalEntry.objects.count() == 1

    def test_what_one_says_of_the_amount_is_not_believed(self, story):
        # Given
        payment = story.order("T-1001", tea=6_000)
        run_jobs()
        story.fail_next("notify_wrong_amount", total_amount="0.01")

        # When
        story.pay(payment, at=PAID_AT)
        run_jobs()

        # Then
        assert story.shown(payment)["status"] == "paid"
        assert_balances(story.merchants["tea"].id, merchant_pending="58.80")

    def test_money_that_came_otherwise_than_asked_waits_in_suspense(self, story):
        # Given: under our number stands another amount at the channel
        payment = story.order("T-1001", tea=6_000)
        story.order_at_the_channel(payment, amount_minor=5_999)
        run_jobs()

        # When
        story.pay(payment, at=PAID_AT)
        run_jobs()

        # Then
        shown = story.shown(payment)
        assert (shown["status"], shown["status_code"]) == ("conflicted", "amount_differs")
        assert_entry(f"{payment['id']}:conflicted", "Dr 1101 59.99 CNY\nCr 2901 59.99 CNY")
        assert_balances(story.merchants["tea"].id, merchant_pending="0")
        assert integrity.verify().is_sound
