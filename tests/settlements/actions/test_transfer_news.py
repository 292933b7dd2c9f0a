# ruff: noqa: F811  fixtures are imported
"""What is told of transfers, and asking by hand."""

import pytest

from ledger.models import AuditEntry
from payments.actions.notifications import receive_notification
from settlements.actions import settlements, transfer_outcomes
from settlements.errors import (
    NotAskableError,
    NoWalletError,
)
from tests.contracts.mailbox import Mailbox
from tests.factories.settlements import (
    CHECKER,
    alipay_destination_of,
    available_money,
    settled_merchant,
    shown_digest,
    submitted_settlement,
)
from tests.instants import NEXT_NOON
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs
from tests.settlements.actions.transfer_desk import Desk, assert_laws, desk  # noqa: F401


class TestNews:
    @pytest.fixture
    def mailbox(self):
        mailbox = Mailbox()
        yield mailbox
        mailbox.close()

    @pytest.fixture
    def desk(self, marketplace, simulator, mailbox):
        return Desk(marketplace, simulator, message_url=mailbox.url)

    def take(self, desk, letter) -> None:
        receive_notification(
            desk.wallet.pk,
            headers=letter.headers,
            body=letter.body,
            client_ip="203.0.113.7",
            at=NEXT_NOON,
        )
        run_jobs(queues=["money"])

    def test_the_channel_tells_that_it_was_made_and_that_it_came_back(self, desk, mailbox):
        # Given
        desk.send()

        # When
        self.take(desk, mailbox.about(desk.number))

        # Then
        assert desk.statuses == ("paid", "succeeded", "succeeded")

        # When
        desk.other_side.alipay.return_transfer(
            app_id=desk.wallet.app_id, out_biz_no=desk.number, at=NEXT_NOON
        )
        self.take(desk, mailbox.about(desk.number))

        # Then
        assert desk.statuses == ("returned", "returned", "succeeded")
        assert_laws()


class TestAskingNow:
    def test_a_person_may_ask(self, desk):
        # Given
        desk.send()

        run_jobs()

        # When
        transfer_outcomes.have_asked(desk.payout_id, actor="user:1", at=NEXT_NOON)

        # Then a worker does, who has the keys
        assert desk.statuses == ("paying", "processing", "processing")
        assert run_jobs() == ["settlements.query_payout"]
        assert desk.statuses == ("paid", "succeeded", "succeeded")
        assert AuditEntry.objects.get(action="payout.asked").actor == "user:1"

    def test_what_was_never_sent_is_not_asked_about(self, desk):
        with nothing_written(), pytest.raises(NotAskableError):
            transfer_outcomes.have_asked(desk.payout_id, actor="user:1", at=NEXT_NOON)
        assert desk.calls == []


@pytest.mark.django_db
class TestWithoutAWallet:
    def test_nobody_approves_what_nobody_could_pay(self):
        # Given
        merchant = settled_merchant(with_destination=False)
        alipay_destination_of(merchant)
        available_money(merchant)
        settlement = submitted_settlement(merchant)

        # When, Then
        with nothing_written(), pytest.raises(NoWalletError) as refused:
            settlements.approve_settlement(
                settlement.pk,
                shown_digest=shown_digest(settlement),
                decider=CHECKER,
                at=NEXT_NOON,
            )
        assert str(refused.value) == (
            "No channel account of ours can pay out in CNY to such an account."
        )
