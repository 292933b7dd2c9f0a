"""What terms are in force, what is asked for instead, and what people are shown of both."""

from dataclasses import dataclass
from typing import Any

from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments.models import FeePlan, Merchant, MerchantAccount
from payments.terms import KINDS, AccountTerms, FeePlanTerms, MerchantTerms, Terms


@dataclass(frozen=True, slots=True)
class TermsPayload:
    """What is in force (`before`) and what is asked for (`after`), by the same names.

    `about` says of what, for people. `shown` is what they agree to.
    """

    about: dict[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def changes(self) -> dict[str, Any]:
        """Return what would become otherwise; a version's number alone is no change."""
        return {name: new for name, new in self.after.items() if self.before.get(name, new) != new}

    @property
    def shown(self) -> dict[str, Any]:
        """Return one flat list: about what, each term, and what it was."""
        was = {f"was_{name}": old for name, old in self.before.items()}
        return {**self.about, **self.after, **was}


def terms_payload(terms: Terms) -> TermsPayload | None:
    """Read what is in force and set what is asked for against it; None where nothing fits."""
    if isinstance(terms, FeePlanTerms):
        return _of_fee_plan(terms)
    if isinstance(terms, MerchantTerms):
        return _of_merchant(terms)
    return _of_account(terms)


def is_name_of_another_plan(terms: FeePlanTerms) -> bool:
    """Tell whether a plan would go on under a name that another plan has already."""
    own = FeePlan.objects.filter(pk=terms.plan_id).exclude(name=terms.name)
    return own.exists() and FeePlan.objects.filter(name=terms.name).exists()


def open_terms(request_id: str) -> ApprovalRequest | None:
    """Return the request about terms that waits for a decision, by its id."""
    return ApprovalRequest.objects.filter(
        pk=request_id, kind__in=KINDS, state=ApprovalState.PENDING
    ).first()


def open_terms_about(kind: str, object_id: str) -> ApprovalRequest | None:
    """Return the request of one kind that waits about one thing."""
    return ApprovalRequest.objects.filter(
        kind=kind, object_id=object_id, state=ApprovalState.PENDING
    ).first()


def latest_request(kind: str, object_id: str) -> ApprovalRequest | None:
    """Return the newest request of one kind about one thing, decided or not."""
    return (
        ApprovalRequest.objects.filter(kind=kind, object_id=object_id)
        .order_by("-created_at", "-pk")
        .first()
    )


def _of_fee_plan(terms: FeePlanTerms) -> TermsPayload | None:
    plan = FeePlan.objects.filter(pk=terms.plan_id).first()
    if plan is None:
        return None
    latest = FeePlan.objects.filter(name=terms.name).order_by("-version").first()
    before = {name: getattr(plan, name) for name in terms.values() if name != "moves_merchants"}
    moved = 0
    if terms.moves_merchants:
        moved = Merchant.objects.filter(fee_plan__name=terms.name).count()
    return TermsPayload(
        about={
            "plan": plan.pk,
            "currency": plan.currency,
            "version": 1 if latest is None else latest.version + 1,
            "merchants_moved": moved,
        },
        before={**before, "moves_merchants": False},
        after=terms.values(),
    )


def _of_merchant(terms: MerchantTerms) -> TermsPayload | None:
    merchant = Merchant.objects.filter(pk=terms.merchant_id).first()
    plan = FeePlan.objects.filter(pk=terms.fee_plan_id).first()
    if merchant is None or plan is None:
        return None
    return TermsPayload(
        about={"merchant": merchant.pk, "plan": str(plan), "currency": plan.currency},
        before={
            "fee_plan_id": merchant.fee_plan_id,
            "settlement_cycle": merchant.settlement_cycle,
            "late_money": merchant.late_money,
        },
        after=terms.values(),
    )


def _of_account(terms: AccountTerms) -> TermsPayload | None:
    account = MerchantAccount.objects.filter(
        merchant_id=terms.merchant_id, currency=terms.currency
    ).first()
    if account is None:
        return None
    before = {name: getattr(account, name) for name in terms.values()}
    del before["currency"]
    return TermsPayload(about={"merchant": terms.merchant_id}, before=before, after=terms.values())
