"""Say what can be refused when money is taken."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class InvalidCycleError(DomainError):
    """A settlement cycle is not written as `T+N` or `D+N` with at most a year.

    Nothing was written. Correct the cycle and send it again under a new key.
    """

    code = "invalid_cycle"
    status = 422
    retry = "new_key"
    detail = _("%(cycle)s is not a settlement cycle; T+1 or D+1 is.")


class NoBusinessDayError(DomainError):
    """The business calendar shows no business day for a month after the day.

    Nothing was written. The same request succeeds once the calendar is filled in.
    """

    code = "no_business_day"
    status = 503
    retry = "same_key"
    detail = _("The business calendar has no business day after %(day)s.")
