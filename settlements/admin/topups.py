"""The buttons that book a debit of the bank as money for a wallet of ours: one says, one agrees."""

from collections.abc import Sequence

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Fact, Facts, Panel
from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments.models import ChannelAccount, ChannelKind
from settlements.actions import topups
from settlements.admin.agreement import DIGEST, digest_sent
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


class _Decision(Operation[BillLine]):
    """What another person says of a debit that shall have filled a wallet."""

    permission = "settlements.approve_topup"

    def is_offered(self, row: BillLine) -> bool:
        """Offer it while a request waits."""
        return row.state == BillLineState.OPEN and _pending(row) is not None

    def hindrance(self, request: HttpRequest, row: BillLine) -> Words:
        """Tell the maker that another person has to decide."""
        asked = _pending(row)
        if asked is not None and asked.maker == f"user:{request.user.pk}":
            return _("You named it, so another person has to decide on it.")
        return ""

    def panels(self, request: HttpRequest, row: BillLine) -> Sequence[Panel]:
        """Show the debit and the wallet."""
        asked = _pending(row)
        wallet = (
            ChannelAccount.objects.filter(pk=asked.payload["wallet"]).first() if asked else None
        )
        return [_debit(row, wallet=wallet)]

    def hidden(self, request: HttpRequest, row: BillLine) -> Sequence[tuple[str, str]]:
        """Send back the digest of what the page shows."""
        asked = _pending(row)
        return [(DIGEST, bytes(asked.digest).hex())] if asked else []


class ApproveTopUp(_Decision):
    """Agree that a debit filled a wallet."""

    name = "approve-topup"
    label = gettext_lazy("Approve top-up")
    explanation = gettext_lazy("It is booked on the bank's day: the wallet has it, the bank not.")
    deed = "wallet_topup.approve"
    icon = "verified"
    variant = "primary"
    asks_second_factor = True

    def perform(self, request: DoorRequest, row: BillLine, form: forms.Form, asking: Asking) -> str:
        """Approve what was shown."""
        topups.approve_wallet_topup(
            row.pk,
            shown_digest=digest_sent(request.POST.get(DIGEST, "")),
            decider=asking.decider,
            at=asking.at,
        )
        return _("Approved and booked.")


class RejectTopUp(_Decision):
    """Say that it was something else."""

    name = "reject-topup"
    label = gettext_lazy("Reject top-up")
    explanation = gettext_lazy("The line stays open, and may be named anew.")
    deed = "wallet_topup.reject"
    icon = "block"
    variant = "danger"
    form_class = ReasonForm

    def perform(self, request: DoorRequest, row: BillLine, form: forms.Form, asking: Asking) -> str:
        """Reject what was shown."""
        topups.reject_wallet_topup(
            row.pk,
            shown_digest=digest_sent(request.POST.get(DIGEST, "")),
            decider=asking.decider,
            at=asking.at,
            reason=form.cleaned_data["reason"],
        )
        return _("Rejected. The line stays open.")


def _pending(row: BillLine) -> ApprovalRequest | None:
    request = topup_request(row.pk)
    return request if request is not None and request.state == ApprovalState.PENDING else None


def _debit(row: BillLine, *, wallet: ChannelAccount | None) -> Facts:
    facts = [
        Fact(_("amount"), showing.money(row.amount_minor, row.currency)),
        Fact(_("booked by the bank on"), showing.day(row.booking_date)),
        Fact(_("bank reference"), showing.code(row.bank_reference)),
        Fact(_("text"), row.text),
        Fact(_("bill"), showing.row_link(row.bill)),
    ]
    if wallet is not None:
        facts.insert(0, Fact(_("wallet"), showing.row_link(wallet)))
    return Facts(_("what the bank took"), facts)
