"""The buttons by which one person asks for other terms, or takes back what they asked for."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django import forms
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Fact, Facts, Panel
from payments.actions import terms as actions
from payments.admin.term_decisions import (
    ApproveAccountTerms,
    ApproveFeePlan,
    ApproveMerchantTerms,
    RejectAccountTerms,
    RejectFeePlan,
    RejectMerchantTerms,
)
from payments.admin.term_forms import WORDS, AccountTermsForm, FeePlanForm, MerchantTermsForm
from payments.models import FeePlan, Merchant, MerchantAccount
from payments.queries.terms import open_terms_about
from payments.terms import AccountTerms, FeePlanTerms, MerchantTerms, Terms

RowT = TypeVar("RowT", bound=Model)


class _Ask(Operation[RowT]):
    """Ask another person to agree to other terms."""

    permission = "payments.request_terms"
    icon = "edit_note"
    kind: ClassVar[str]

    def is_offered(self, row: RowT) -> bool:
        """Offer it while nobody waits for an answer about the same."""
        return open_terms_about(self.kind, str(row.pk)) is None

    def terms(self, row: RowT, values: Mapping[str, Any]) -> Terms:
        """Make the terms of what the form says."""
        raise NotImplementedError

    def perform(self, request: DoorRequest, row: RowT, form: forms.Form, asking: Asking) -> Words:
        """Ask for them."""
        values = dict(form.cleaned_data)
        reason = values.pop("reason")
        actions.request_terms(
            self.terms(row, values),
            actor=asking.actor,
            at=asking.at,
            reason=reason,
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Asked. Another person has to agree now; until then nothing changes.")


class AskFeePlan(_Ask[FeePlan]):
    """Ask for the next version of a plan, or for a new plan made from it."""

    name = "ask-version"
    label = gettext_lazy("Ask for other fees")
    explanation = gettext_lazy(
        "A plan is never changed: its next version is made when another person agrees. Payments"
        " that are being made keep the fees that they began with."
    )
    deed = "fee_plan.request"
    kind = FeePlanTerms.kind

    def form(self, request: DoorRequest, row: FeePlan) -> forms.Form:
        """Begin with the fees as they are."""
        names = [name for name in FeePlanForm.base_fields if hasattr(row, name)]
        sent = request.POST if request.method == "POST" else None
        return FeePlanForm(sent, initial={name: getattr(row, name) for name in names})

    def terms(self, row: FeePlan, values: Mapping[str, Any]) -> FeePlanTerms:
        """Make the next version."""
        return FeePlanTerms(plan_id=row.pk, **values)


class AskMerchantTerms(_Ask[Merchant]):
    """Ask that a merchant is put on another plan or cycle."""

    name = "ask-terms"
    label = gettext_lazy("Ask for other terms")
    explanation = gettext_lazy(
        "Another person has to agree. Payments from then on are charged by the new plan and become"
        " available by the new cycle; what was taken before keeps its fees and its day."
    )
    deed = "merchant_terms.request"
    kind = MerchantTerms.kind

    def form(self, request: DoorRequest, row: Merchant) -> forms.Form:
        """Offer the plans, the merchant's own first chosen."""
        names = ("fee_plan_id", "settlement_cycle", "late_money")
        initial = {name: getattr(row, name) for name in names}
        form = MerchantTermsForm(
            request.POST if request.method == "POST" else None, initial=initial
        )
        field = form.fields["fee_plan_id"]
        assert isinstance(field, forms.ChoiceField)
        plans = FeePlan.objects.order_by("name", "-version")
        field.choices = [(plan.pk, f"{plan} · {plan.currency}") for plan in plans]
        return form

    def terms(self, row: Merchant, values: Mapping[str, Any]) -> MerchantTerms:
        """Make the merchant's terms."""
        return MerchantTerms(merchant_id=row.pk, **values)


