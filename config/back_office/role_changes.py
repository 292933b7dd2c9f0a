"""The buttons of a person: other roles by two people, and locking out at once by one."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.actions import roles as actions
from ledger.admin.approval_panel import Approve, Decision, Reject
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Fact, Facts, Panel
from ledger.models import ApprovalRequest
from ledger.queries.roles import ROLES_KIND, latest_role_request, open_role_request, roles_payload

WORDS = {
    "user": gettext_lazy("person"),
    "username": gettext_lazy("name"),
    "roles": gettext_lazy("roles"),
    "roles_was": gettext_lazy("roles until now"),
    "is_active": gettext_lazy("may sign in"),
    "is_active_was": gettext_lazy("may sign in until now"),
}


class RolesForm(ReasonForm):
    """Which roles a person shall have, and whether they may sign in."""

    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_active = forms.BooleanField(label=gettext_lazy("May sign in"), required=False)
    field_order = ("roles", "is_active", "reason")


class AskRoles(Operation[User]):
    """Ask that a person gets other roles."""

    name = "ask-roles"
    label = gettext_lazy("Ask for other roles")
    explanation = gettext_lazy(
        "Another person has to agree, who is neither you nor the one concerned. Until then nothing"
        " changes. Who prepares does not approve, so some roles nobody has together."
    )
    permission = "ledger.request_roles"
    deed = "staff_roles.request"
    icon = "manage_accounts"

    def is_offered(self, row: User) -> bool:
        """Offer it while nobody waits for an answer about the person."""
        return open_role_request(row.pk) is None

    def hindrance(self, request: HttpRequest, row: User) -> Words:
        """Tell people that they do not change their own roles."""
        return _own(request, row)

    def form(self, request: DoorRequest, row: User) -> forms.Form:
        """Begin with the roles as they are."""
        initial = {
            "roles": list(row.groups.values_list("name", flat=True)),
            "is_active": row.is_active,
        }
        form = RolesForm(request.POST if request.method == "POST" else None, initial=initial)
        field = form.fields["roles"]
        assert isinstance(field, forms.MultipleChoiceField)
        names = Group.objects.order_by("name").values_list("name", flat=True)
        field.choices = [(name, name) for name in names]
        return form

    def panels(self, request: HttpRequest, row: User) -> Sequence[Panel]:
        """Show whom it is about."""
        return [_person(row)]

    def perform(self, request: DoorRequest, row: User, form: forms.Form, asking: Asking) -> Words:
        """Ask for them."""
        actions.request_roles(
            row.pk,
            form.cleaned_data["roles"],
            is_active=form.cleaned_data["is_active"],
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Asked. Another person has to agree now; until then nothing changes.")


class _OfRoles(Decision[User]):
    """What another person says of somebody's roles."""

    permission = "ledger.approve_roles"
    payload_words = WORDS

    def request_of(self, row: User) -> ApprovalRequest | None:
        """Return the newest request about the person."""
        return latest_role_request(row.pk)

    def payload_of(self, row: User) -> Mapping[str, Any]:
        """Read the person's roles, and set what is asked for against them."""
        waiting = self.request_of(row)
        assert waiting is not None, "the page of a decision is about a request"
        asked = waiting.payload
        return roles_payload(row, asked["roles"], is_active=asked["is_active"])

    def hindrance(self, request: HttpRequest, row: User) -> Words:
        """Tell people that they do not decide on their own roles, nor on their own request."""
        return _own(request, row) or super().hindrance(request, row)

    def summary(self, request: HttpRequest, row: User) -> Sequence[Panel]:
        """Show whom it is about."""
        return [_person(row)]


class ApproveRoles(_OfRoles, Approve[User]):
    """Agree to somebody's roles."""

    name = "approve-roles"
    label = gettext_lazy("Approve other roles")
    kind = ROLES_KIND
    kind_words = gettext_lazy("roles of the staff")
    deed = "staff_roles.approve"
    done = gettext_lazy("Agreed. The roles hold from the next page that the person opens.")

    def decide(self, row: User, *, shown_digest: bytes, asking: Asking, reason: str) -> None:
        """Agree to what was shown."""
        actions.approve_roles(
            row.pk, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )


class RejectRoles(_OfRoles, Reject[User]):
    """Say no to somebody's roles."""

    name = "reject-roles"
    label = gettext_lazy("Reject other roles")
    deed = "staff_roles.reject"
    done = gettext_lazy("Rejected. The roles stay as they are.")

    def decide(self, row: User, *, shown_digest: bytes, asking: Asking, reason: str) -> None:
        """Say no to what was shown."""
        actions.reject_roles(
            row.pk,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )


class LockOut(Operation[User]):
    """Let somebody sign in no more, at once."""

    name = "lock-out"
    label = gettext_lazy("Lock out")
    explanation = gettext_lazy(
        "The person is signed out and cannot sign in any more. It holds at once, by your word"
        " alone; letting them in again takes two people."
    )
    permission = "ledger.lock_out_staff"
    deed = "staff.lock_out"
    icon = "lock_person"
    variant = "danger"
    form_class = ReasonForm
    asks_second_factor = True

    def is_offered(self, row: User) -> bool:
        """Offer it for people who may sign in."""
        return row.is_active

    def hindrance(self, request: HttpRequest, row: User) -> Words:
        """Keep people from locking themselves out."""
        return _own(request, row)

    def panels(self, request: HttpRequest, row: User) -> Sequence[Panel]:
        """Show whom it is about."""
        return [_person(row)]

    def perform(self, request: DoorRequest, row: User, form: forms.Form, asking: Asking) -> Words:
        """Lock them out."""
        actions.lock_out(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Locked out. Whoever was signed in by that name is signed out.")


PERSON_OPERATIONS = (AskRoles(), ApproveRoles(), RejectRoles(), LockOut())
"""The buttons of a person."""


def _own(request: HttpRequest, row: User) -> Words:
    if request.user.pk == row.pk:
        return _("This is about yourself, so other people have to do it.")
    return ""


def _person(row: User) -> Facts:
    roles = ", ".join(row.groups.order_by("name").values_list("name", flat=True))
    return Facts(
        _("person"),
        [
            Fact(_("name"), row.get_username()),
            Fact(_("e-mail"), row.email),
            Fact(_("roles"), roles or _("none")),
        ],
    )
