"""The keys of partners' systems. The secret was shown once and is kept as its hash alone."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, OperationsAdmin, ReasonForm
from payments.actions import credentials
from payments.models import ApiCredential


class Revoke(Operation[ApiCredential]):
    """End a credential at once."""

    name = "revoke"
    label = gettext_lazy("Revoke credential")
    explanation = gettext_lazy(
        "Its next request is refused. Payments under way go on; no money moves by this."
    )
    permission = "payments.change_apicredential"
    deed = "credential.revoke"
    icon = "key_off"
    variant = "danger"
    form_class = ReasonForm

    def is_offered(self, row: ApiCredential) -> bool:
        """Offer it while the credential is alive."""
        return row.revoked_at is None

    def perform(
        self, request: DoorRequest, row: ApiCredential, form: forms.Form, asking: Asking
    ) -> str:
        """Revoke it."""
        credentials.revoke_credential(
            row.pk, actor=asking.actor, at=asking.at, reason=form.cleaned_data["reason"]
        )
        return _("The credential %(name)s is revoked.") % {"name": row.name}


@admin.register(ApiCredential)
class ApiCredentialAdmin(OperationsAdmin[ApiCredential]):
    """Whose systems may call, for what, from where, and when they last did."""

    list_display = (
        "name",
        "id",
        "merchant",
        "scopes",
        "last_used_at",
        "expires_at",
        "revoked_at",
        "created_at",
    )
    search_fields = ("id__exact", "name__icontains", "merchant__name__icontains")
    search_help_text = gettext_lazy("Name, merchant or ak_…")
    secret_fields = ("secret_sha256",)
    empty_hint = gettext_lazy("A credential is issued by a command and its secret shown once.")
    row_operations = (Revoke(),)
