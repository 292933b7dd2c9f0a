"""The moves that cases and holds may make (see docs: states); verdicts are the port's."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.states import StateTable


class CaseStatus(models.TextChoices):
    """Where a risk officer's case stands."""

    OPEN = "open", _("open")
    ASSIGNED = "assigned", _("assigned")
    RELEASED = "released", _("released")
    REJECTED = "rejected", _("rejected")


CASE = StateTable(
    CaseStatus,
    noun=_("A case"),
    moves={
        CaseStatus.OPEN: {CaseStatus.ASSIGNED},
        CaseStatus.ASSIGNED: {CaseStatus.RELEASED, CaseStatus.REJECTED},
    },
)
"""Somebody owns a case before anybody decides it."""


class HoldStatus(models.TextChoices):
    """Whether a hold on a merchant's payouts is in force."""

    ACTIVE = "active", _("active")
    RELEASED = "released", _("released")


HOLD = StateTable(HoldStatus, noun=_("A hold"), moves={HoldStatus.ACTIVE: {HoldStatus.RELEASED}})
"""A released hold stays released; a new reason is a new hold."""
