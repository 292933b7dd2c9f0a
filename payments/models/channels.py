"""The channels that money comes and goes by."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id


class ChannelKind(models.TextChoices):
    """Who is on the other side."""

    ALIPAY = "alipay", _("Alipay")
    WECHATPAY = "wechatpay", _("WeChat Pay")
    UNIONPAY = "unionpay", _("UnionPay")
    BANK = "bank", _("bank")


class ChannelAccount(models.Model):
    """Our account with one channel: where orders go, and the keys they are signed with.

    For Alipay `merchant_no` is the seller id; for a bank it is our account number. The private
    key is kept encrypted (`ledger.encryption`, bound to this row) and read only where it signs;
    `api_key` is WeChat Pay's APIv3 key, kept alike and read where its notifications are opened.
    `key_serial`, `channel_key_id` and `root_cert_serial` say which keys are meant
    (`payments.channels.base.ChannelConfig`); a channel in certificate mode has its certificates
    in `channel_public_key`. With `can_transfer` payouts may go from this account's wallet.
    `channel_fee_bps` is what the channel takes, netted from what it settles.

    It is born switched off and without keys, but at a simulator. What identifies it at the channel
    never changes, and a simulator's account stays one. Its terms (name, fee, where it settles to,
    whether it pays out and whether it is on) change as two people agree; off takes one.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "chn")
    )
    channel = models.CharField(_("channel"), max_length=12, choices=ChannelKind.choices)
    name = models.CharField(_("name"), max_length=80)
    currency = models.CharField(_("currency"), max_length=3)
    gateway_url = models.URLField(_("gateway"), max_length=300, blank=True, default="")
    app_id = models.CharField(_("app id"), max_length=64, blank=True, default="")
    merchant_no = models.CharField(_("merchant number"), max_length=64)
    agent_code = models.CharField(_("bank code"), max_length=20, blank=True, default="")
    private_key_encrypted = models.TextField(_("private key (encrypted)"), blank=True, default="")
    channel_public_key = models.TextField(_("channel's public key"), blank=True, default="")
    api_key_encrypted = models.TextField(_("APIv3 key (encrypted)"), blank=True, default="")
    key_serial = models.CharField(_("our key's serial"), max_length=64, blank=True, default="")
    channel_key_id = models.CharField(_("channel's key id"), max_length=64, blank=True, default="")
    root_cert_serial = models.CharField(
        _("root certificates' serials"), max_length=400, blank=True, default=""
    )
    can_transfer = models.BooleanField(_("pays out from its wallet"), default=False)
    channel_fee_bps = models.PositiveIntegerField(_("channel fee in basis points"), default=0)
    settles_to = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="settled_channels",
        limit_choices_to={"channel": "bank"},
        verbose_name=_("settles to bank account"),
    )
    is_enabled = models.BooleanField(_("enabled"), default=False)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("channel account")
        verbose_name_plural = _("channel accounts")
        ordering = ["channel", "name"]
        permissions = [
            ("register_channelaccount", _("Can register channel accounts, switched off")),
            ("switch_off_channelaccount", _("Can switch channel accounts off")),
            ("request_channelaccount", _("Can ask for other terms of channel accounts")),
            ("approve_channelaccount", _("Can agree to other terms of channel accounts")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "merchant_no", "app_id", "currency"],
                name="payments_channel_account_once",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=ChannelKind.values), name="payments_channel_kind"
            ),
            models.CheckConstraint(
                condition=Q(channel_fee_bps__lte=10_000), name="payments_channel_fee_sane"
            ),
        ]

    def __str__(self) -> str:
        return self.name
