"""The rows of judging: limits, what is used of them, and every judgement."""

from risk.models.addresses import BoundKind, BoundNetwork, PayerAddress
from risk.models.limits import Limit, LimitCounter
from risk.models.lists import BlockKind, BlockListEntry
from risk.models.passwords import PasswordOwnerKind, PaymentPassword, PaymentToken
from risk.models.screenings import LimitRelease, Screening
from risk.rules.base import LimitDeed, LimitSubject, LimitWindow

__all__ = [
    "BlockKind",
    "BlockListEntry",
    "BoundKind",
    "BoundNetwork",
    "Limit",
    "LimitCounter",
    "LimitDeed",
    "LimitRelease",
    "LimitSubject",
    "LimitWindow",
    "PasswordOwnerKind",
    "PayerAddress",
    "PaymentPassword",
    "PaymentToken",
    "Screening",
]
