"""The buttons that book a debit of the bank as money for a wallet of ours: one says, one agrees."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.approval_panel import Approve, Decision, Reject
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.journal import entry_url
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Fact, Facts, Panel
from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments.models import ChannelAccount, ChannelKind
from settlements.actions import topups
from settlements.models import BillLine, BillLineState
from settlements.queries.wallets import topup_request


class TopUpForm(ReasonForm):
    """Which wallet the money went to."""

    wallet = forms.ChoiceField(label=gettext_lazy("Wallet"))
    field_order = ("wallet", "reason")


class ProposeTopUp(Operation[BillLine]):
    """Say that a debit filled a wallet."""

    name = "propose-topup"
    label = gettext_lazy("Name as top-up")
    explanation = gettext_lazy(
        "You say that this debit of the bank filled our wallet at a channel. Another person has to"
        " agree before it is booked."
    )
    permission = "settlements.propose_topup"
    deed = "wallet_topup.propose"
    icon = "account_balance_wallet"
    form_class = TopUpForm

    def is_offered(self, row: BillLine) -> bool:
        """Offer it for open debits that nobody has named yet."""
        is_open = row.state == BillLineState.OPEN and row.direction == "debit"
        return is_open and row.payout_id is None and _pending(row) is None

    def form(self, request: DoorRequest, row: BillLine) -> forms.Form:
        """Offer the wallets that are filled from this bank account."""
        form = TopUpForm(request.POST if request.method == "POST" else None)
        field = form.fields["wallet"]
        assert isinstance(field, forms.ChoiceField)
        wallets = ChannelAccount.objects.filter(
            settles_to_id=row.bill.channel_account_id, currency=row.currency
        ).exclude(channel=ChannelKind.BANK)
        field.choices = [(wallet.pk, wallet.name) for wallet in wallets.order_by("name")]
        return form

    def panels(self, request: HttpRequest, row: BillLine) -> Sequence[Panel]:
        """Show the debit."""
        return [_debit(row, wallet=None)]

    def perform(self, request: DoorRequest, row: BillLine, form: forms.Form, asking: Asking) -> str:
        """Propose it."""
        topups.propose_wallet_topup(
            form.cleaned_data["wallet"],
            bill_line_id=row.pk,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Named. Another person has to agree now; nothing is booked yet.")


class _TopUpDecision(Decision[BillLine]):
    """What another person says of a debit that shall have filled a wallet."""

    permission = "settlements.approve_topup"
    own_request = gettext_lazy("You named it, so another person has to decide on it.")
    payload_words = {
        "wallet": gettext_lazy("wallet"),
        "bill": gettext_lazy("bill"),
        "line_no": gettext_lazy("line"),
        "amount_minor": gettext_lazy("amount"),
        "currency": gettext_lazy("currency"),
        "booking_date": gettext_lazy("booked by the bank on"),
        "bank_reference": gettext_lazy("bank reference"),
    }

    def is_offered(self, row: BillLine) -> bool:
        """Offer it while a request waits."""
        return row.state == BillLineState.OPEN and super().is_offered(row)

    def request_of(self, row: BillLine) -> ApprovalRequest | None:
        """Return the newest request about the debit."""
        return topup_request(row.pk)

    def payload_of(self, row: BillLine) -> Mapping[str, Any]:
        """Return what is agreed to."""
        wallet = _named_wallet(row)
        return topups.topup_payload(row, wallet) if wallet is not None else {}

    def summary(self, request: HttpRequest, row: BillLine) -> Sequence[Panel]:
        """Show the debit and the wallet."""
        return [_debit(row, wallet=_named_wallet(row))]


class ApproveTopUp(_TopUpDecision, Approve[BillLine]):
    """Agree that a debit filled a wallet."""

    kind = topups.APPROVAL_KIND
    kind_words = gettext_lazy("book a debit as money for a wallet")
    name = "approve-topup"
    label = gettext_lazy("Approve top-up")
    explanation = gettext_lazy("It is booked on the bank's day: the wallet has it, the bank not.")
    deed = "wallet_topup.approve"
    done = gettext_lazy("Approved and booked.")

    def decide(
        self, row: BillLine, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Approve what was shown."""
        topups.approve_wallet_topup(
            row.pk, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )
        return None


class RejectTopUp(_TopUpDecision, Reject[BillLine]):
    """Say that it was something else."""

    name = "reject-topup"
    label = gettext_lazy("Reject top-up")
    explanation = gettext_lazy("The line stays open, and may be named anew.")
    deed = "wallet_topup.reject"
    done = gettext_lazy("Rejected. The line stays open.")

    def decide(
        self, row: BillLine, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Reject what was shown."""
        topups.reject_wallet_topup(
            row.pk,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


def _named_wallet(row: BillLine) -> ChannelAccount | None:
    asked = topup_request(row.pk)
    key = asked.payload["wallet"] if asked is not None else ""
    return ChannelAccount.objects.filter(pk=key).first()


def _pending(row: BillLine) -> ApprovalRequest | None:
    request = topup_request(row.pk)
    return request if request is not None and request.state == ApprovalState.PENDING else None


def _debit(row: BillLine, *, wallet: ChannelAccount | None) -> Facts:
    url = entry_url(row.entry_id) if row.entry_id else showing.row_url(row.bill)
    facts = [
        Fact(_("amount"), showing.money(row.amount_minor, row.currency, url=url)),
        Fact(_("booked by the bank on"), showing.day(row.booking_date)),
        Fact(_("bank reference"), showing.code(row.bank_reference)),
        Fact(_("text"), row.text),
        Fact(_("bill"), showing.row_link(row.bill)),
    ]
    if wallet is not None:
        facts.insert(0, Fact(_("wallet"), showing.row_link(wallet)))
    return Facts(_("what the bank took"), facts)
