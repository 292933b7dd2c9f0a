"""Approval tiers are as released or as agreed to; one that was changed past the law is found."""

import pytest

from ledger.models import ApprovalTier
from ledger.queries.integrity import verify_laws
from ledger.queries.laws_of_tiers import LAWS_OF_TIERS
from tests.factories.approvals import ASKS, request_of
from tests.instants import NOON
from tests.rig.attacks import run_sql

TERMS = {
    "kind": "refund",
    "currency": "CNY",
    "above_minor": 1_000_00,
    "required": 3,
    "needs_head": False,
}


def violations() -> list[tuple[str, str, str]]:
    report = verify_laws(LAWS_OF_TIERS)
    return [(found.subject, found.expected, found.found) for found in report.violations]


@pytest.fixture(autouse=True)
def _past_the_law(scratch: None) -> None:
    """Write as the owner of the tables, with the laws switched off."""
    for table in ("ledger_approvaltier", "ledger_approvalrequest"):
        run_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def agreed_tier(**terms: object) -> ApprovalTier:
    request = request_of(kind="approval_tier", object_id="refund CNY", payload=TERMS)
    request.state, request.needs_head, request.decided_at = "executed", True, NOON
    request.save(force_insert=True)
    return ApprovalTier.objects.create(
        **{**TERMS, **terms}, created_at=NOON, created_by=ASKS, approval=request
    )


def test_released_and_agreed_tiers_are_sound() -> None:
    assert violations() == []
    agreed_tier()
    assert violations() == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            (
                "UPDATE ledger_approvaltier SET required = 1, needs_head = false"
                " WHERE currency = 'CNY' AND above_minor = 100000000"
            ),
            (" CNY > 100000000", "2 people, a finance head among them", "1 people"),
        ),
        (
            "DELETE FROM ledger_approvaltier WHERE currency = 'BRL' AND above_minor > 0",
            (" BRL > 100000000", "2 people, a finance head among them", "no such tier"),
        ),
        (
            (
                "INSERT INTO ledger_approvaltier (kind, currency, above_minor, required,"
                " needs_head, created_at, created_by)"
                " VALUES ('refund', 'CNY', 0, 1, false, now(), 'migration')"
            ),
            ("refund CNY > 0", "no such tier", "1 people"),
        ),
    ],
    ids=["changed", "deleted", "added"],
)
def test_a_released_tier_that_was_touched_is_found(
    statement: str, found: tuple[str, str, str]
) -> None:
    # When
    run_sql(statement)

    # Then
    assert violations() == [found]


def test_a_tier_that_people_agreed_to_otherwise_is_found() -> None:
    # When: three were agreed to.
    tier = agreed_tier(required=1)

    # Then
    assert violations() == [
        (
            "refund CNY > 100000",
            "agreed to by people",
            f"1 people, request {tier.approval_id} executed",
        )
    ]


def test_a_tier_of_a_request_that_is_not_there_is_found() -> None:
    # When
    ApprovalTier.objects.create(
        **TERMS, created_at=NOON, created_by=ASKS, approval_id="apr_nowhere"
    )

    # Then
    assert violations() == [("refund CNY > 100000", "agreed to by people", "3 people")]
