"""Every judgement, with its reasons."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from payments.screening import Verdict
from risk.rules.base import LimitDeed


class ScreeningQuerySet(models.QuerySet["Screening"]):
    """Adjectives of judgements."""

    def counted(self) -> "ScreeningQuerySet":
        """Keep those that used limits and have not given them back."""
        return self.filter(release=None).exclude(consumed=[])


class Screening(models.Model):
    """One judgement of one deed: the facts, what each rule found, and the verdict. Append-only.

    `subject` is the payment's or the settlement's id. `findings` is a list of {rule, version,
    verdict, code, facts}; the words of a code are in `risk.findings`, in the reader's language.
    `consumed` lists the counters that this judgement filled, as {subject_id, currency,
    business_date, amount_minor}, so that they can be given back when the deed fails for certain.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "scr")
    )
    deed = models.CharField(_("deed"), max_length=12, choices=LimitDeed.choices)
    subject = models.CharField(_("judged"), max_length=ID_MAX_LENGTH)
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict.choices)
    code = models.CharField(_("reason code"), max_length=60, blank=True, default="")
    facts = models.JSONField(_("facts"), default=dict)
    findings = models.JSONField(_("findings"), default=list)
    consumed = models.JSONField(_("limits used"), default=list)
    client_ip = models.GenericIPAddressField(_("client address"), null=True, blank=True)
    at = models.DateTimeField(_("at"))

    objects = ScreeningQuerySet.as_manager()

    class Meta:
        verbose_name = _("screening")
        verbose_name_plural = _("screenings")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values), name="risk_screening_verdict"
            ),
            models.CheckConstraint(
                condition=Q(verdict=Verdict.ALLOW, code="")
                | (~Q(verdict=Verdict.ALLOW) & ~Q(code="")),
                name="risk_screening_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["subject"], name="risk_screening_subject"),
            models.Index(fields=["-at", "-id"], name="risk_screening_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} · {self.subject}"


class LimitRelease(models.Model):
    """The limits that one judgement used were given back. One row at most, append-only."""

    screening = models.OneToOneField(
        Screening,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="release",
        verbose_name=_("screening"),
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("limit release")
        verbose_name_plural = _("limit releases")
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.screening_id
