"""The journal: balanced entries and their postings, written once."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ledger.models.accounts import Account, Side


class JournalEntry(models.Model):
    """One balanced booking of one business event. Nobody may change or delete it.

    `source` names the event and is unique for ever, so nothing is booked twice. `effective_date`
    is the business day in BUSINESS_TIME_ZONE; `booked_at` the event's own instant (UTC).
    PostgreSQL keeps the laws (see `ledger/migrations/0002_books_are_law.py`).
    """

    source = models.CharField(_("source"), max_length=200)
    kind = models.CharField(_("kind"), max_length=40)
    subject = models.CharField(_("subject"), max_length=90, blank=True, default="")
    description = models.CharField(_("description"), max_length=300, blank=True, default="")
    effective_date = models.DateField(_("effective date"), db_index=True)
    booked_at = models.DateTimeField(_("booked at"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())
    reverses = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reversed_by",
        verbose_name=_("reverses"),
    )

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        ordering = ["-id"]
        permissions = [("export_books", _("Can export the books as files"))]
        # One index for a text and for its beginning, where `unique` and `db_index` make two.
        constraints = [
            models.UniqueConstraint(
                fields=["source"], name="ledger_entry_source", opclasses=["varchar_pattern_ops"]
            )
        ]
        indexes = [
            models.Index(
                fields=["subject"], name="ledger_entry_subject", opclasses=["varchar_pattern_ops"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source}"


class Posting(models.Model):
    """One leg of an entry: a side and a positive amount on one account.

    `balance_after_minor` (on the account's normal side), `seq` (1, 2, 3 … per account) and
    `recorded_at` (the instant at which it took that number, docs/adr/0018) are filled by the
    trigger that moves the balance; whatever a writer sends there is overwritten.
    """

    # No foreign keys: the trigger that moves the balance proves both, and the account's currency,
    # in the transaction that writes the entry (docs/adr/0021).
    entry = models.ForeignKey(
        JournalEntry,
        on_delete=models.PROTECT,
        related_name="postings",
        db_constraint=False,
        verbose_name=_("entry"),
    )
    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="postings",
        db_constraint=False,
        db_index=False,
        verbose_name=_("account"),
    )
    currency = models.CharField(_("currency"), max_length=3)
    side = models.CharField(_("side"), max_length=1, choices=Side.choices)
    amount_minor = models.BigIntegerField(_("amount"))
    balance_after_minor = models.BigIntegerField(_("balance after"), default=0)
    seq = models.BigIntegerField(_("number on the account"), default=0)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "seq"], name="ledger_posting_seq"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="ledger_posting_positive"),
            models.CheckConstraint(condition=Q(side__in=Side.values), name="ledger_posting_side"),
        ]
        # A balance as of an instant is one read of this one.
        indexes = [
            models.Index(fields=["account", "recorded_at", "seq"], name="ledger_posting_instant")
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.amount_minor} {self.currency}"
