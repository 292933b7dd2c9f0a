"""Routing rules and closed scenes: asked for, agreed to, switched off; closed and opened."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import approval_panel as panel
from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, OperationsAdmin, ReasonForm, Words
from ledger.admin.panels import Panel
from ledger.models import ApprovalRequest
from payments.actions import routing
from payments.actions.routing import RuleRequest
from payments.models import ChannelAccount, Merchant, MethodSwitch, PaymentMethod, RoutingRule
from payments.queries.routing import rule_payload

_ANY = [("", gettext_lazy("every method"))]


class RuleForm(ReasonForm):
    """What a rule says; amounts in minor units, times in BUSINESS_TIME_ZONE."""

    priority = forms.IntegerField(label=gettext_lazy("Priority"), min_value=0, max_value=9_999)
    currency = forms.CharField(label=gettext_lazy("Currency"), min_length=3, max_length=3)
    channel_account = forms.ModelChoiceField(
        label=gettext_lazy("Goes to"), queryset=ChannelAccount.objects.exclude(channel="bank")
    )
    method = forms.ChoiceField(
        label=gettext_lazy("Method"), choices=[*_ANY, *PaymentMethod.choices], required=False
    )
    merchant = forms.CharField(
        label=gettext_lazy("Merchant"), required=False, help_text=gettext_lazy("mer_…, or nothing")
    )
    from_minor = forms.IntegerField(
        label=gettext_lazy("Amount from, in minor units"), min_value=0, initial=0
    )
    to_minor = forms.IntegerField(
        label=gettext_lazy("Amount below, in minor units"), min_value=1, required=False
    )
    starts_at = forms.TimeField(label=gettext_lazy("Time of day from"), required=False)
    ends_at = forms.TimeField(label=gettext_lazy("Time of day until"), required=False)

    def clean_merchant(self) -> str:
        """Refuse a merchant who is not there."""
        merchant_id: str = self.cleaned_data["merchant"].strip()
        if merchant_id and not Merchant.objects.filter(pk=merchant_id).exists():
            raise forms.ValidationError(_("There is no such merchant."))
        return merchant_id


class AskRule(Operation[RoutingRule]):
    """Ask for a rule."""

    name = "ask"
    label = gettext_lazy("Ask for a rule")
    explanation = gettext_lazy(
        "Another person has to agree. Then payments that fit go to this account; orders that are"
        " under way stay where they are."
    )
    permission = "payments.request_routing"
    deed = "routing_rule.ask"
    icon = "alt_route"
    variant = "primary"
    form_class = RuleForm

    def perform(
        self, request: DoorRequest, row: RoutingRule, form: forms.Form, asking: Asking
    ) -> HttpResponseRedirect:
        """Ask for it, and go to its page."""
        wanted = form.cleaned_data
        rule = routing.request_rule(
            RuleRequest(
                priority=wanted["priority"],
                currency=wanted["currency"],
                channel_account_id=wanted["channel_account"].pk,
                method=wanted["method"],
                merchant_id=wanted["merchant"] or None,
                from_minor=wanted["from_minor"],
                to_minor=wanted["to_minor"],
                starts_at=wanted["starts_at"],
                ends_at=wanted["ends_at"],
            ),
            actor=asking.actor,
            at=asking.at,
            reason=wanted["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return HttpResponseRedirect(showing.row_url(rule))


class _Decision(panel.Decision[RoutingRule]):
    """What another person says of a rule."""

    permission = "payments.approve_routing"
    payload_words: ClassVar[Mapping[str, Words]] = {
        "rule": gettext_lazy("routing rule"),
        "priority": gettext_lazy("priority"),
        "merchant": gettext_lazy("merchant"),
        "method": gettext_lazy("method"),
        "currency": gettext_lazy("currency"),
        "from_minor": gettext_lazy("amount from"),
        "to_minor": gettext_lazy("amount below"),
        "starts_at": gettext_lazy("time of day from"),
        "ends_at": gettext_lazy("time of day until"),
        "channel_account": gettext_lazy("goes to"),
    }

    def request_of(self, row: RoutingRule) -> ApprovalRequest | None:
        """Return the request that was opened with it."""
        return row.approval

    def payload_of(self, row: RoutingRule) -> Mapping[str, Any]:
        """Return what is agreed to."""
        return rule_payload(row)


class ApproveRule(_Decision, panel.Approve[RoutingRule]):
    """Agree to a rule."""

    kind = routing.APPROVAL_KIND
    kind_words = gettext_lazy("routing of payments")
    name = "approve"
    label = gettext_lazy("Approve rule")
    explanation = gettext_lazy("From then on payments that fit go to this account.")
    deed = "routing_rule.approve"
    done = gettext_lazy("Approved. The rule is in force.")

    def decide(
        self, row: RoutingRule, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Approve what was shown."""
        routing.approve_rule(
            row.pk, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )
        return None


