"""Seals: blocks of rows that were written, chained by keyed hashes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.leaves import STREAMS
from ledger.sealing import Header

STREAM_NAMES = {
    "entries": _("journal entries"),
    "audit": _("audit trail"),
    "approvals": _("decisions"),
    "configuration": _("configuration"),
}


class Seal(models.Model):
    """One block: up to 1,000 rows of one stream, what each said, and the block before it.

    `ids` and `leaves` name the members in the same order; `root` is the Merkle root over the
    leaves. `hmac` covers everything but these two, which the root stands for, with a key that is
    not in the database. Every row that a transaction below `floor` wrote in `cluster` is in this
    block or an earlier one of its stream (docs/adr/0017). Written once, by ledger.actions.seals.
    """

    number = models.BigIntegerField(_("number"), primary_key=True)
    stream = models.CharField(_("stream"), max_length=20)
    form = models.PositiveSmallIntegerField(_("form of the leaves"))
    first_id = models.BigIntegerField(_("first row"))
    last_id = models.BigIntegerField(_("last row"))
    count = models.PositiveIntegerField(_("rows"))
    ids = ArrayField(models.BigIntegerField(), verbose_name=_("members"))
    leaves = models.BinaryField(pgettext_lazy("Merkle", "leaves"))
    totals = models.JSONField(_("totals"))
    root = models.BinaryField(_("Merkle root"), max_length=32)
    previous_hmac = models.BinaryField(_("hash of the block before"), max_length=32)
    hmac = models.BinaryField(_("keyed hash"), max_length=32)
    key_id = models.CharField(_("key"), max_length=40)
    cluster = models.BigIntegerField(_("database cluster"))
    floor = models.BigIntegerField(_("complete below transaction"))
    sealed_at = models.DateTimeField(_("sealed at"))

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ["-number"]
        indexes = [models.Index(fields=["stream", "-number"], name="ledger_seal_stream")]

    def __str__(self) -> str:
        return f"{self.number} {self.stream}"

    @property
    def header(self) -> Header:
        """Return what the keyed hash covers."""
        return Header(
            number=self.number,
            stream=self.stream,
            form=self.form,
            first_id=self.first_id,
            last_id=self.last_id,
            count=self.count,
            totals=self.totals,
            root=bytes(self.root),
            previous_hmac=bytes(self.previous_hmac),
            cluster=self.cluster,
            floor=self.floor,
            sealed_at=self.sealed_at,
            key_id=self.key_id,
        )

    @property
    def is_known(self) -> bool:
        """Tell whether this house can prove the block: it knows its stream and its form."""
        return self.stream in STREAMS and self.form in STREAMS[self.stream].forms
