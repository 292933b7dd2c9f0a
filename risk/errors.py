"""Say what can be refused when limits are set."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class LimitNotJudgedError(DomainError):
    """Nothing is judged by such a limit, so it would bind nobody.

    Payments are judged by the limits of payers and of the platform, settlements by those of
    merchants and of the platform. Nothing was written. Correct it and set it again.
    """

    code = "limit_not_judged"
    status = 422
    retry = "new_key"
    detail = _("No %(deed)s is judged by a limit of this kind: %(subject)s.")


class LimitSubjectError(DomainError):
    """The one whom the limit should bind does not exist.

    Nothing was written. Correct the id and set the limit again.
    """

    code = "limit_subject_unknown"
    status = 404
    retry = "new_key"
    detail = _("There is nobody with this id: %(subject)s.")


class LimitConflictError(DomainError):
    """Somebody else set the same limit at the same moment, or from a later moment on.

    Nothing was written. Look at the limit as it is now and decide again.
    """

    code = "limit_conflict"
    status = 409
    retry = "new_key"
    detail = _("This limit has just been set by somebody else. Look at it again.")
