"""The rows of judging: limits, what is used of them, and every judgement."""

from risk.models.limits import Limit, LimitCounter, LimitDeed, LimitSubject, LimitWindow
from risk.models.screenings import Screening

__all__ = [
    "Limit",
    "LimitCounter",
    "LimitDeed",
    "LimitSubject",
    "LimitWindow",
    "Screening",
]
