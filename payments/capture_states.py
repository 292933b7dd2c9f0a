"""The moves of what follows a hold: taking of it, and giving the rest back."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.states import StateTable


class CaptureStatus(models.TextChoices):
    """Where an order about an authorisation stands: to take of it, or to give it back."""

    SUBMITTING = "submitting", _("submitting")
    PROCESSING = "processing", _("processing")
    UNKNOWN = "unknown", _("outcome unknown")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")


_CAPTURE_RESULTS = {CaptureStatus.SUCCEEDED, CaptureStatus.FAILED}

CAPTURE = StateTable(
    CaptureStatus,
    noun=_("A capture"),
    moves={
        CaptureStatus.SUBMITTING: {
            CaptureStatus.PROCESSING,
            CaptureStatus.UNKNOWN,
            *_CAPTURE_RESULTS,
        },
        CaptureStatus.PROCESSING: {CaptureStatus.UNKNOWN, *_CAPTURE_RESULTS},
        CaptureStatus.UNKNOWN: {CaptureStatus.PROCESSING, *_CAPTURE_RESULTS},
        # Two people found that the channel, which says so, made it after all (docs/adr/0025).
        CaptureStatus.FAILED: {CaptureStatus.SUCCEEDED},
    },
)
"""Moved by the channel's verified answer; what certainly failed frees its share."""

VOID = StateTable(CaptureStatus, noun=_("A void"), moves=CAPTURE.moves)
"""Moved as a capture is: only the channel says that a payer has their money back."""

DEAD_CAPTURES = (CaptureStatus.FAILED,)
"""States in which nothing of an authorisation was taken, or given back, and nothing will be."""

CAPTURES_IN_FLIGHT = (
    CaptureStatus.SUBMITTING,
    CaptureStatus.PROCESSING,
    CaptureStatus.UNKNOWN,
)
"""States in which only the channel knows whether it was taken, or given back."""
