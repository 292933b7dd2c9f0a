"""The buttons that ask for a booking by hand, on the pages of merchants, freezes and reserves.

Pressed once they show the booking and its effect; pressed again, with the same words, they ask.
"""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation
from ledger.admin.panels import Panel
from payments.actions import manual_entries
from payments.actions.manual_entries import ManualEntryRequest
from payments.admin import manual_entry_panels as panels
from payments.admin.manual_entry_forms import SEEN, ByHandForm
from payments.models import (
    ManualEntry,
    ManualEntryKind,
    Merchant,
    MerchantAccount,
    ReserveHold,
)
from payments.queries.reserves import left_of_freeze
from payments.states import ManualEntryStatus

SubjectT = TypeVar("SubjectT", bound=Model)


class AskByHand(Operation[SubjectT]):
    """Ask others to agree to one kind of booking by hand."""

    kind: ClassVar[ManualEntryKind]
    deed = "manual_entry.request"

    def accounts_of(self, row: SubjectT) -> list[MerchantAccount]:
        """Return the accounts on which it may be booked."""
        raise NotImplementedError

    def ends(self, row: SubjectT) -> str:
        """Return the freeze or the reserve that it ends, or nothing."""
        return ""

    def hindrance(self, request: HttpRequest, row: SubjectT) -> str:
        """Say that there is nothing to book on, or nothing."""
        if self._known_accounts(row):
            return ""
        return _("The first payment in a currency opens the merchant's accounts in it.")

    def form(self, request: DoorRequest, row: SubjectT) -> forms.Form:
        """Offer the currencies and the reasons; the page reads the form again for its panels."""
        data = request.POST if request.method == "POST" else None
        form = ByHandForm(data, kind=self.kind, accounts=self._known_accounts(row))
        request.by_hand_form = form  # type: ignore[attr-defined]
        return form

    def panels(self, request: HttpRequest, row: SubjectT) -> Sequence[Panel]:
        """Show the booking and its effect once it is known."""
        form: ByHandForm = request.by_hand_form  # type: ignore[attr-defined]
        if form.planned is None:
            return []
        at = request.at  # type: ignore[attr-defined]
        return [panels.booking(form.planned, at=at)]

    def hidden(self, request: HttpRequest, row: SubjectT) -> Sequence[tuple[str, str]]:
        """Send back for what the booking was shown."""
        form: ByHandForm = request.by_hand_form  # type: ignore[attr-defined]
        return [] if form.planned is None else [(SEEN, form.digest)]

    def perform(
        self, request: DoorRequest, row: SubjectT, form: forms.Form, asking: Asking
    ) -> HttpResponseRedirect:
        """Ask for it, and go to its page."""
        assert isinstance(form, ByHandForm), "the form is this button's own"
        assert form.planned is not None, "a valid form knows its booking"
        entry = manual_entries.request_manual_entry(
            ManualEntryRequest(
                kind=self.kind,
                merchant_id=form.planned.merchant_account.merchant_id,
                currency=form.planned.currency,
                amount_minor=form.planned.amount_minor,
                reason_code=form.cleaned_data["reason_code"],
                note=form.cleaned_data["note"],
                refers_to=form.cleaned_data["refers_to"],
                ends=self.ends(row),
            ),
            actor=asking.actor,
            at=asking.at,
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        messages.success(
            request, _("Asked for. Another person has to approve it; no money has moved.")
        )
        return HttpResponseRedirect(showing.row_url(entry))

    def _known_accounts(self, row: SubjectT) -> list[MerchantAccount]:
        """Read the accounts once per page."""
        known: list[MerchantAccount] | None = getattr(row, "accounts_by_hand", None)
        if known is None:
            known = self.accounts_of(row)
            row.accounts_by_hand = known  # type: ignore[attr-defined]
        return known


class AskOfMerchant(AskByHand[Merchant]):
    """Ask for it on the page of a merchant."""

    def accounts_of(self, row: Merchant) -> list[MerchantAccount]:
        """Return the merchant's accounts."""
        return list(row.accounts.select_related("merchant").order_by("currency"))


class AdjustInFavour(AskOfMerchant):
    """Ask that a merchant is given money of ours (E12a)."""

    name = "adjust-in-favour"
    kind = ManualEntryKind.ADJUSTMENT_CREDIT
    label = gettext_lazy("Adjust in favour")
    explanation = gettext_lazy(
        "Another person has to agree. Then the money is ours no more: it is available to the"
        " merchant at once, and an expense of ours."
    )
    permission = "payments.request_adjustment"
    icon = "add_card"


class AdjustAgainst(AskOfMerchant):
    """Ask that a merchant's money is taken (E12b)."""

    name = "adjust-against"
    kind = ManualEntryKind.ADJUSTMENT_DEBIT
    label = gettext_lazy("Adjust against")
    explanation = gettext_lazy(
        "Another person has to agree. Then it is taken of what is available to the merchant, and"
        " is income of ours. What is in settlements is not touched."
    )
    permission = "payments.request_adjustment"
    icon = "credit_card_off"


class Freeze(AskOfMerchant):
    """Ask that money of a merchant is set aside (E12c)."""

    name = "freeze"
    kind = ManualEntryKind.FREEZE
    label = gettext_lazy("Freeze money")
    explanation = gettext_lazy(
        "Another person has to agree. Then it is no longer available: no settlement takes it until"
        " it is unfrozen. It stays the merchant's, who sees that it is set aside, not why."
    )
    permission = "payments.request_freeze"
    icon = "ac_unit"


class Reserve(AskOfMerchant):
    """Ask that money of a merchant is kept against later refunds (E11a)."""

    name = "reserve"
    kind = ManualEntryKind.RESERVE_HOLD
    label = gettext_lazy("Hold reserve")
    explanation = gettext_lazy(
        "Another person has to agree. Then it is kept back until it is released, or until refunds"
        " take it where the merchant's terms allow that."
    )
    permission = "payments.request_reserve"
    icon = "savings"


class RecoverDebt(AskOfMerchant):
    """Ask that a debt is taken back before maturity does (E16a)."""

    name = "recover-debt"
    kind = ManualEntryKind.DEBT_RECOVERY
    label = gettext_lazy("Recover debt")
    explanation = gettext_lazy(
        "Another person has to agree. Then what is available pays for what the merchant owes,"
        " without waiting for the next day's maturity."
    )
    permission = "payments.request_debt_recovery"
    icon = "undo"


class WriteOff(AskOfMerchant):
    """Ask that a debt is given up (E16b)."""

    name = "write-off"
    kind = ManualEntryKind.DEBT_WRITE_OFF
    label = gettext_lazy("Write off debt")
    explanation = gettext_lazy(
        "Another person has to agree. Then the merchant owes it no more, and it is a loss of ours."
    )
    permission = "payments.request_write_off"
    icon = "money_off"


class Unfreeze(AskByHand[ManualEntry]):
    """Ask that frozen money becomes available again, in whole or in part."""

    name = "unfreeze"
    kind = ManualEntryKind.UNFREEZE
    label = gettext_lazy("Unfreeze money")
    explanation = gettext_lazy(
        "Another person has to agree. Then it is available to the merchant again."
    )
    permission = "payments.request_freeze"
    icon = "sunny"

    def is_offered(self, row: ManualEntry) -> bool:
        """Offer it on what is frozen."""
        is_frozen = row.kind == ManualEntryKind.FREEZE and row.status == ManualEntryStatus.BOOKED
        return is_frozen and left_of_freeze(row) > 0

    def accounts_of(self, row: ManualEntry) -> list[MerchantAccount]:
        """Return the account whose money is frozen."""
        return [row.merchant_account]

    def ends(self, row: ManualEntry) -> str:
        """Return the freeze."""
        return row.pk


class Release(AskByHand[ReserveHold]):
    """Ask that reserved money goes back before its day."""

    name = "release"
    kind = ManualEntryKind.RESERVE_RELEASE
    label = gettext_lazy("Release reserve")
    explanation = gettext_lazy(
        "Another person has to agree. Then it is available to the merchant, and what of it was to"
        " go back later does not go back a second time."
    )
    permission = "payments.request_reserve"
    icon = "lock_open"

    def is_offered(self, row: ReserveHold) -> bool:
        """Offer it while something is held."""
        return row.left_minor > 0

    def accounts_of(self, row: ReserveHold) -> list[MerchantAccount]:
        """Return the account whose money is held."""
        return [row.merchant_account]

    def ends(self, row: ReserveHold) -> str:
        """Return the hold."""
        return row.pk