class RejectRule(_Decision, panel.Reject[RoutingRule]):
    """Say no to a rule."""

    name = "reject"
    label = gettext_lazy("Reject rule")
    deed = "routing_rule.reject"

    def decide(
        self, row: RoutingRule, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Reject what was shown."""
        routing.reject_rule(
            row.pk,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


class SwitchRuleOff(Operation[RoutingRule]):
    """Take a rule out of force."""

    name = "switch-off"
    label = gettext_lazy("Switch off")
    explanation = gettext_lazy("It does not come back: another one is asked for instead.")
    permission = "payments.request_routing"
    deed = "routing_rule.switch_off"
    icon = "block"
    form_class = ReasonForm

    def is_offered(self, row: RoutingRule) -> bool:
        """Offer it while the rule is in force."""
        return row.is_enabled

    def perform(
        self, request: DoorRequest, row: RoutingRule, form: forms.Form, asking: Asking
    ) -> Words:
        """Switch it off."""
        reason = form.cleaned_data["reason"]
        routing.switch_rule_off(row.pk, actor=asking.actor, at=asking.at, reason=reason)
        return _("Switched off.")


@admin.register(RoutingRule)
class RoutingRuleAdmin(OperationsAdmin[RoutingRule]):
    """Which account takes which payments."""

    list_display = (
        "priority",
        "merchant",
        "method",
        "currency",
        "from_minor",
        "to_minor",
        "starts_at",
        "ends_at",
        "channel_account",
        "is_enabled",
    )
    list_filter = ("is_enabled", "method")
    list_related = ("merchant", "channel_account")
    search_fields = ("id__exact",)
    list_operations = (AskRule(),)
    row_operations = (ApproveRule(), RejectRule(), SwitchRuleOff())
    empty_hint = gettext_lazy("Without a rule the oldest account that can takes a payment.")


class SceneForm(ReasonForm):
    """Which scene, and where."""

    method = forms.ChoiceField(label=gettext_lazy("Method"), choices=PaymentMethod.choices)
    channel_account = forms.ModelChoiceField(
        label=gettext_lazy("Channel account"),
        queryset=ChannelAccount.objects.exclude(channel="bank"),
        required=False,
        help_text=gettext_lazy("None: all of them."),
    )
    field_order = ("method", "channel_account", "reason")


class CloseScene(Operation[MethodSwitch]):
    """Close a scene at once."""

    name = "close"
    label = gettext_lazy("Close a scene")
    explanation = gettext_lazy(
        "From this moment on nobody is offered it, and nothing new is taken by it. Orders that are"
        " under way go on."
    )
    permission = "payments.switch_method"
    deed = "scene.close"
    icon = "toggle_off"
    variant = "danger"
    form_class = SceneForm

    def perform(
        self, request: DoorRequest, row: MethodSwitch, form: forms.Form, asking: Asking
    ) -> Words:
        """Close it."""
        account = form.cleaned_data["channel_account"]
        routing.close_scene(
            PaymentMethod(form.cleaned_data["method"]),
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            channel_account_id=account.pk if account is not None else None,
        )
        return _("Closed.")


class OpenScene(Operation[MethodSwitch]):
    """Open a scene again."""

    name = "open"
    label = gettext_lazy("Open scene")
    explanation = gettext_lazy("It is offered and taken again from this moment on.")
    permission = "payments.switch_method"
    deed = "scene.open"
    icon = "toggle_on"
    variant = "primary"
    form_class = ReasonForm

    def is_offered(self, row: MethodSwitch) -> bool:
        """Offer it while the scene is closed."""
        return row.opened_at is None

    def perform(
        self, request: DoorRequest, row: MethodSwitch, form: forms.Form, asking: Asking
    ) -> Words:
        """Open it."""
        reason = form.cleaned_data["reason"]
        routing.open_scene(row.pk, actor=asking.actor, at=asking.at, reason=reason)
        return _("Open again.")


@admin.register(MethodSwitch)
class MethodSwitchAdmin(OperationsAdmin[MethodSwitch]):
    """Scenes that are closed, or were."""

    list_display = ("method", "channel_account", "reason", "closed_by", "closed_at", "opened_at")
    list_filter = ("method", ("opened_at", admin.EmptyFieldListFilter))
    list_related = ("channel_account",)
    search_fields = ("id__exact",)
    list_operations = (CloseScene(),)
    row_operations = (OpenScene(),)
    empty_hint = gettext_lazy("No scene was ever closed.")

    def panels(self, request: HttpRequest, row: MethodSwitch) -> Sequence[Panel]:
        """Show the switch."""
        return [self.facts(row)]
