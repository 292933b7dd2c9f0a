"""How many people must agree is asked for by one, and agreed to by a finance head."""

from dataclasses import replace

import pytest
from django.db import IntegrityError

from ledger.actions import approval_tiers
from ledger.actions.approvals import LIFETIME, Decider
from ledger.errors import (
    ApprovalClosedError,
    ApprovalExpiredError,
    SelfApprovalError,
    StaleApprovalError,
    TierInvalidError,
    TierNotAskedError,
    TierReasonMissingError,
    TierUnchangedError,
    UnknownCurrencyError,
)
from ledger.models import ApprovalRequest, ApprovalTier, AuditEntry
from ledger.queries.approval_tiers import TierTerms
from ledger.queries.approvals import Needed, people_needed
from tests.instants import NEXT_NOON, NOON
from tests.rig.rows import nothing_written
from tests.rig.staff import person

pytestmark = pytest.mark.django_db

MAKER, ANOTHER = "user:900001", "user:900002"  # not whom a test takes on
REFUNDS = TierTerms("refund", "CNY", 1_000_00, 3, needs_head=False)


@pytest.fixture
def head() -> Decider:
    return Decider(f"user:{person('finance_head').pk}", second_factor="totp", is_head=True)


def asked(terms: TierTerms = REFUNDS, **other: object) -> ApprovalRequest:
    return approval_tiers.request_tier(
        terms, **{"actor": MAKER, "at": NOON, "reason": "many refunds", **other}
    )


def approve(request: ApprovalRequest, decider: Decider, **other: object) -> ApprovalRequest:
    return approval_tiers.approve_tier(
        request.pk,
        **{
            "shown_digest": bytes(request.digest),
            "decider": decider,
            "at": NEXT_NOON,
            **other,
        },
    )


def needed(amount_minor: int) -> Needed:
    return people_needed(kind="refund", amount_minor=amount_minor, currency="CNY")


def test_nothing_changes_before_a_head_agrees(head):
    # Given
    request = asked()
    assert (request.required, request.needs_head) == (1, True)
    assert needed(1_000_01) == Needed(1, needs_head=False)

    # When another person agrees who is no head
    approve(request, Decider(ANOTHER, second_factor="totp"))
    assert ApprovalRequest.objects.get().state == "pending"
    assert needed(1_000_01) == Needed(1, needs_head=False)

    # When a head does
    approve(request, head)

    # Then
    assert ApprovalRequest.objects.get().state == "executed"
    tier = ApprovalTier.objects.get(kind="refund")
    assert (tier.required, tier.created_by, tier.approval_id) == (3, MAKER, request.pk)
    assert needed(1_000_01) == Needed(3, needs_head=False)
    assert needed(1_000_00) == Needed(1, needs_head=False)
    assert list(
        AuditEntry.objects.filter(subject="refund/CNY/100000")
        .order_by("id")
        .values_list("action", "actor")
    ) == [
        ("approval_tier.requested", MAKER),
        ("approval_tier.approved", ANOTHER),
        ("approval_tier.approved", head.actor),
        ("approval_tier.changed", head.actor),
    ]


def test_the_next_version_counts(head):
    approve(asked(), head)
    approve(asked(replace(REFUNDS, required=2)), head)

    assert needed(1_000_01) == Needed(2, needs_head=False)
    assert ApprovalTier.objects.filter(kind="refund").count() == 2


def test_nobody_agrees_to_their_own(head):
    request = asked(actor=head.actor)

    with nothing_written(), pytest.raises(SelfApprovalError):
        approve(request, head)


def test_nobody_says_of_themselves_that_they_are_a_head():
    request = asked()

    with pytest.raises(IntegrityError, match="user:900002 is no finance head"):
        approve(request, Decider(ANOTHER, second_factor="totp", is_head=True))


def test_a_head_says_no(head):
    request = asked()

    approval_tiers.reject_tier(
        request.pk,
        shown_digest=bytes(request.digest),
        decider=head,
        at=NEXT_NOON,
        reason="too many",
    )

    assert ApprovalRequest.objects.get().state == "rejected"
    with nothing_written(), pytest.raises(TierNotAskedError):
        approve(request, head)


def test_what_was_not_shown_is_not_agreed_to(head):
    request = asked()
    with nothing_written(), pytest.raises(StaleApprovalError):
        approve(request, head, shown_digest=b"\0" * 32)


def test_not_after_a_week(head):
    request = asked()
    with nothing_written(), pytest.raises(ApprovalExpiredError):
        approve(request, head, at=NOON + LIFETIME)


def test_one_request_at_a_time():
    asked()
    with nothing_written(), pytest.raises(ApprovalClosedError):
        asked(replace(REFUNDS, required=5))


@pytest.mark.parametrize(
    ("terms", "error"),
    [
        (replace(REFUNDS, required=0), TierInvalidError),
        (replace(REFUNDS, required=6), TierInvalidError),
        (replace(REFUNDS, above_minor=-1), TierInvalidError),
        (replace(REFUNDS, currency=""), TierInvalidError),
        (replace(REFUNDS, kind="x" * 41), TierInvalidError),
        (replace(REFUNDS, currency="XXX"), UnknownCurrencyError),
        (TierTerms("approval_tier", "", 0, 2, needs_head=False), TierInvalidError),
        (TierTerms("approval_tier", "", 0, 1, needs_head=True), TierUnchangedError),
        (TierTerms("", "CNY", 0, 1, needs_head=False), TierUnchangedError),
    ],
)
def test_nonsense_is_refused_in_words(terms, error):
    with nothing_written(), pytest.raises(error):
        asked(terms)


def test_nobody_asks_or_refuses_without_a_reason(head):
    with nothing_written(), pytest.raises(TierReasonMissingError):
        asked(reason=" ")
    request = asked()
    with nothing_written(), pytest.raises(TierReasonMissingError):
        approval_tiers.reject_tier(
            request.pk,
            shown_digest=bytes(request.digest),
            decider=head,
            at=NEXT_NOON,
            reason="",
        )
