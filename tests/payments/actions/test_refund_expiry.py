# ruff: noqa: F811  fixtures are imported
"""Refunds whose time to be approved is over."""

from datetime import timedelta

import pytest

from ledger.actions import approval_ends
from ledger.actions.approvals import LIFETIME
from ledger.errors import (
    StaleApprovalError,
)
from ledger.models import ApprovalRequest, AuditEntry, JournalEntry
from payments.actions import (
    refund_expiry,
    refund_funding,
    refund_submissions,
)
from payments.models import Refund
from tests.factories.payments import (
    refund_asked,
)
from tests.instants import NEXT_NOON, NOON
from tests.payments.actions.waiting_refunds import approve, laws_hold, waiting  # noqa: F401
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


class TestExpiry:
    THE_END = NOON + LIFETIME
    A_MOMENT = timedelta(microseconds=1)

    def test_not_a_moment_before(self, waiting):
        with nothing_written():
            at = self.THE_END - self.A_MOMENT
            assert refund_expiry.expire_refunds(actor="task:t", at=at) == 0

    @pytest.mark.parametrize("is_ended_before", [False, True])
    def test_what_nobody_decided_on_is_cancelled(self, waiting, is_ended_before):
        # Given
        if is_ended_before:
            approval_ends.expire_due(actor="task:t", at=self.THE_END)

        # When
        assert refund_expiry.expire_refunds(actor="task:t", at=self.THE_END) == 1

        # Then
        waiting.refresh_from_db()
        assert (waiting.status, waiting.status_code) == ("cancelled", "approval_expired")
        assert ApprovalRequest.objects.get().state == "expired"
        assert AuditEntry.objects.filter(action="refund.approval_expired").count() == 1
        assert AuditEntry.objects.filter(action="refund.cancelled").count() == 1
        assert not JournalEntry.objects.filter(kind="refund_requested").exists()
        with nothing_written():
            assert refund_expiry.expire_refunds(actor="task:t", at=self.THE_END) == 0

        # Then what it reserved is free again
        assert refund_asked(waiting.payment).amount_minor == 50_001

    def test_what_was_agreed_to_waits_for_funds_as_long_as_it_takes(self, waiting, monkeypatch):
        # Given two people who agreed, and merchants without the money
        with monkeypatch.context() as without_funds:
            without_funds.setattr(refund_funding, "fund", lambda *_, **__: False)
            refund = approve(waiting)
        assert refund.status == "funding_required"
        assert ApprovalRequest.objects.get().state == "executed"

        # When far more time passes than a request lives, and the money comes
        much_later = self.THE_END + timedelta(days=30)
        with nothing_written():
            approval_ends.expire_due(actor="task:t", at=much_later)
            refund_expiry.expire_refunds(actor="task:t", at=much_later)
        funded = refund_submissions.fund_waiting(actor="task:t", at=much_later)

        # Then
        assert funded == 1
        refund.refresh_from_db()
        assert refund.status == "submitting"

    def test_what_is_no_longer_what_was_agreed_to_is_not_funded(self, waiting, monkeypatch):
        # Given
        with monkeypatch.context() as without_funds:
            without_funds.setattr(refund_funding, "fund", lambda *_, **__: False)
            refund = approve(waiting)
        Refund.objects.filter(pk=refund.pk).update(reason="Something else")

        # When, Then
        with pytest.raises(StaleApprovalError):
            refund_submissions.fund_refund(refund.pk, actor="task:t", at=NEXT_NOON)
        assert Refund.objects.get().status == "funding_required"
