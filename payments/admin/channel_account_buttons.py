"""The buttons that register a channel account, switch it off, and change its terms by two."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.approval_facts import agreed_to, who_agrees
from ledger.admin.approval_panel import Approve, Decision, Reject
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Cell, Panel
from ledger.models import ApprovalRequest
from payments.actions import channel_account_terms as actions
from payments.actions.channel_account_terms import AccountEntry
from payments.admin.channel_account_forms import WORDS, AccountTermsForm, RegisterForm
from payments.models import ChannelAccount, ChannelKind
from payments.queries.channel_accounts import (
    TERMS_KIND,
    ChannelAccountTerms,
    newest_terms_request,
    open_terms_request,
    terms_asked,
    terms_payload,
)


class RegisterAccount(Operation[None]):
    """Register an account, switched off and without keys."""

    name = "register"
    label = gettext_lazy("Register account")
    explanation = gettext_lazy(
        "The account is registered switched off and without keys: no order goes there. Then its"
        " keys are entered and agreed to on its page, and two people switch it on."
    )
    permission = "payments.register_channelaccount"
    deed = "channel_account.register"
    icon = "add_business"
    variant = "primary"
    asks_second_factor = True
    form_class = RegisterForm

    def perform(
        self, request: DoorRequest, row: None, form: forms.Form, asking: Asking
    ) -> HttpResponseRedirect:
        """Register it, and go to its page."""
        entered = dict(form.cleaned_data)
        reason, bank = entered.pop("reason"), entered.pop("settles_to")
        account = actions.register_account(
            AccountEntry(**entered, settles_to_id=bank.pk if bank else None),
            actor=asking.actor,
            at=asking.at,
            reason=reason,
        )
        return HttpResponseRedirect(showing.row_url(account))


class AskAccountTerms(Operation[ChannelAccount]):
    """Ask another person to agree to other terms."""

    name = "ask-terms"
    label = gettext_lazy("Change terms")
    explanation = gettext_lazy(
        "Another person has to agree; until then nothing changes. Orders that are under way stay"
        " as they are. What identifies the account at its channel never changes: another merchant"
        " number is another account."
    )
    permission = "payments.request_channelaccount"
    deed = "channel_account.ask_terms"
    icon = "edit_note"
    asks_second_factor = True

    def is_offered(self, row: ChannelAccount) -> bool:
        """Offer it while nobody waits for an answer about the same."""
        return open_terms_request(row.pk) is None

    def form(self, request: DoorRequest, row: ChannelAccount) -> forms.Form:
        """Begin with the terms as they are."""
        form = AccountTermsForm(request.POST if request.method == "POST" else None, account=row)
        if row.channel == ChannelKind.BANK:
            for name in ("channel_fee_bps", "settles_to", "can_transfer"):
                form.fields[name].disabled = True
        else:
            banks = ChannelAccount.objects.filter(channel=ChannelKind.BANK, currency=row.currency)
            form.fields["settles_to"].queryset = banks.order_by("name")  # type: ignore[attr-defined]
        return form

    def perform(
        self, request: DoorRequest, row: ChannelAccount, form: forms.Form, asking: Asking
    ) -> Words:
        """Ask for them."""
        wanted = dict(form.cleaned_data)
        reason, bank = wanted.pop("reason"), wanted.pop("settles_to")
        actions.request_account_terms(
            row.pk,
            ChannelAccountTerms(**wanted, settles_to_id=bank.pk if bank else None),
            actor=asking.actor,
            at=asking.at,
            reason=reason,
        )
        return _("Asked. Another person has to agree now; until then nothing changes.")


class _OfTerms(Decision[ChannelAccount]):
    """What another person says of an account's terms."""

    permission = "payments.approve_channelaccount"
    payload_words = WORDS

    def request_of(self, row: ChannelAccount) -> ApprovalRequest | None:
        """Return the newest request about its terms."""
        return newest_terms_request(row)

    def payload_of(self, row: ChannelAccount) -> Mapping[str, Any]:
        """Read the terms as they are, and set what is asked for against them."""
        waiting = self.request_of(row)
        assert waiting is not None, "the page of a decision is about a request"
        live = ChannelAccount.objects.get(pk=row.pk)
        return terms_payload(live, terms_asked(waiting.payload))

    def payload_cell(self, name: str, value: object) -> Cell | None:
        """Name the channel in words."""
        return _channel_in_words(name, value)


