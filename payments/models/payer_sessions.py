"""The key to a checkout page: whose payment, and for whom it was made."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from payments.models.payers import Payer
from payments.models.payments import Payment


class PayerSession(models.Model):
    """One address of a checkout page, `/checkout/<token>`, kept as the token's SHA-256.

    With a `payer` it was minted by the partner's own call, who says that this payer is meant: it
    is bound to the browser that opens it first (`browser_sha256`), and only here a payment
    password is asked for; it is over at `expires_at`, by the database's clock. Without one it is
    a payment link, which anybody may open: it lives as long as the payment, which says itself
    whether it can be paid.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "pys")
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="payer_sessions", verbose_name=_("payment")
    )
    payer = models.ForeignKey(
        Payer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
        verbose_name=_("payer"),
    )
    token_sha256 = models.BinaryField(_("token's SHA-256"), max_length=32, unique=True)
    browser_sha256 = models.BinaryField(
        _("browser's SHA-256"), max_length=32, null=True, blank=True
    )
    return_url = models.URLField(_("back to the shop"), max_length=500, blank=True, default="")
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)

    class Meta:
        verbose_name = _("payer's session")
        verbose_name_plural = _("payers' sessions")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(payer__isnull=False) | Q(browser_sha256=None),
                name="payments_session_of_payer_is_bound",
            ),
        ]

    def __str__(self) -> str:
        return self.id
