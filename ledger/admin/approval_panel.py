"""The one panel of four eyes: what is agreed to, by how many, and the buttons Approve and Reject.

A noun inherits `Approve` and `Reject`, and says which request it is, what is agreed to, and which
action to call. The page shows the live payload, its digest goes back with the button, and what
changed since it was asked is voided.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django import forms
from django.db.models import Model
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.actions import approval_ends
from ledger.actions.approvals import digest_of
from ledger.admin import approval_facts
from ledger.admin.approval_kinds import Kind, register_kind
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, PlainForm, ReasonForm
from ledger.admin.panels import Cell, Notice, Panel
from ledger.errors import AmountError, StaleApprovalError
from ledger.models import ApprovalRequest
from ledger.money import from_decimal_text
from ledger.queries.approvals import standing_of
from ledger.states import ApprovalState

Words = str | Promise
RowT = TypeVar("RowT", bound=Model)

DIGEST = "shown_digest"
"""The name under which a page sends the digest of what it showed."""


def digest_sent(text: str) -> bytes:
    """Return the digest that a page sent back; nonsense is the digest of nothing."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


class Decision(Operation[RowT]):
    """What another person says of a request. A noun inherits Approve and Reject instead."""

    asks_second_factor = True
    payload_words: ClassVar[Mapping[str, Words]] = {}
    """What people call the keys of the payload."""
    own_request: ClassVar[Words] = gettext_lazy(
        "You asked for this, so another person has to decide on it."
    )

    def request_of(self, row: RowT) -> ApprovalRequest | None:
        """Return the request that the button is about, open or not; None if nobody asked."""
        raise NotImplementedError

    def payload_of(self, row: RowT) -> Mapping[str, Any]:
        """Return what is agreed to, read from the live rows; the digest is made of it."""
        raise NotImplementedError

    def summary(self, request: HttpRequest, row: RowT) -> Sequence[Panel]:
        """Show who gets what, and what becomes of it; the panel adds who agrees, and to what."""
        return []

    def decide(
        self, row: RowT, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Call the noun's action. Return what to say instead of `done`, if there is more to say."""
        raise NotImplementedError

    def void_changed(self, row: RowT, waiting: ApprovalRequest, asking: Asking) -> None:
        """End the request if it is about something else by now; the refusal rolled back."""
        approval_ends.void_if_changed(
            waiting.pk,
            read_payload=lambda: self.payload_of(row),
            decider=asking.decider,
            at=asking.at,
        )

    def payload_cell(self, name: str, value: object) -> Cell | None:
        """Write one value of the payload in the noun's own way, or leave it to the panel."""
        return None

    def is_offered(self, row: RowT) -> bool:
        """Offer it while a request waits for its people."""
        waiting = self.request_of(row)
        return waiting is not None and waiting.state == ApprovalState.PENDING

    def hindrance(self, request: HttpRequest, row: RowT) -> Words:
        """Tell the maker, and who has decided, that another person has to."""
        waiting = self.request_of(row)
        if waiting is None:
            return ""
        actor = f"user:{request.user.pk}"
        if waiting.maker == actor:
            return self.own_request
        if waiting.decisions.filter(approver=actor).exists():
            return _("You have already decided on this request.")
        return ""

    def panels(self, request: HttpRequest, row: RowT) -> Sequence[Panel]:
        """Show the effect, who has agreed, and exactly what is agreed to."""
        waiting = self.request_of(row)
        if waiting is None or waiting.state != ApprovalState.PENDING:
            return [*_ended(waiting), *self.summary(request, row)]
        payload = self._payload(row)
        return [
            *approval_facts.changes(waiting, payload, words=self.payload_words),
            *self.summary(request, row),
            approval_facts.who_agrees(waiting),
            approval_facts.decisions_table(list(waiting.decisions.order_by("id"))),
            approval_facts.agreed_to(
                payload,
                words=self.payload_words,
                currency=waiting.currency,
                cell=self.payload_cell,
            ),
        ]

    def hidden(self, request: HttpRequest, row: RowT) -> Sequence[tuple[str, str]]:
        """Send back the digest of what the page shows."""
        return [(DIGEST, digest_of(self._payload(row)).hex())] if self.is_offered(row) else []

    def perform(self, request: DoorRequest, row: RowT, form: forms.Form, asking: Asking) -> Words:
        """Decide on what was shown."""
        waiting = self.request_of(row)
        try:
            said = self.decide(
                row,
                shown_digest=digest_sent(request.POST.get(DIGEST, "")),
                asking=asking,
                reason=form.cleaned_data.get("reason", ""),
            )
        except StaleApprovalError:
            if waiting is not None:
                self.void_changed(row, waiting, asking)
            raise
        if waiting is not None:
            waiting.refresh_from_db()
            if waiting.state == ApprovalState.PENDING:
                return still_to_come(waiting)
        return said or self.done

    done: ClassVar[Words] = gettext_lazy("Decided.")
    """What to tell once it is decided and done."""

    def _payload(self, row: RowT) -> Mapping[str, Any]:
        """Read the payload once per row, so that page and digest are of one reading."""
        name = f"_agreed_{type(self).__name__}"
        if name not in row.__dict__:
            row.__dict__[name] = self.payload_of(row)
        known: Mapping[str, Any] = row.__dict__[name]
        return known


class Approve(Decision[RowT]):
    """Agree to exactly what is shown. Above the highest tier the amount is typed as well."""

    kind: ClassVar[str]
    """The kind of request: whoever may press the button finds them in the list of requests."""
    kind_words: ClassVar[Words] = ""
    icon = "verified"
    variant = "primary"
    done = gettext_lazy("Approved.")

    def belongs_to(self, model: type[Model]) -> None:
        """Make the kind known: who decides on it, and on whose page."""
        words = self.kind_words or self.label
        register_kind(self.kind, Kind(words=words, permission=self.permission, model=model))

    def form(self, request: DoorRequest, row: RowT) -> forms.Form:
        """Ask for the amount where a finance head must agree to it."""
        waiting = self.request_of(row)
        sent = request.POST if request.method == "POST" else None
        if waiting is None or not waiting.needs_head or waiting.amount_minor is None:
            return PlainForm(sent)
        return TypedAmountForm(sent, amount_minor=waiting.amount_minor, currency=waiting.currency)


class Reject(Decision[RowT]):
    """Say no, with a reason: one no ends a request."""

    icon = "block"
    variant = "danger"
    form_class = ReasonForm
    done = gettext_lazy("Rejected. Nothing was changed.")


class TypedAmountForm(forms.Form):
    """The amount once more, by the hand of the checker: nobody reads fifteen zeros."""

    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=40,
        help_text=gettext_lazy("Type the amount in figures, as you understand it: 1234567.89"),
    )

    def __init__(self, *args: Any, amount_minor: int, currency: str, **options: Any) -> None:
        """Keep what has to be typed."""
        super().__init__(*args, **options)
        self.amount_minor = amount_minor
        self.currency = currency

    def clean_amount(self) -> str:
        """Refuse any other amount than the one that is agreed to."""
        text: str = self.cleaned_data["amount"]
        plain = text.replace(",", "").replace(" ", "")
        try:
            minor = from_decimal_text(plain, self.currency)
        except AmountError as error:
            raise forms.ValidationError(str(error)) from error
        if minor != self.amount_minor:
            raise forms.ValidationError(
                _("This is not the amount that is asked for. Look at it again.")
            )
        return text


def _ended(waiting: ApprovalRequest | None) -> list[Panel]:
    if waiting is None or waiting.state != ApprovalState.VOIDED:
        return []
    text = _("What was asked for changed afterwards, so the request is void. It can be asked anew.")
    return [Notice(text, "attention")]


def still_to_come(waiting: ApprovalRequest) -> str:
    """Say how many have agreed to a request on which more people must."""
    standing = standing_of(waiting)
    said = _("Your approval counts: %(given)s of %(required)s. Nothing has been done yet.") % {
        "given": standing.approvals,
        "required": standing.required,
    }
    if standing.needs_head and not standing.has_head:
        return said + " " + _("A finance head has to approve it, too.")
    return said
