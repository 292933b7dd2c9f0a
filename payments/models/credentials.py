"""The keys by which partners' systems sign in to the API."""

from functools import partial

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from payments.models.merchants import Merchant


class CredentialKind(models.TextChoices):
    """How a credential proves itself."""

    BEARER = "bearer", _("bearer secret")


class ApiCredential(models.Model):
    """One key of a partner's system. The secret is shown once and kept as SHA-256.

    Without a merchant it is the platform's own and sees all. `scopes` are such as
    `payments:write`. A bearer may write in a sandbox only. Revoked at once by `revoked_at`.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "ak")
    )
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(
        _("kind"), max_length=10, choices=CredentialKind.choices, default=CredentialKind.BEARER
    )
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="credentials",
        verbose_name=_("merchant"),
    )
    secret_sha256 = models.BinaryField(_("secret's SHA-256"), max_length=32, unique=True)
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("scopes"), default=list)
    allowed_networks = ArrayField(
        models.CharField(max_length=43),
        verbose_name=_("allowed networks"),
        default=list,
        blank=True,
    )
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("API credential")
        verbose_name_plural = _("API credentials")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=CredentialKind.values), name="payments_credential_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.name
