"""The block list: whom and what no money may come from or go to."""

from functools import partial

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id


class BlockKind(models.TextChoices):
    """What an entry names."""

    ADDRESS = "address", _("address or network")
    PAYER = "payer", _("payer")
    ACCOUNT = "account", _("account")


class BlockListEntry(models.Model):
    """One address or network, payer or account that is refused. Ended, never deleted.

    `value` is a network in its shortest spelling, a payer's id, or the keyed hash of an account
    number in hexadecimal; `label` is what people see of it. In force until `expires_at` or
    `ended_at` (UTC).
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "blk")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=BlockKind.choices)
    value = models.CharField(_("value"), max_length=64)
    label = models.CharField(_("what is blocked"), max_length=80)
    reason = models.CharField(_("reason"), max_length=500)
    created_by = models.CharField(_("blocked by"), max_length=80)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("block list entry")
        verbose_name_plural = _("block list entries")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=BlockKind.values) & ~Q(value="") & ~Q(reason=""),
                name="risk_block_says_what_and_why",
            ),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("created_at")),
                name="risk_block_validity",
            ),
            models.UniqueConstraint(
                fields=["kind", "value"],
                condition=Q(ended_at=None),
                name="risk_block_one_in_force",
            ),
        ]
        permissions = [("change_block_list", _("Can block and unblock"))]

    def __str__(self) -> str:
        return self.label
