"""What a rule is given, and what it may say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.screening import Verdict
from risk.locator import Place

PLATFORM_ID = "platform"
"""Whose counter a limit of the whole platform fills; there is one platform only."""


class LimitSubject(models.TextChoices):
    """Whom a limit binds."""

    PAYER = "payer", _("payer")
    MERCHANT = "merchant", _("merchant")
    PLATFORM = "platform", _("platform")


class LimitDeed(models.TextChoices):
    """What a limit is about."""

    PAYMENT = "payment", _("payment")
    SETTLEMENT = "settlement", _("settlement")


class LimitWindow(models.TextChoices):
    """Over what time a limit counts; days are those of BUSINESS_TIME_ZONE."""

    TRANSACTION = "transaction", _("per transaction")
    DAY = "day", _("per day")


OWNER_KINDS: Mapping[LimitDeed, LimitSubject] = {
    LimitDeed.PAYMENT: LimitSubject.PAYER,
    LimitDeed.SETTLEMENT: LimitSubject.MERCHANT,
}
"""Whose deed it is: besides the platform's, these are the limits that are judged."""


@dataclass(frozen=True, slots=True)
class BindingLimit:
    """One limit that binds the deed at hand.

    `counter_id` is whose counter it fills: a payer's or a merchant's id, or `PLATFORM_ID`.
    `is_own` tells the row of this one payer or merchant from a default. `is_counted` says that
    an earlier judgement of the same deed filled that counter already.
    """

    subject_kind: str
    counter_id: str
    window: str
    value_minor: int
    is_own: bool = False
    is_counted: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one deed when it is judged; rules read nothing else.

    `subject` is the payment's or settlement's id. `business_date` is its day in BUSINESS_TIME_ZONE,
    `at` the instant of judging (UTC). `is_proven`: the payer typed the payment password for exactly
    this deed; `is_password_wanted`: without it nothing goes, because they have set one or the
    amount is above what goes without. `blocked` names what of it stands on the block list (address,
    payer, account). `networks` are those that the payer or merchant is bound to, none if free.
    `place` is where the address is now, `last_place` where the payer's last one was, each None if
    nobody can tell; `is_address_known` that this payer used the address before, and `has_history`
    that they used any. Above `new_address_above_minor` a new address matters.
    """

    deed: LimitDeed
    subject: str
    amount_minor: int
    currency: str
    business_date: date
    at: datetime
    payer_id: str | None = None
    merchant_ids: tuple[str, ...] = ()
    method: str = ""
    client_ip: str | None = None
    limits: tuple[BindingLimit, ...] = ()
    is_proven: bool = False
    is_password_wanted: bool = False
    blocked: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    place: Place | None = None
    last_place: Place | None = None
    is_address_known: bool = False
    has_history: bool = False
    new_address_above_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one deed. `facts` are the figures that its sentence shows.

    The sentences are in `risk.findings`, by `code`.
    """

    rule: str
    version: int
    verdict: Verdict
    code: str
    facts: Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One typed, versioned question about the facts. `find` is pure."""

    name: str
    version: int
    find: Callable[[Facts], Sequence[Finding]]
