"""The buttons by which another person agrees to other terms, or says no."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.db.models import Model
from django.utils.translation import gettext_lazy

from ledger.admin.approval_panel import Approve, Decision, Reject
from ledger.admin.asking import Asking
from ledger.admin.panels import Cell
from ledger.models import ApprovalRequest
from payments.actions import terms as actions
from payments.admin.term_forms import WORDS
from payments.models import FeePlan, Merchant
from payments.models.fees import RefundPolicy
from payments.parked_states import LateMoney
from payments.queries.terms import latest_request, terms_payload
from payments.terms import AccountTerms, FeePlanTerms, MerchantTerms, terms_of

RowT = TypeVar("RowT", bound=Model)


class _OfTerms(Decision[RowT]):
    """What another person says of terms."""

    permission = "payments.approve_terms"
    payload_words = WORDS
    kind: ClassVar[str]

    def request_of(self, row: RowT) -> ApprovalRequest | None:
        """Return the newest request about the row."""
        return latest_request(self.kind, str(row.pk))

    def payload_of(self, row: RowT) -> Mapping[str, Any]:
        """Read what is in force, and set what is asked for against it."""
        waiting = self.request_of(row)
        assert waiting is not None, "the page of a decision is about a request"
        payload = terms_payload(terms_of(waiting.kind, waiting.object_id, waiting.payload))
        return payload.shown if payload is not None else {}

    def payload_cell(self, name: str, value: object) -> Cell | None:
        """Name the fee's fate and the plan in words."""
        if name.endswith("refund_policy") and isinstance(value, str):
            return str(RefundPolicy(value).label)
        if name.endswith("late_money") and isinstance(value, str):
            return str(LateMoney(value).label)
        return None


class _ApproveTerms(_OfTerms[RowT], Approve[RowT]):
    """Agree to terms, which puts them in force."""

    done = gettext_lazy("Agreed. The terms are in force from now on.")

    def decide(self, row: RowT, *, shown_digest: bytes, asking: Asking, reason: str) -> None:
        """Agree to what was shown."""
        waiting = self.request_of(row)
        actions.approve_terms(
            waiting.pk if waiting is not None else "",
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
        )


class _RejectTerms(_OfTerms[RowT], Reject[RowT]):
    """Say no to terms."""

    done = gettext_lazy("Rejected. The terms stay as they are.")

    def decide(self, row: RowT, *, shown_digest: bytes, asking: Asking, reason: str) -> None:
        """Say no to what was shown."""
        waiting = self.request_of(row)
        actions.reject_terms(
            waiting.pk if waiting is not None else "",
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )


class ApproveFeePlan(_ApproveTerms[FeePlan]):
    """Agree to the next version of a plan."""

    name = "approve-version"
    label = gettext_lazy("Approve other fees")
    kind_words = gettext_lazy("fee plan")
    deed = "fee_plan.approve"
    kind = FeePlanTerms.kind


class RejectFeePlan(_RejectTerms[FeePlan]):
    """Say no to the next version of a plan."""

    name = "reject-version"
    label = gettext_lazy("Reject other fees")
    deed = "fee_plan.reject"
    kind = FeePlanTerms.kind


class ApproveMerchantTerms(_ApproveTerms[Merchant]):
    """Agree that a merchant gets other terms."""

    name = "approve-terms"
    label = gettext_lazy("Approve other terms")
    kind_words = gettext_lazy("a merchant's terms")
    deed = "merchant_terms.approve"
    kind = MerchantTerms.kind


class RejectMerchantTerms(_RejectTerms[Merchant]):
    """Say no to a merchant's other terms."""

    name = "reject-terms"
    label = gettext_lazy("Reject other terms")
    deed = "merchant_terms.reject"
    kind = MerchantTerms.kind


class ApproveAccountTerms(_ApproveTerms[Merchant]):
    """Agree to other limits of a merchant's money."""

    name = "approve-limits"
    label = gettext_lazy("Approve other limits")
    kind_words = gettext_lazy("a merchant's limits")
    deed = "account_terms.approve"
    kind = AccountTerms.kind


class RejectAccountTerms(_RejectTerms[Merchant]):
    """Say no to other limits of a merchant's money."""

    name = "reject-limits"
    label = gettext_lazy("Reject other limits")
    deed = "account_terms.reject"
    kind = AccountTerms.kind
