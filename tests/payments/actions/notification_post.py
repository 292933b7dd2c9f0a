"""Where a channel posts its messages, and who listens."""

import pytest
from django.db import transaction

from payments.actions import attempts, closing, notifications
from payments.models import (
    Payment,
)
from tests.contracts.mailbox import Letter, Mailbox
from tests.factories.payments import (
    confirmed_payment,
)
from tests.instants import NEXT_NOON, NOON
from tests.rig.stage import run_jobs


@pytest.fixture
def mailbox(settings):
    """Keep what the channel sends us, so that a test can hand it in as it came."""
    mailbox = Mailbox()
    settings.PUBLIC_URL = mailbox.url.partition("/notify")[0]
    yield mailbox
    mailbox.close()


class Post:
    """A payment that was paid at the channel, and the letter about it."""

    def __init__(self, marketplace, other_side, mailbox, *, is_late=False) -> None:
        self.market = marketplace
        self.attempt = confirmed_payment()
        attempts.send_attempt(self.attempt.pk, at=NOON)
        if is_late:
            with transaction.atomic():
                closing.cancel_payment(self.attempt.payment_id, actor="key:t", at=NOON)
            run_jobs()
            assert Payment.objects.get().status == "closed"
        number = self.attempt.operation.channel_no
        other_side.pay(app_id=marketplace.plan.app_id, out_trade_no=number, at=NOON)
        self.letter = mailbox.about(number)

    def hand_in(self, letter: Letter | None = None, *, account_id: str = "") -> tuple[bytes, str]:
        letter = letter or self.letter
        return notifications.receive_notification(
            account_id or self.market.alipay.pk,
            headers=letter.headers,
            body=letter.body,
            client_ip="203.0.113.9",
            at=NEXT_NOON,
        )


@pytest.fixture
def post(marketplace, simulator, mailbox) -> Post:
    post = Post(marketplace, simulator, mailbox)
    run_jobs()  # what confirming asked for is done
    return post
