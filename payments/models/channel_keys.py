"""Keys of a channel account that are not in use: entered and not agreed to, or replaced."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models import ApprovalRequest
from payments.models.channels import ChannelAccount
from payments.states import KeySetStatus


class ChannelKeySet(models.Model):
    """What one account was to get, and once two people agreed, what it had before.

    The keys in use are the account's own and nowhere else: with the agreement the two change
    places. What was before still verifies messages until `retires_at`, by the database's clock;
    then its secrets are destroyed. With `ends_at_once` somebody else may hold what was before:
    then it is believed no longer, nor is what was replaced earlier. Secrets are sealed for this
    row. `facts` is what may be shown: fingerprints, lengths, serials and dates.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "cks")
    )
    channel_account = models.ForeignKey(
        ChannelAccount,
        on_delete=models.PROTECT,
        related_name="key_sets",
        verbose_name=_("channel account"),
    )
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=KeySetStatus.choices,
        default=KeySetStatus.PROPOSED,
    )
    private_key_encrypted = models.TextField(_("private key (encrypted)"), blank=True, default="")
    api_key_encrypted = models.TextField(_("APIv3 key (encrypted)"), blank=True, default="")
    channel_public_key = models.TextField(_("channel's public key"), blank=True, default="")
    key_serial = models.CharField(_("our key's serial"), max_length=64, blank=True, default="")
    channel_key_id = models.CharField(_("channel's key id"), max_length=64, blank=True, default="")
    root_cert_serial = models.CharField(
        _("root certificates' serials"), max_length=400, blank=True, default=""
    )
    gateway_url = models.URLField(_("gateway"), max_length=300, blank=True, default="")
    facts = models.JSONField(_("what may be shown"), default=dict)
    ends_at_once = models.BooleanField(
        _("ends former keys at once"),
        default=False,
        help_text=_("Somebody else may hold the former key: nothing it signed is believed."),
    )
    approval = models.OneToOneField(
        ApprovalRequest, on_delete=models.PROTECT, related_name="+", verbose_name=_("approval")
    )
    entered_by = models.CharField(_("entered by"), max_length=90)
    entered_at = models.DateTimeField(_("entered at"))
    retires_at = models.DateTimeField(_("verifies until"), null=True, blank=True)

    class Meta:
        verbose_name = _("key set")
        verbose_name_plural = _("key sets")
        ordering = ["-entered_at", "-id"]
        permissions = [
            ("enter_keys", _("Can enter keys and gateways of channel accounts")),
            ("approve_keys", _("Can agree to keys and gateways of channel accounts")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=KeySetStatus.values), name="payments_key_set_status"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[KeySetStatus.PROPOSED, KeySetStatus.DROPPED])
                | Q(retires_at__isnull=False),
                name="payments_key_set_retires",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[KeySetStatus.PROPOSED, KeySetStatus.FORMER])
                | Q(private_key_encrypted="", api_key_encrypted=""),
                name="payments_key_set_forgets",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
