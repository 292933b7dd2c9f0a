"""Payments: what is owed, to whom, and the tries to collect it."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.identifiers import ID_MAX_LENGTH, new_id
from payments.models.channels import ChannelAccount
from payments.models.credentials import ApiCredential
from payments.models.fees import FeePlan
from payments.models.links import PaymentLink
from payments.models.merchants import Merchant
from payments.models.operations import ChannelOperation
from payments.models.payers import Payer
from payments.states import LIVE_ATTEMPTS, AttemptStatus, PaymentStatus


class PaymentMethod(models.TextChoices):
    """How a payer pays, and where: each is one scene of one channel."""

    ALIPAY_QR = "alipay_qr", _("Alipay QR code")
    ALIPAY_PAGE = "alipay_page", _("Alipay on a computer")
    ALIPAY_WAP = "alipay_wap", _("Alipay in a mobile browser")
    ALIPAY_APP = "alipay_app", _("Alipay from an app")
    ALIPAY_MINI = "alipay_mini", _("Alipay mini program")
    WECHAT_NATIVE = "wechat_native", _("WeChat Pay QR code")
    WECHAT_JSAPI = "wechat_jsapi", _("WeChat Pay inside WeChat")
    WECHAT_H5 = "wechat_h5", _("WeChat Pay in a mobile browser")
    WECHAT_APP = "wechat_app", _("WeChat Pay from an app")
    CARD_PAGE = "card_page", _("bank card on a computer")
    CARD_WAP = "card_wap", _("bank card in a mobile browser")


class Capturing(models.TextChoices):
    """Whether a payer's money is taken at once, or held first and taken when we say so."""

    AUTOMATIC = "automatic", pgettext_lazy("capturing", "at once")
    MANUAL = "manual", pgettext_lazy("capturing", "held first")


class Payment(models.Model):
    """What one payer owes for one purchase at one or several merchants.

    `merchant` is whose credential created it; None means the platform. The sum of the
    allocations and `unallocated_minor` is the amount: the database says so. Status moves are
    those of `payments.states`; refunds and settlement are shown from their own rows.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "pay")
    )
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        verbose_name=_("created by merchant"),
    )
    created_by = models.ForeignKey(
        ApiCredential,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by credential"),
    )
    link = models.ForeignKey(
        PaymentLink,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        verbose_name=_("payment link"),
    )
    merchant_order_no = models.CharField(_("merchant's order number"), max_length=64)
    payer = models.ForeignKey(
        Payer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        verbose_name=_("payer"),
    )
    amount_minor = models.BigIntegerField(_("amount"))
    unallocated_minor = models.BigIntegerField(_("belongs to no merchant"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    description = models.CharField(_("description"), max_length=120)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    status = models.CharField(
        _("status"), max_length=20, choices=PaymentStatus.choices, default=PaymentStatus.CREATED
    )
    status_code = models.CharField(_("reason code"), max_length=60, blank=True, default="")
    method = models.CharField(
        _("method"), max_length=20, choices=PaymentMethod.choices, blank=True, default=""
    )
    client_ip = models.GenericIPAddressField(_("payer's address"), null=True, blank=True)
    payer_account = models.CharField(
        _("payer's account at the channel"), max_length=128, blank=True, default=""
    )
    capture_mode = models.CharField(
        _("money is taken"),
        max_length=10,
        choices=Capturing.choices,
        default=Capturing.AUTOMATIC,
        db_default=Capturing.AUTOMATIC,
    )
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "merchant_order_no"],
                nulls_distinct=False,
                name="payments_payment_order_no",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0)
                & Q(amount_minor__lte=10**13)
                & Q(unallocated_minor__gte=0),
                name="payments_payment_amounts",
            ),
            models.CheckConstraint(
                condition=Q(status__in=PaymentStatus.values), name="payments_payment_status"
            ),
            models.CheckConstraint(
                condition=Q(capture_mode__in=Capturing.values), name="payments_payment_capturing"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="payments_payment_newest"),
            models.Index(fields=["merchant_order_no"], name="payments_payment_order"),
            models.Index(
                fields=["expires_at"],
                condition=Q(status__in=["created", "risk_review", "awaiting_payment"]),
                name="payments_payment_expiring",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(status__in=["conflicted", "paid_late"]) | Q(status_code="paid_twice"),
                name="payments_payment_parked",
            ),
        ]

    def __str__(self) -> str:
        return self.id


class PaymentAllocation(models.Model):
    """What of one payment belongs to one merchant, and at which fee. Never changes.

    `fee_minor` is the platform's fee by `fee_plan`, fixed when the payment is created.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "pal")
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="allocations", verbose_name=_("payment")
    )
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="allocations", verbose_name=_("merchant")
    )
    place = models.PositiveSmallIntegerField(_("place"))
    amount_minor = models.BigIntegerField(_("amount"))
    fee_plan = models.ForeignKey(
        FeePlan, on_delete=models.PROTECT, related_name="+", verbose_name=_("fee plan")
    )
    fee_minor = models.BigIntegerField(_("fee"))

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ["payment_id", "place"]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "merchant"], name="payments_allocation_once_each"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0)
                & Q(fee_minor__gte=0)
                & Q(fee_minor__lte=models.F("amount_minor")),
                name="payments_allocation_amounts",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "-id"], name="payments_allocation_newest")]

    def __str__(self) -> str:
        return self.id


class PaymentAttempt(models.Model):
    """One try to collect a payment on one channel; its status mirrors its operation's.

    At most one of a payment is live. `qr_code` is what the payer scans; `payer_action` what their
    browser or app does instead (`payments.channels.base.PayerAction`). With `is_withdrawn` nobody
    wants its money any more (another method was chosen, or another try was paid): it is closed at
    the channel first. With `is_left_open` it has ended here while its page may still be paid, and
    is asked about on. Where the channel gave the payer something off, `payer_minor` is what they
    paid, and `settled_minor` what the channel owes us for it; None where it said nothing.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "att")
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="attempts", verbose_name=_("payment")
    )
    channel_account = models.ForeignKey(
        ChannelAccount,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("channel account"),
    )
    operation = models.OneToOneField(
        ChannelOperation,
        on_delete=models.PROTECT,
        related_name="attempt",
        verbose_name=_("operation"),
    )
    method = models.CharField(_("method"), max_length=20, choices=PaymentMethod.choices)
    status = models.CharField(
        _("status"), max_length=16, choices=AttemptStatus.choices, default=AttemptStatus.PREPARED
    )
    qr_code = models.CharField(_("QR code"), max_length=300, blank=True, default="")
    payer_action = models.JSONField(_("what the payer's device does"), default=dict, blank=True)
    payer_minor = models.BigIntegerField(_("paid by the payer"), null=True, blank=True)
    settled_minor = models.BigIntegerField(_("owed by the channel"), null=True, blank=True)
    is_withdrawn = models.BooleanField(_("withdrawn"), default=False)
    is_left_open = models.BooleanField(_("page left open"), default=False, db_default=False)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("payment attempt")
        verbose_name_plural = _("payment attempts")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(status__in=LIVE_ATTEMPTS),
                name="payments_attempt_one_live",
            ),
            models.CheckConstraint(
                condition=Q(is_left_open=False) | Q(status=AttemptStatus.CLOSED),
                name="payments_attempt_left_open",
            ),
        ]

    def __str__(self) -> str:
        return self.id
