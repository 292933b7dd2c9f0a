"""The audit trail: with the deed, or after its refusal."""

import pytest
from django.db import transaction

from ledger.actions.audit import record_audit, record_refusal
from ledger.models import AuditEntry
from tests.instants import NOON


def kept() -> list[tuple]:
    return list(
        AuditEntry.objects.values_list(
            "action", "subject", "actor", "client_ip", "request_id", "reason", "before", "after"
        )
    )


@pytest.mark.django_db
def test_keeps_who_did_what_and_why():
    # When
    record_audit(
        action="merchant.renamed",
        subject="mer_1",
        actor="user:17",
        at=NOON,
        client_ip="203.0.113.7",
        request_id="req_1",
        reason="Married",
        before={"name": "A"},
        after={"name": "B"},
    )

    # Then
    assert kept() == [
        (
            "merchant.renamed",
            "mer_1",
            "user:17",
            "203.0.113.7",
            "req_1",
            "Married",
            {"name": "A"},
            {"name": "B"},
        )
    ]
    assert AuditEntry.objects.get().at == NOON


@pytest.mark.django_db(transaction=True)
def test_goes_with_the_deed_when_the_deed_is_undone():
    # When
    with transaction.atomic():
        record_audit(action="a.deed", subject="x", actor="user:1", at=NOON)
        transaction.set_rollback(True)

    # Then
    assert kept() == []


@pytest.mark.django_db(transaction=True)
def test_is_never_written_beside_a_deed():
    with pytest.raises(AssertionError, match="part"):
        record_audit(action="a.deed", subject="x", actor="user:1", at=NOON)


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_kept_with_its_code_after_the_deed_was_undone():
    # Given a deed that was refused and undone
    with transaction.atomic():
        record_audit(action="settlement.approve", subject="stl_1", actor="user:1", at=NOON)
        transaction.set_rollback(True)

    # When
    record_refusal(
        action="settlement.approve",
        subject="stl_1",
        actor="user:1",
        at=NOON,
        code="self_approval",
        client_ip="203.0.113.7",
        request_id="req_1",
    )

    # Then
    assert kept() == [
        (
            "settlement.approve.refused",
            "stl_1",
            "user:1",
            "203.0.113.7",
            "req_1",
            "self_approval",
            {},
            {},
        )
    ]


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_no_part_of_the_refused_deed():
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        record_refusal(action="x", subject="x", actor="user:1", at=NOON, code="x")
