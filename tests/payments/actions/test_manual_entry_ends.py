# ruff: noqa: F811  fixtures are imported
"""Bookings by hand that are not booked: refused, given up, run out."""

import pytest

from ledger.actions.approvals import LIFETIME, Decider, digest_of
from ledger.errors import (
    ApprovalExpiredError,
    IllegalMoveError,
    OverdrawnError,
    SelfApprovalError,
    StaleApprovalError,
)
from ledger.models import ApprovalRequest, AuditEntry
from payments.actions import manual_entries
from payments.errors import (
    ManualEntryNotFoundError,
    ManualEntryReasonMissingError,
    ManualEntryTooLargeError,
)
from payments.models import Event
from payments.queries.manual_entries import manual_entry_payload
from tests.factories.manual_entries import (
    CHECKER,
    MAKER,
    agreed_by_hand,
    asked_by_hand,
    booked_by_hand,
)
from tests.instants import NEXT_NOON, NOON
from tests.payments.actions.asked_entries import laws_hold, merchant  # noqa: F401
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


class TestRefusingToBook:
    def test_the_maker_does_not_agree_to_their_own(self, merchant):
        entry = asked_by_hand("freeze", merchant, 5_000)
        with nothing_written(), pytest.raises(SelfApprovalError):
            agreed_by_hand(entry, decider=Decider(MAKER))

    def test_nobody_agrees_to_something_else_than_was_shown(self, merchant):
        entry = asked_by_hand("freeze", merchant, 5_000)
        with nothing_written(), pytest.raises(StaleApprovalError):
            manual_entries.approve_manual_entry(
                entry.pk, shown_digest=b"0" * 32, decider=CHECKER, at=NOON
            )

    def test_nobody_agrees_after_the_request_ran_out(self, merchant):
        entry = asked_by_hand("freeze", merchant, 5_000)
        with nothing_written(), pytest.raises(ApprovalExpiredError):
            agreed_by_hand(entry, at=NOON + LIFETIME)

    def test_money_that_is_gone_by_then_is_not_booked_and_not_approved(self, merchant):
        # Given two freezes that were there one by one
        first = asked_by_hand("freeze", merchant, 9_800)
        second = asked_by_hand("freeze", merchant, 1)
        agreed_by_hand(first)

        # When, Then
        with nothing_written(), pytest.raises(OverdrawnError):
            agreed_by_hand(second)
        assert ApprovalRequest.objects.get(object_id=second.pk).state == "pending"

    def test_a_freeze_that_was_ended_meanwhile_is_not_ended_again(self, merchant):
        # Given another freeze, so that the account itself would not mind
        freeze = booked_by_hand("freeze", merchant, 4_000)
        booked_by_hand("freeze", merchant, 4_000)
        first, second = (
            asked_by_hand("unfreeze", merchant, 4_000, ends=freeze.pk) for _ in range(2)
        )
        agreed_by_hand(first)

        # When, Then
        with nothing_written(), pytest.raises(ManualEntryTooLargeError):
            agreed_by_hand(second)

    def test_nothing_is_booked_twice(self, merchant):
        entry = booked_by_hand("freeze", merchant, 5_000)
        with nothing_written(), pytest.raises(IllegalMoveError):
            agreed_by_hand(entry)

    def test_there_is_no_such_entry(self):
        with nothing_written(), pytest.raises(ManualEntryNotFoundError):
            manual_entries.approve_manual_entry(
                "man_none", shown_digest=b"", decider=CHECKER, at=NOON
            )


class TestGivingUp:
    def test_a_checker_rejects_with_a_reason_and_no_money_moves(self, merchant):
        # Given
        entry = asked_by_hand("freeze", merchant, 5_000)
        shown = digest_of(manual_entry_payload(entry))

        # When
        manual_entries.reject_manual_entry(
            entry.pk, shown_digest=shown, decider=CHECKER, at=NOON, reason="No case"
        )

        # Then
        entry.refresh_from_db()
        assert (entry.status, entry.entry_id) == ("rejected", None)
        assert ApprovalRequest.objects.get(object_id=entry.pk).state == "rejected"
        assert (
            AuditEntry.objects.get(action="manual_entry.rejected", after__status="rejected").reason
            == "No case"
        )
        assert not Event.objects.filter(subject=entry.pk).exists()

    def test_the_maker_withdraws_it_and_its_approval_ends(self, merchant):
        # Given
        entry = asked_by_hand("freeze", merchant, 5_000)

        # When
        manual_entries.cancel_manual_entry(entry.pk, actor=MAKER, at=NOON, reason="Wrong one")

        # Then
        entry.refresh_from_db()
        assert entry.status == "cancelled"
        assert ApprovalRequest.objects.get(object_id=entry.pk).state == "voided"

    def test_not_without_a_reason(self, merchant):
        entry = asked_by_hand("freeze", merchant, 5_000)
        with nothing_written(), pytest.raises(ManualEntryReasonMissingError):
            manual_entries.cancel_manual_entry(entry.pk, actor=MAKER, at=NOON, reason=" ")
        with nothing_written(), pytest.raises(ManualEntryReasonMissingError):
            manual_entries.reject_manual_entry(
                entry.pk, shown_digest=b"", decider=CHECKER, at=NOON, reason=""
            )

    def test_not_what_is_booked(self, merchant):
        entry = booked_by_hand("freeze", merchant, 5_000)
        with nothing_written(), pytest.raises(IllegalMoveError):
            manual_entries.cancel_manual_entry(entry.pk, actor=MAKER, at=NOON, reason="Oops")


class TestRunningOut:
    def test_what_nobody_decided_on_in_time_ends_and_books_nothing(self, merchant):
        # Given
        old = asked_by_hand("freeze", merchant, 5_000, at=NOON)
        young = asked_by_hand("freeze", merchant, 1, at=NEXT_NOON)

        # When
        ended = manual_entries.expire_manual_entries(actor="task:t", at=NOON + LIFETIME)

        # Then
        old.refresh_from_db()
        young.refresh_from_db()
        assert (ended, old.status, young.status) == (1, "expired", "pending_approval")
        assert ApprovalRequest.objects.get(object_id=old.pk).state in {"voided", "expired"}
        assert AuditEntry.objects.get(action="manual_entry.expired").actor == "task:t"
        with nothing_written():
            again = manual_entries.expire_manual_entries(actor="task:t", at=NOON + LIFETIME)
        assert again == 0
