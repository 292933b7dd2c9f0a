"""How many people must agree to what: the tiers in words, and the buttons to change them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ledger.actions import approval_tiers as actions
from ledger.admin import approval_kinds, people, showing
from ledger.admin.approval_panel import Approve, Decision, Reject
from ledger.admin.approvals import decided_on_its_page
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, OperationsAdmin, ReasonForm, Words
from ledger.admin.panels import Cell, Fact, Facts, Panel
from ledger.errors import AmountError, UnknownCurrencyError
from ledger.models import ApprovalRequest, ApprovalTier
from ledger.money import from_decimal_text
from ledger.queries.approval_tiers import (
    TIER_KIND,
    TierTerms,
    terms_asked,
    tier_payload,
    tiers_with_whether_in_force,
)

WORDS: Mapping[str, Words] = {
    "kind": gettext_lazy("what is asked for"),
    "currency": gettext_lazy("currency"),
    "above_minor": gettext_lazy("above which amount"),
    "required": gettext_lazy("people who must agree"),
    "needs_head": gettext_lazy("a finance head among them"),
    "was_required": gettext_lazy("people who must agree (until now)"),
    "was_needs_head": gettext_lazy("a finance head among them (until now)"),
}
ANYTHING = gettext_lazy("anything")
ANY_CURRENCY = gettext_lazy("no money, or a currency without tiers")


class TierForm(ReasonForm):
    """What the next version of a tier says."""

    kind = forms.ChoiceField(label=gettext_lazy("what is asked for"), required=False)
    currency = forms.CharField(
        label=gettext_lazy("currency"),
        max_length=3,
        required=False,
        help_text=gettext_lazy("Three letters; none for requests that move no money."),
    )
    above = forms.CharField(
        label=gettext_lazy("above which amount"),
        max_length=40,
        initial="0",
        help_text=gettext_lazy("In figures: 100000.00. Zero is every amount."),
    )
    required = forms.IntegerField(
        label=gettext_lazy("people who must agree"), min_value=1, max_value=5, initial=1
    )
    needs_head = forms.BooleanField(label=gettext_lazy("a finance head among them"), required=False)
    field_order = ("kind", "currency", "above", "required", "needs_head", "reason")

    def __init__(self, *args: Any, **options: Any) -> None:
        """Offer the kinds that people decide on."""
        super().__init__(*args, **options)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", ANYTHING), *sorted(approval_kinds.names_of_all(), key=_by_words)]

    def clean(self) -> dict[str, Any]:
        """Read the amount by the places of its currency."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        text, currency = values.get("above", "").replace(",", ""), values.get("currency", "")
        try:
            values["above_minor"] = from_decimal_text(text, currency) if text != "0" else 0
        except (AmountError, UnknownCurrencyError) as error:
            self.add_error("above", str(error))
        return values


