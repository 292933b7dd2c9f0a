"""How many people must agree to what: the tiers in force, and what is asked for."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db.models import Exists, OuterRef, QuerySet

from ledger.models import ApprovalRequest, ApprovalTier
from ledger.states import ApprovalState

TIER_KIND: Final = "approval_tier"
"""The kind of requests about a tier."""


@dataclass(frozen=True, slots=True)
class TierTerms:
    """What a tier says. `kind` '' is any kind; `above_minor` is in minor units of `currency`."""

    kind: str
    currency: str
    above_minor: int
    required: int
    needs_head: bool

    @property
    def object_id(self) -> str:
        """Name the tier that is changed, whatever it says."""
        return f"{self.kind or '*'}/{self.currency or '*'}/{self.above_minor}"


def tier_in_force(terms: TierTerms) -> ApprovalTier | None:
    """Return what is in force for the kind, currency and amount; None if nobody has said it."""
    return (
        ApprovalTier.objects.filter(
            kind=terms.kind, currency=terms.currency, above_minor=terms.above_minor
        )
        .order_by("-pk")
        .first()
    )


def tier_payload(terms: TierTerms) -> dict[str, Any]:
    """Return what people are shown and agree to: what is asked for, and what is in force."""
    now = tier_in_force(terms)
    return {
        **asdict(terms),
        "was_required": now.required if now is not None else None,
        "was_needs_head": now.needs_head if now is not None else None,
    }


def terms_asked(request: ApprovalRequest) -> TierTerms:
    """Return the tier that a request asks for."""
    asked = request.payload
    return TierTerms(
        kind=str(asked["kind"]),
        currency=str(asked["currency"]),
        above_minor=int(asked["above_minor"]),
        required=int(asked["required"]),
        needs_head=bool(asked["needs_head"]),
    )


def open_tier_request(request_id: str) -> ApprovalRequest | None:
    """Return the request about a tier that waits for a decision, by its id."""
    return ApprovalRequest.objects.filter(
        pk=request_id, kind=TIER_KIND, state=ApprovalState.PENDING
    ).first()


def tiers_with_whether_in_force(tiers: QuerySet[ApprovalTier]) -> QuerySet[ApprovalTier]:
    """Return tiers with `is_replaced`: whether a newer version says otherwise."""
    newer = ApprovalTier.objects.filter(
        kind=OuterRef("kind"),
        currency=OuterRef("currency"),
        above_minor=OuterRef("above_minor"),
        pk__gt=OuterRef("pk"),
    )
    return tiers.annotate(is_replaced=Exists(newer))
