"""Say what can be refused about days and months that are closed."""

from django.utils.translation import gettext_lazy as _

from ledger.errors.root import DomainError


class PeriodClosedError(DomainError):
    """An entry was dated inside a closed day, and closed days take no entries.

    Nothing was written. Sent again it is dated the first open day, where the deed allows that.
    """

    code = "period_closed"
    status = 409
    retry = "same_key"
    detail = _("The books of that day are closed: %(source)s.")


class PeriodNotOverError(DomainError):
    """A day or month was to be closed before it has ended in the business time zone.

    Nothing was written. Close it when it is over.
    """

    code = "period_not_over"
    status = 409
    retry = "same_key"
    detail = _("%(period)s is not over yet.")


class PeriodOrderError(DomainError):
    """Days are closed in order, months after all their days; only closed ones are reopened.

    Nothing was written. Look at what is closed, and begin with the next.
    """

    code = "period_order"
    status = 409
    detail = _("%(period)s is not next: periods are closed in order. Next is %(next)s.")


class PeriodUnfinishedError(DomainError):
    """The books of a day would still get something that has not been done yet.

    Nothing was written. Have it done, and close the day then.
    """

    code = "period_unfinished"
    status = 409
    retry = "same_key"
    detail = _("%(period)s is not finished: %(what)s.")


class PeriodBusyError(DomainError):
    """Somebody has been writing entries of the day for so long that it could not be closed.

    Nothing was written. The same may succeed in a minute.
    """

    code = "period_busy"
    status = 409
    retry = "same_key"
    detail = _("Entries of %(period)s are being written. Try again in a minute.")
