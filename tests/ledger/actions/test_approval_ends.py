"""Requests end when their time runs out, and the audit trail says so."""

from datetime import timedelta

import pytest
from django.db import transaction

from ledger import jobs
from ledger.actions import approval_ends, approvals
from ledger.actions.approvals import LIFETIME, Decider
from ledger.errors import ApprovalClosedError, ApprovalExpiredError
from ledger.models import ApprovalRequest, AuditEntry
from tests.instants import NOON
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

TASK = "task:t"
THE_END = NOON + LIFETIME
PAYLOAD = {"thing": 1}
CHECKER = Decider("user:2", second_factor="totp")


def asked(object_id: str = "x_1") -> ApprovalRequest:
    with transaction.atomic():
        return approvals.request_approval(
            kind="thing",
            object_type="thing",
            object_id=object_id,
            payload=PAYLOAD,
            maker="user:1",
            at=NOON,
        )


def decided(request: ApprovalRequest, *, is_approved: bool = True) -> None:
    with transaction.atomic():
        approvals.decide(
            request.pk,
            is_approved=is_approved,
            shown_digest=bytes(request.digest),
            decider=CHECKER,
            at=NOON,
            reason="" if is_approved else "not ours",
        )


def test_not_a_moment_before():
    asked()

    with nothing_written():
        assert approval_ends.expire_due(actor=TASK, at=THE_END - timedelta(microseconds=1)) == 0
    assert ApprovalRequest.objects.get().state == "pending"


@pytest.mark.parametrize("is_decided", [False, True])
def test_what_nobody_decided_or_carried_out_ends(is_decided):
    # Given
    request = asked()
    if is_decided:
        decided(request)

    # When
    ended = approval_ends.expire_due(actor=TASK, at=THE_END)

    # Then
    assert ended == 1
    request.refresh_from_db()
    assert (request.state, request.decided_at) == ("expired", THE_END)
    row = AuditEntry.objects.get(action="thing.approval_expired")
    assert (row.actor, row.subject) == (TASK, "x_1")
    assert row.after == {"request": request.pk, "maker": "user:1"}

    # When, Then again
    with nothing_written():
        assert approval_ends.expire_due(actor=TASK, at=THE_END) == 0


def test_what_was_rejected_or_executed_stays_that():
    # Given
    no, done = asked("x_1"), asked("x_2")
    decided(no, is_approved=False)
    decided(done)
    with transaction.atomic():
        approvals.execute_unchanged({done.pk: PAYLOAD}, at=NOON)

    # When, Then
    with nothing_written():
        assert approval_ends.expire_due(actor=TASK, at=THE_END) == 0
    assert list(ApprovalRequest.objects.order_by("object_id").values_list("state", flat=True)) == [
        "rejected",
        "executed",
    ]


def test_what_has_ended_is_neither_decided_nor_carried_out():
    # Given
    waiting, agreed = asked("x_1"), asked("x_2")
    decided(agreed)
    approval_ends.expire_due(actor=TASK, at=THE_END)

    # When, Then
    with nothing_written(), pytest.raises(ApprovalClosedError):
        decided(waiting)
    with nothing_written(), pytest.raises(ApprovalExpiredError), transaction.atomic():
        approvals.execute(agreed, payload=PAYLOAD, at=NOON)


def test_the_same_may_be_asked_for_again():
    # Given
    asked()
    approval_ends.expire_due(actor=TASK, at=THE_END)

    # When, Then
    assert asked().state == "pending"


def test_a_part_ends_only_what_is_open_and_late():
    # Given
    request = asked()

    # When, Then
    with nothing_written(), transaction.atomic():
        approval_ends.end_expired(request, actor=TASK, at=THE_END - timedelta(microseconds=1))
    with transaction.atomic():
        approval_ends.end_expired(request, actor=TASK, at=THE_END)
    assert ApprovalRequest.objects.get().state == "expired"
    with nothing_written(), transaction.atomic():
        approval_ends.end_expired(request, actor=TASK, at=THE_END)


def test_a_job_does_it():
    # Given
    asked()
    jobs.defer("ledger.expire_approvals", at=THE_END)

    # When
    assert run_jobs() == ["ledger.expire_approvals"]

    # Then
    assert AuditEntry.objects.get(action="thing.approval_expired").actor == (
        "task:ledger.expire_approvals"
    )
