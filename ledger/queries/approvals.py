"""How many people must agree, how many have, and what waits for one person's word."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Q, QuerySet

from ledger.models import ApprovalRequest
from ledger.states import ApprovalState

HEAD_PERMISSION = "decide_as_head"


@dataclass(frozen=True, slots=True)
class Needed:
    """How many people must agree, and whether a finance head among them."""

    required: int
    needs_head: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What was said of a request so far: how many agreed, and whether a finance head did."""

    approvals: int
    required: int
    has_head: bool
    needs_head: bool

    @property
    def is_enough(self) -> bool:
        """Tell whether those who must agree have agreed."""
        return self.approvals >= self.required and (self.has_head or not self.needs_head)


def people_needed(*, kind: str, amount_minor: int | None, currency: str) -> Needed:
    """Return what the tiers ask for a deed of a kind that moves `amount_minor` of `currency`.

    None is no money. The law asks the same function (ledger_tier_of).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT required, needs_head FROM ledger_tier_of(%s, %s, %s::bigint)",
            [kind, currency, amount_minor],
        )
        required, needs_head = cursor.fetchone()
    return Needed(required=required, needs_head=needs_head)


def standing_of(request: ApprovalRequest) -> Standing:
    """Return how many different people, none of them the maker, have agreed."""
    heads = dict(
        request.decisions.filter(decision="approve")
        .exclude(approver=request.maker)
        .values_list("approver", "as_head")
    )
    return Standing(
        approvals=len(heads),
        required=request.required,
        has_head=any(heads.values()),
        needs_head=request.needs_head,
    )


def decides_as_head(user_id: int | None) -> bool:
    """Tell whether somebody was made a finance head: themselves, or by a role of theirs.

    Asked of the tables, as a superuser passes every other question and is no finance head.
    """
    return Permission.objects.filter(
        Q(user=user_id, user__is_active=True) | Q(group__user=user_id, group__user__is_active=True),
        codename=HEAD_PERMISSION,
        content_type__app_label="ledger",
    ).exists()


def requests_for(actor: str, *, kinds: Collection[str]) -> QuerySet[ApprovalRequest]:
    """Return the requests of these kinds that wait for a word of `actor`, the newest first.

    Those that they made themselves, or have decided on, do not.
    """
    return (
        ApprovalRequest.objects.filter(state=ApprovalState.PENDING, kind__in=kinds)
        .exclude(maker=actor)
        .exclude(decisions__approver=actor)
    )
