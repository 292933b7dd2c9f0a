"""The port through which payments asks to be judged. The judge is named in settings.

Payments must ask risk before the order to the channel exists, and risk may import payments but
not the other way round; so payments owns the question (docs/adr/0003).
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Protocol

from django.conf import settings
from django.db import models
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class Verdict(models.TextChoices):
    """What a judgement says shall happen."""

    ALLOW = "allow", _("allow")
    CHALLENGE = "challenge", _("challenge")
    REVIEW = "review", _("review")
    DENY = "deny", _("deny")


@dataclass(frozen=True, slots=True)
class ScreeningRequest:
    """What is known of a payment when its payer confirms it.

    `business_date` is the day of `at` in BUSINESS_TIME_ZONE; daily limits count by it.
    `credential_id` is whose call created it. `token` is what the payer got for their payment
    password, opaque here and good for one judgement.
    """

    payment_id: str
    payer_id: str | None
    merchant_ids: tuple[str, ...]
    amount_minor: int
    currency: str
    method: str
    client_ip: str | None
    business_date: date
    at: datetime
    credential_id: str | None = None
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one request; `code` is stable and empty when allowed."""

    verdict: Verdict
    code: str
    screening_id: str


class Screener(Protocol):
    """One who judges payments. All methods are parts: they run in the caller's transaction."""

    def screen(self, request: ScreeningRequest) -> Judgement:
        """Judge the payment, count it against its limits if allowed, and keep the reasons."""

    def give_back(self, payment_id: str, *, at: datetime) -> None:
        """Give back the limits that a payment used, since it failed for certain. Idempotent."""

    def count_again(self, payment_id: str, *, business_date: date, at: datetime) -> None:
        """Count a payment that was paid although its limits were given back, whatever they say.

        One that is counted, or that used no limit, is left as it is. Idempotent.
        """


@cache
def get_screener() -> Screener:
    """Return the judge that `settings.PAYMENT_SCREENER` names."""
    screener: Screener = import_string(settings.PAYMENT_SCREENER)()
    return screener