class AskAccountTerms(_Ask[Merchant]):
    """Ask for other limits of a merchant's money."""

    name = "ask-limits"
    label = gettext_lazy("Ask for other limits")
    explanation = gettext_lazy(
        "Another person has to agree. It says how far the merchant may owe us for refunds, and how"
        " much of each payment is kept back for how long. Money that is kept back stays so."
    )
    deed = "account_terms.request"
    kind = AccountTerms.kind

    def is_offered(self, row: Merchant) -> bool:
        """Offer it once the merchant has money, and while nobody waits for an answer."""
        return row.accounts.exists() and super().is_offered(row)

    def form(self, request: DoorRequest, row: Merchant) -> forms.Form:
        """Begin with the limits of the currency that is asked about, or of the first."""
        accounts = {account.currency: account for account in row.accounts.order_by("currency")}
        chosen = accounts.get(request.GET.get("currency", "")) or next(iter(accounts.values()))
        names = [name for name in AccountTermsForm.base_fields if hasattr(chosen, name)]
        sent = request.POST if request.method == "POST" else None
        form = AccountTermsForm(sent, initial={name: getattr(chosen, name) for name in names})
        field = form.fields["currency"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(currency, currency) for currency in accounts]
        return form

    def panels(self, request: HttpRequest, row: Merchant) -> Sequence[Panel]:
        """Show the limits as they are, in every currency."""
        return [_limits(account) for account in row.accounts.order_by("currency")]

    def terms(self, row: Merchant, values: Mapping[str, Any]) -> AccountTerms:
        """Make the account's terms."""
        return AccountTerms(merchant_id=row.pk, **values)


class _Withdraw(Operation[RowT]):
    """Take back what one asked for."""

    permission = "payments.request_terms"
    icon = "undo"
    form_class = ReasonForm
    explanation = gettext_lazy("The request ends, and the terms stay as they are.")
    kind: ClassVar[str]

    def is_offered(self, row: RowT) -> bool:
        """Offer it while somebody waits for an answer."""
        return open_terms_about(self.kind, str(row.pk)) is not None

    def perform(self, request: DoorRequest, row: RowT, form: forms.Form, asking: Asking) -> Words:
        """Take it back."""
        waiting = open_terms_about(self.kind, str(row.pk))
        actions.withdraw_terms(
            waiting.pk if waiting is not None else "",
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Withdrawn. The terms stay as they are.")


class WithdrawFeePlan(_Withdraw[FeePlan]):
    """Take back a request for the next version of a plan."""

    name = "withdraw-version"
    label = gettext_lazy("Withdraw request for fees")
    deed = "fee_plan.withdraw"
    kind = FeePlanTerms.kind


class WithdrawMerchantTerms(_Withdraw[Merchant]):
    """Take back a request for a merchant's other terms."""

    name = "withdraw-terms"
    label = gettext_lazy("Withdraw request for terms")
    deed = "merchant_terms.withdraw"
    kind = MerchantTerms.kind


class WithdrawAccountTerms(_Withdraw[Merchant]):
    """Take back a request for other limits of a merchant's money."""

    name = "withdraw-limits"
    label = gettext_lazy("Withdraw request for limits")
    deed = "account_terms.withdraw"
    kind = AccountTerms.kind


FEE_PLAN_OPERATIONS = (AskFeePlan(), ApproveFeePlan(), RejectFeePlan(), WithdrawFeePlan())
"""The buttons of a fee plan."""

MERCHANT_OPERATIONS = (
    AskMerchantTerms(),
    ApproveMerchantTerms(),
    RejectMerchantTerms(),
    WithdrawMerchantTerms(),
    AskAccountTerms(),
    ApproveAccountTerms(),
    RejectAccountTerms(),
    WithdrawAccountTerms(),
)
"""The buttons of a merchant that are about terms."""


def _limits(account: MerchantAccount) -> Facts:
    currency = account.currency
    advance = showing.money(account.advance_limit_minor, currency)
    return Facts(
        _("limits in %(currency)s") % {"currency": currency},
        [
            Fact(WORDS["advance_limit_minor"], advance),
            Fact(
                WORDS["is_reserve_for_refunds"], showing.yes_or_no(account.is_reserve_for_refunds)
            ),
            Fact(WORDS["reserve_bps"], showing.basis_points(account.reserve_bps)),
            Fact(WORDS["reserve_days"], str(account.reserve_days)),
        ],
    )
