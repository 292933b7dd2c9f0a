"""A refund that its channel could not deliver, and another way that two people agreed to.

The channel is in the test's own process: it counts how often it was told to deliver elsewhere.
"""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection

from ledger import encryption
from payments.actions import refund_remedies
from payments.actions.remedy_cards import PayerCard
from payments.channels import registry
from payments.channels.base import AbnormalRefundRequest, Outcome, OutcomeKind
from payments.models import ChannelOperation, DatabaseClock, Refund, RefundRemedy
from tests.factories.parked import CHECKER, MAKER
from tests.factories.payments import answered_refund, paid_payment, refund_asked
from tests.instants import NOON

WAY = "payments_refundremedy|"
CARD = PayerCard("ICBC_DEBIT", "6222 0000 0000 0000", "张茶")


class UndeliveredChannel:
    """Says that a refund is abnormal until it was told to deliver it elsewhere, once."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.applied: list[AbnormalRefundRequest] = []
        self.before_answering: Callable[[], None] | None = None

    def query_refund(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        """Tell where it stands, once the test lets it."""
        assert not connection.in_atomic_block, "no network inside a transaction"
        self.asked.append(channel_no)
        answer = Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL", raw="{}")
        if self.applied:
            answer = Outcome(
                OutcomeKind.SUCCEEDED, amount_minor=10_000, currency="CNY", paid_at=NOON, raw="{}"
            )
        hook, self.before_answering = self.before_answering, None
        if hook is not None:
            hook()
        return answer

    def apply_abnormal_refund(self, request: AbnormalRefundRequest) -> Outcome:
        """Take it."""
        assert not connection.in_atomic_block, "no network inside a transaction"
        self.applied.append(request)
        return Outcome(OutcomeKind.PROCESSING, code="PROCESSING", raw="{}")


def undelivered_channel(monkeypatch: pytest.MonkeyPatch) -> UndeliveredChannel:
    """Let Alipay be such a channel."""
    channel = UndeliveredChannel()
    monkeypatch.setitem(registry._BUILDERS, "alipay", lambda _config, _transport: channel)
    # It has no keys to read; the cards of payers are read as they are.
    decrypt = encryption.decrypt
    monkeypatch.setattr(
        encryption,
        "decrypt",
        lambda sealed, *, aad: decrypt(sealed, aad=aad) if aad.startswith(WAY) else "",
    )
    return channel


def to_be_delivered() -> Refund:
    """Two people have an abnormal refund of 100.00 sent to a card of its payer's."""
    refund = refund_asked(paid_payment())
    answered_refund(refund, Outcome(OutcomeKind.PROCESSING))
    answered_refund(refund, Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL"))
    remedy = refund_remedies.request_remedy(
        refund.pk, card=CARD, note="Told by phone.", actor=MAKER, at=NOON
    )
    refund_remedies.approve_remedy(
        refund.pk, shown_digest=bytes(remedy.approval.digest), decider=CHECKER, at=NOON
    )
    return Refund.objects.get(pk=refund.pk)


def standing() -> tuple[str, str, str, bool]:
    """Tell of the refund, its order and its way where they stand, and whether it was ordered."""
    remedy = RefundRemedy.objects.get()
    order = ChannelOperation.objects.get(kind="refund")
    return (Refund.objects.get().status, order.status, remedy.status, remedy.sent_at is not None)


def let_lease_end() -> None:
    """Let a minute pass for whoever holds the lease of an order."""
    ChannelOperation.objects.exclude(lease_until=None).update(lease_until=DatabaseClock())
