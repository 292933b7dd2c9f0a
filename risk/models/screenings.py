"""Every judgement, with its reasons."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from risk.models.limits import LimitDeed
from payments.screening import Verdict


class Screening(models.Model):
    """One judgement of one deed: the facts, what each rule found, and the verdict. Append-only.

    `findings` is a list of {rule, verdict, code, facts}; the words of a code are in
    `risk.findings`, in the reader's language. `consumed` lists the counters that this judgement
    used, so that they can be given back when the deed fails for certain.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "scr")
    )
    deed = models.CharField(_("deed"), max_length=12, choices=LimitDeed.choices)
    subject = models.CharField(_("judged"), max_length=ID_MAX_LENGTH, db_index=True)
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict.choices)
    code = models.CharField(_("reason code"), max_length=60, blank=True, default="")
    facts = models.JSONField(_("facts"), default=dict)
    findings = models.JSONField(_("findings"), default=list)
    consumed = models.JSONField(_("limits used"), default=list)
    client_ip = models.GenericIPAddressField(_("client address"), null=True, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("screening")
        verbose_name_plural = _("screenings")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values), name="risk_screening_verdict"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} {self.subject}"
