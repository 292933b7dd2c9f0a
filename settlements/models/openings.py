"""What was there before these books began: files of opening balances, and their lines."""

from functools import partial

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models import ApprovalRequest
from ledger.models.accounts import Side
from settlements.states import OpeningStatus


class Opening(models.Model):
    """One file of opening balances that somebody asks to book as of one business day.

    Another person agrees to exactly its lines (`rows_sha256`), then they are booked entry by entry,
    in chunks: `entries_booked` says how far. The same file is taken once, unless it was rejected.
    `opening_date` is a day in BUSINESS_TIME_ZONE. Changed by `settlements.actions.openings`.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "opn")
    )
    file_name = models.CharField(_("file"), max_length=120)
    sha256 = models.BinaryField(_("SHA-256 of the file"), max_length=32)
    rows_sha256 = models.BinaryField(_("SHA-256 of the lines"), max_length=32)
    opening_date = models.DateField(_("opened on"))
    row_count = models.PositiveIntegerField(pgettext_lazy("opening", "lines"))
    entry_count = models.PositiveIntegerField(_("entries"))
    entries_booked = models.PositiveIntegerField(_("entries booked"), default=0)
    status = models.CharField(
        _("status"), max_length=10, choices=OpeningStatus.choices, default=OpeningStatus.ASKED
    )
    approval = models.ForeignKey(
        ApprovalRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approval request"),
    )
    asked_by = models.CharField(_("asked by"), max_length=90)
    created_at = models.DateTimeField(_("created at"))
    booked_at = models.DateTimeField(_("booked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("opening")
        verbose_name_plural = _("openings")
        ordering = ["-created_at", "-id"]
        permissions = [
            ("import_opening", _("Can hand in opening balances")),
            ("approve_opening", _("Can approve opening balances")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["sha256"],
                condition=~Q(status="rejected"),
                name="settlements_opening_file_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=OpeningStatus.values)
                & Q(row_count__gt=0)
                & Q(entry_count__gt=0)
                & Q(entries_booked__lte=F("entry_count")),
                name="settlements_opening_counts",
            ),
            models.CheckConstraint(
                condition=Q(status="approved", booked_at=None)
                | Q(status__in=["asked", "rejected"], booked_at=None, entries_booked=0)
                | Q(status="booked", booked_at__isnull=False, entries_booked=F("entry_count")),
                name="settlements_opening_booked",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class OpeningRow(models.Model):
    """One line of an opening: what stood on one account. Written with its opening, never changed.

    `line_no` is its line in the file, `place` its place among the lines, `entry_no` the entry that
    books it: one for each owner and currency. `owner_id` is the owner as the ledger knows it.
    """

    opening = models.ForeignKey(
        Opening, on_delete=models.PROTECT, related_name="rows", verbose_name=_("opening")
    )
    place = models.PositiveIntegerField(_("place"))
    line_no = models.PositiveIntegerField(_("line"))
    entry_no = models.PositiveIntegerField(_("entry"))
    code = models.CharField(_("code"), max_length=4)
    owner_id = models.CharField(_("owner"), max_length=90)
    currency = models.CharField(_("currency"), max_length=3)
    side = models.CharField(_("side"), max_length=1, choices=Side.choices)
    amount_minor = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("line of an opening")
        verbose_name_plural = _("lines of openings")
        ordering = ["opening_id", "place"]
        constraints = [
            models.UniqueConstraint(
                fields=["opening", "place"], name="settlements_opening_row_place"
            ),
            models.UniqueConstraint(
                fields=["opening", "code", "owner_id", "currency"],
                name="settlements_opening_row_once",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0)
                & Q(side__in=Side.values)
                & Q(place__gt=0)
                & Q(entry_no__gt=0),
                name="settlements_opening_row_amount",
            ),
        ]
        indexes = [models.Index(fields=["opening", "entry_no"], name="settlements_opening_entry")]

    def __str__(self) -> str:
        return f"{self.opening_id}/{self.place}"