class AskTier(Operation[None]):
    """Ask for the next version of a tier."""

    name = "ask-tier"
    label = gettext_lazy("Ask for another tier")
    explanation = gettext_lazy(
        "A finance head has to agree. What is asked for from then on needs so many people; what"
        " waits already keeps the people that it was asked with."
    )
    permission = "ledger.request_tier"
    deed = "approval_tier.request"
    icon = "group_add"
    form_class = TierForm

    def perform(self, request: DoorRequest, row: None, form: forms.Form, asking: Asking) -> Words:
        """Ask for it."""
        values = form.cleaned_data
        actions.request_tier(
            TierTerms(
                kind=values["kind"],
                currency=values["currency"],
                above_minor=values["above_minor"],
                required=values["required"],
                needs_head=values["needs_head"],
            ),
            actor=asking.actor,
            at=asking.at,
            reason=values["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Asked. A finance head has to agree now; until then nothing changes.")


class _OfTier(Decision[ApprovalRequest]):
    """What a finance head says of a tier, on the page of its request."""

    permission = "ledger.approve_tier"
    payload_words = WORDS

    def request_of(self, row: ApprovalRequest) -> ApprovalRequest | None:
        """Return the request, if it is about a tier."""
        return row if row.kind == TIER_KIND else None

    def payload_of(self, row: ApprovalRequest) -> Mapping[str, Any]:
        """Set what is asked for against what is in force."""
        return tier_payload(terms_asked(row))

    def payload_cell(self, name: str, value: object) -> Cell | None:
        """Name the kind in words."""
        if name == "kind":
            return str(approval_kinds.name_of(str(value)) if value else ANYTHING)
        if name == "currency" and not value:
            return str(ANY_CURRENCY)
        return None


class ApproveTier(_OfTier, Approve[ApprovalRequest]):
    """Agree to a tier."""

    name = "approve-tier"
    label = gettext_lazy("Approve tier")
    kind = TIER_KIND
    kind_words = gettext_lazy("how many people must agree")
    deed = "approval_tier.approve"
    done = gettext_lazy("Agreed. It holds for whatever is asked for from now on.")

    def decide(
        self, row: ApprovalRequest, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> None:
        """Agree to what was shown."""
        actions.approve_tier(
            row.pk, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )


class RejectTier(_OfTier, Reject[ApprovalRequest]):
    """Say no to a tier."""

    name = "reject-tier"
    label = gettext_lazy("Reject tier")
    deed = "approval_tier.reject"
    done = gettext_lazy("Rejected. As many people have to agree as before.")

    def decide(
        self, row: ApprovalRequest, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> None:
        """Say no to what was shown."""
        actions.reject_tier(
            row.pk,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )


@admin.register(ApprovalTier)
class ApprovalTierAdmin(OperationsAdmin[ApprovalTier]):
    """Who must agree to what, version by version; the newest of a kind and amount counts."""

    has_story = False
    list_display = ("asked_for", "money", "above", "people", "in_force", "created_at", "created_by")
    list_filter = ("kind", "currency")
    list_operations = (AskTier(),)
    empty_hint = gettext_lazy("The first tiers come with the installation.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApprovalTier]:
        """Return the tiers with whether they are in force."""
        return tiers_with_whether_in_force(super().get_queryset(request))

    def panels(self, request: HttpRequest, row: ApprovalTier) -> Sequence[Panel]:
        """Show the tier in words, and who agreed to it."""
        facts = [
            Fact(WORDS["kind"], self.asked_for(row)),
            Fact(WORDS["currency"], self.money(row)),
            Fact(WORDS["above_minor"], self.above(row)),
            Fact(WORDS["required"], self.people(row)),
            Fact(_("in force"), showing.yes_or_no(self.in_force(row))),
            Fact(_("created at"), showing.instant(row.created_at)),
            Fact(
                _("asked by"),
                people.actor_link(row.created_by, names=people.names_of([row.created_by])),
            ),
        ]
        if row.approval_id is not None:
            facts.append(Fact(_("request"), showing.row_link(row.approval)))
        return [Facts(_("approval tier"), facts)]

    @admin.display(description=gettext_lazy("what is asked for"), ordering="kind")
    def asked_for(self, row: ApprovalTier) -> str:
        """Name the kind in words."""
        return str(approval_kinds.name_of(row.kind) if row.kind else ANYTHING)

    @admin.display(description=gettext_lazy("currency"), ordering="currency")
    def money(self, row: ApprovalTier) -> str:
        """Name the currency, or say that there is none."""
        return row.currency or str(ANY_CURRENCY)

    @admin.display(description=gettext_lazy("above which amount"), ordering="above_minor")
    def above(self, row: ApprovalTier) -> SafeString | str:
        """Write the amount that has to be exceeded."""
        return showing.money(row.above_minor, row.currency) if row.above_minor else _("any amount")

    @admin.display(description=gettext_lazy("people who must agree"), ordering="required")
    def people(self, row: ApprovalTier) -> str:
        """Say how many people must agree, besides the one who asks."""
        counted = ngettext("%(count)s person", "%(count)s people", row.required)
        said = counted % {"count": row.required}
        return f"{said}, {_('a finance head among them')}" if row.needs_head else said

    @admin.display(description=gettext_lazy("in force"), boolean=True)
    def in_force(self, row: ApprovalTier) -> bool:
        """Tell whether no newer version says otherwise."""
        return not getattr(row, "is_replaced", False)


def _by_words(named: tuple[str, Words]) -> str:
    return str(named[1])


decided_on_its_page(ApproveTier(), RejectTier())