class ApproveAccountTerms(_OfTerms, Approve[ChannelAccount]):
    """Agree to terms, which puts them in force."""

    kind = TERMS_KIND
    kind_words = gettext_lazy("terms of a channel account")
    name = "approve-terms"
    label = gettext_lazy("Approve terms")
    explanation = gettext_lazy("Compare them with the contract. They are in force at once.")
    deed = "channel_account.approve_terms"
    done = gettext_lazy("Agreed. The terms are in force from now on.")

    def decide(
        self, row: ChannelAccount, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Agree to what was shown."""
        actions.approve_account_terms(
            row.pk, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )
        return None


class RejectAccountTerms(_OfTerms, Reject[ChannelAccount]):
    """Say no to terms."""

    name = "reject-terms"
    label = gettext_lazy("Reject terms")
    explanation = gettext_lazy("The account stays as it is.")
    deed = "channel_account.reject_terms"

    def decide(
        self, row: ChannelAccount, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Say no to what was shown."""
        actions.reject_account_terms(
            row.pk,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


class WithdrawAccountTerms(Operation[ChannelAccount]):
    """Take back what was asked for."""

    name = "withdraw-terms"
    label = gettext_lazy("Withdraw request for terms")
    explanation = gettext_lazy(
        "The request ends, and the account stays as it is. Other terms can be asked for at once."
    )
    permission = "payments.request_channelaccount"
    deed = "channel_account.withdraw_terms"
    icon = "undo"
    form_class = ReasonForm

    def is_offered(self, row: ChannelAccount) -> bool:
        """Offer it while somebody waits for an answer."""
        return open_terms_request(row.pk) is not None

    def panels(self, request: HttpRequest, row: ChannelAccount) -> Sequence[Panel]:
        """Show what is given up, and who asked for it."""
        waiting = open_terms_request(row.pk)
        if waiting is None:
            return []
        asked = agreed_to(waiting.payload, words=WORDS, cell=_channel_in_words)
        return [who_agrees(waiting), asked]

    def perform(
        self, request: DoorRequest, row: ChannelAccount, form: forms.Form, asking: Asking
    ) -> Words:
        """Take it back."""
        reason = form.cleaned_data["reason"]
        actions.withdraw_account_terms(row.pk, actor=asking.actor, at=asking.at, reason=reason)
        return _("Withdrawn. The account stays as it is.")


class SwitchAccountOff(Operation[ChannelAccount]):
    """Take nothing new by an account."""

    name = "switch-off"
    label = gettext_lazy("Switch off")
    explanation = gettext_lazy(
        "From this moment on nothing new is taken or paid out by this account. Orders that are"
        " under way are still asked about. Two people switch it on again."
    )
    permission = "payments.switch_off_channelaccount"
    deed = "channel_account.switch_off"
    icon = "power_settings_new"
    variant = "danger"
    form_class = ReasonForm

    def is_offered(self, row: ChannelAccount) -> bool:
        """Offer it while the account is on."""
        return row.is_enabled

    def perform(
        self, request: DoorRequest, row: ChannelAccount, form: forms.Form, asking: Asking
    ) -> Words:
        """Switch it off."""
        reason = form.cleaned_data["reason"]
        actions.switch_account_off(row.pk, actor=asking.actor, at=asking.at, reason=reason)
        return _("Switched off. Two people switch it on again.")


TERMS_BUTTONS: tuple[Operation[ChannelAccount], ...] = (
    ApproveAccountTerms(),
    RejectAccountTerms(),
    WithdrawAccountTerms(),
    AskAccountTerms(),
    SwitchAccountOff(),
)
"""The buttons of an account that are about its terms."""


def _channel_in_words(name: str, value: object) -> Cell | None:
    return str(ChannelKind(str(value)).label) if name == "channel" else None
