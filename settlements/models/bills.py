"""What the bank says: payment reports and account statements, kept as their raw bytes."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models import JournalEntry
from payments.models import ChannelAccount
from settlements.models.payouts import Payout


class BillKind(models.TextChoices):
    """Which message of the bank it is."""

    PAYMENT_REPORT = "payment_report", _("payment report (pain.002)")
    BANK_STATEMENT = "bank_statement", _("bank statement (camt.053)")


class Bill(models.Model):
    """One file of the bank, imported once: the same bytes again change nothing. Append-only."""

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "bil")
    )
    channel_account = models.ForeignKey(
        ChannelAccount,
        on_delete=models.PROTECT,
        related_name="bills",
        verbose_name=_("bank account"),
    )
    kind = models.CharField(_("kind"), max_length=16, choices=BillKind.choices)
    message_id = models.CharField(_("message id"), max_length=64)
    sha256 = models.BinaryField(_("SHA-256"), max_length=32)
    content_encrypted = models.TextField(_("content (encrypted)"))
    line_count = models.PositiveIntegerField(_("lines"))
    opening_minor = models.BigIntegerField(_("opening balance"), null=True, blank=True)
    closing_minor = models.BigIntegerField(_("closing balance"), null=True, blank=True)
    imported_by = models.CharField(_("imported by"), max_length=90)
    imported_at = models.DateTimeField(_("imported at"))

    class Meta:
        verbose_name = _("bill")
        verbose_name_plural = _("bills")
        ordering = ["-imported_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel_account", "sha256"], name="settlements_bill_once"
            ),
            models.UniqueConstraint(
                fields=["channel_account", "kind", "message_id"],
                name="settlements_bill_message_once",
            ),
        ]
        permissions = [("import_bill", _("Can import bills"))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.message_id}"

    @property
    def content_place(self) -> str:
        """Name the place that the encrypted content is bound to."""
        return f"settlements_bill|content|{self.pk}"


class BillLineState(models.TextChoices):
    """Whether we know what a line of the bank is."""

    MATCHED = "matched", _("matched")
    OPEN = "open", _("open: nobody knows it yet")


class OpenReason(models.TextChoices):
    """Why a line of the bank is nobody's yet."""

    UNKNOWN = "unknown", _("nothing of ours is known to be this")
    NOT_BOOKED = "not_booked", _("the bank has not booked it yet")
    OTHER_CURRENCY = "other_currency", _("in another currency than the account")
    AMOUNT_DIFFERS = "amount_differs", _("the amount differs from the payout")
    NOT_SENT = "not_sent", _("the payout was never sent to the bank")
    ALREADY_CONFIRMED = "already_confirmed", _("the payout was confirmed before")
    CONTRADICTS = "contradicts", _("the payout was recorded as failed before")
    PAYOUT_RETURNED = "payout_returned", _("the bank gave a payout back")
    OTHER_CHANNEL = "other_channel", _("no channel account of this number settles to this account")
    DAY_DIFFERS = "day_differs", _("differs from what the channel owes for this day")
    DAY_SETTLED = "day_settled", _("the channel's day was credited before")
    ALREADY_BOOKED = "already_booked", _("this bank reference was booked before")


class BillLine(models.Model):
    """One movement on the bank's statement. Open lines are the list that finance works off.

    `amount_minor` is positive; `direction` says where it went, seen from us. `entry` is what it
    made in the books; an open line has made nothing.
    """

    bill = models.ForeignKey(
        Bill, on_delete=models.PROTECT, related_name="lines", verbose_name=_("bill")
    )
    line_no = models.PositiveIntegerField(_("line"))
    direction = models.CharField(
        _("direction"),
        max_length=6,
        choices=[("credit", _("in")), ("debit", _("out"))],
    )
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    booking_date = models.DateField(_("booked by the bank on"), null=True, blank=True)
    bank_reference = models.CharField(_("bank reference"), max_length=64, blank=True, default="")
    end_to_end_id = models.CharField(_("our reference"), max_length=64, blank=True, default="")
    text = models.CharField(_("text"), max_length=300, blank=True, default="")
    state = models.CharField(_("state"), max_length=8, choices=BillLineState.choices)
    reason = models.CharField(
        _("why it is open"), max_length=20, choices=OpenReason.choices, blank=True, default=""
    )
    payout = models.ForeignKey(
        Payout,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="bill_lines",
        verbose_name=_("payout"),
    )
    entry = models.ForeignKey(
        JournalEntry,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("journal entry"),
    )

    class Meta:
        verbose_name = _("bill line")
        verbose_name_plural = _("bill lines")
        ordering = ["bill_id", "line_no"]
        permissions = [
            ("propose_topup", _("Can say that a debit of the bank filled a channel's wallet")),
            ("approve_topup", _("Can approve that a debit of the bank filled a wallet")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["bill", "line_no"], name="settlements_bill_line_once"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) & Q(direction__in=["credit", "debit"]),
                name="settlements_bill_line_amount",
            ),
            models.CheckConstraint(
                condition=(Q(state="open", entry=None) & ~Q(reason=""))
                | Q(state="matched", entry__isnull=False, reason=""),
                name="settlements_bill_line_booked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bill_id}/{self.line_no}"
