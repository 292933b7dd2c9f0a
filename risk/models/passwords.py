"""Payment and settlement passwords, and what a right answer buys."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from risk.pins import MEMBER, PAYER, PasswordOwner, StoredPin
from risk.rules.base import LimitDeed


class PasswordOwnerKind(models.TextChoices):
    """Whose password it is."""

    PAYER = PAYER, _("payer")
    MEMBER = MEMBER, _("merchant member")


class PaymentPassword(models.Model):
    """One owner's six digits, as argon2id over an HMAC; one row per owner, never deleted.

    `encoded` is empty after a reset by two people, until the owner sets a new one; `version`
    counts every change of the digits, and tokens of an older one are worth nothing. Attempts are
    counted before they are verified: `attempts` since the last right one, `attempts_ever` for
    ever. The fifth locks until `locked_until` (the database's clock), longer with each
    `lock_level`; at level 3 only a reset helps. Payouts rest until `frozen_until` after a reset.
    Changed by `risk.actions.passwords` and `risk.actions.password_relief` only.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "ppw")
    )
    owner_kind = models.CharField(_("whose"), max_length=10, choices=PasswordOwnerKind.choices)
    owner_id = models.CharField(_("owner"), max_length=ID_MAX_LENGTH)
    encoded = models.CharField(_("hash"), max_length=200, blank=True, default="")
    pepper_version = models.CharField(_("pepper"), max_length=40, blank=True, default="")
    version = models.PositiveIntegerField(_("version"), default=1)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    attempts_ever = models.PositiveBigIntegerField(_("attempts ever"), default=0)
    lock_level = models.PositiveSmallIntegerField(_("lock level"), default=0)
    locked_until = models.DateTimeField(_("locked until"), null=True, blank=True)
    frozen_until = models.DateTimeField(_("payouts rest until"), null=True, blank=True)
    set_at = models.DateTimeField(_("set at"))

    class Meta:
        verbose_name = _("payment password")
        verbose_name_plural = _("payment passwords")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner_kind", "owner_id"], name="risk_password_one_each"
            ),
            models.CheckConstraint(
                condition=Q(owner_kind__in=PasswordOwnerKind.values), name="risk_password_owner"
            ),
            models.CheckConstraint(
                condition=Q(encoded="") | Q(encoded__startswith="$argon2id$"),
                name="risk_password_is_argon2id",
            ),
            models.CheckConstraint(
                condition=Q(attempts__lte=5) & Q(lock_level__lte=3), name="risk_password_lock"
            ),
        ]
        permissions = [
            ("request_password_relief", _("Can ask for a payment password's unlock or reset")),
            ("decide_password_relief", _("Can decide on unlocks and resets of others")),
        ]

    def __str__(self) -> str:
        return self.owner.reference

    @property
    def owner(self) -> PasswordOwner:
        """Return whose it is."""
        return PasswordOwner(self.owner_kind, self.owner_id)

    @property
    def stored(self) -> StoredPin:
        """Return what is kept of the digits."""
        return StoredPin(self.encoded, self.pepper_version)


class PaymentToken(models.Model):
    """What a right password buys: one deed, as it was shown, within two minutes.

    The owner holds 256 random bits, the row their SHA-256. `binding_sha256` covers subject,
    amount, currency and payees. Used once by a guarded UPDATE in the transaction of its deed;
    `created_at`, `expires_at` and `used_at` are of the database's clock.
    """

    password = models.ForeignKey(
        PaymentPassword, on_delete=models.PROTECT, related_name="tokens", verbose_name=_("password")
    )
    password_version = models.PositiveIntegerField(_("version of the password"))
    token_sha256 = models.BinaryField(_("token's SHA-256"), max_length=32, unique=True)
    deed = models.CharField(_("deed"), max_length=12, choices=LimitDeed.choices)
    subject = models.CharField(_("for"), max_length=ID_MAX_LENGTH, db_index=True)
    binding_sha256 = models.BinaryField(_("binding's SHA-256"), max_length=32)
    client_ip = models.GenericIPAddressField(_("client address"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment token")
        verbose_name_plural = _("payment tokens")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(deed__in=LimitDeed.values), name="risk_token_deed"),
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(used_at__lte=models.F("expires_at")),
                name="risk_token_used_in_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_deed_display()} · {self.subject}"
