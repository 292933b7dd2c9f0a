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


class RiskReasonMissingError(DomainError):
    """Nobody said why.

    Nothing was written. Say why, and do it again.
    """

    code = "risk_reason_missing"
    status = 422
    retry = "new_key"
    detail = _("Say why: the audit trail keeps it.")


class InvalidNetworkError(DomainError):
    """This is no address or network, has bits beyond its mask, or is wider than can be meant.

    Nothing was written. Write it as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.
    """

    code = "network_invalid"
    status = 422
    retry = "new_key"
    detail = _("This is no address or network that can be used here: %(network)s.")


class UnknownPayerError(DomainError):
    """There is no such payer.

    Nothing was written. Look the payer up, and take the id from there.
    """

    code = "payer_unknown"
    status = 404
    retry = "new_key"
    detail = _("There is no payer with this id: %(payer)s.")


class BlockExpiredError(DomainError):
    """The entry would have ended before it began.

    Nothing was written. Give a later end, or none.
    """

    code = "block_expired"
    status = 422
    retry = "new_key"
    detail = _("The end of the entry lies in the past.")


class AlreadyBlockedError(DomainError):
    """It stands on the block list already.

    Nothing was written. Look at the entry that is in force; end it first to change it.
    """

    code = "already_blocked"
    status = 409
    retry = "do_not"
    detail = _("This stands on the block list already: %(label)s.")


class NotBlockedError(DomainError):
    """There is no such entry in force.

    Nothing was written; it is not blocked by this entry.
    """

    code = "not_blocked"
    status = 409
    retry = "do_not"
    detail = _("This entry of the block list is not in force.")


class UnknownBoundError(DomainError):
    """There is no such payer or merchant.

    Nothing was written. Look them up, and take the id from there.
    """

    code = "bound_subject_unknown"
    status = 404
    retry = "new_key"
    detail = _("There is no payer or merchant with this id: %(subject)s.")


class AlreadyBoundError(DomainError):
    """They are bound to this network already.

    Nothing was written; from there, they are allowed.
    """

    code = "already_bound"
    status = 409
    retry = "do_not"
    detail = _("They are bound to this network already: %(network)s.")


class NotBoundError(DomainError):
    """There is no such bond in force.

    Nothing was written; nobody is bound by it.
    """

    code = "not_bound"
    status = 409
    retry = "do_not"
    detail = _("This network is not in force for them.")
