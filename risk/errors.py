"""Say what can be refused when deeds are judged, and when their passwords are asked for."""

from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError, Retry


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


class WeakPasswordError(DomainError):
    """The six digits are not six digits, or a thief would try them first.

    Nothing was written. Choose others.
    """

    code = "weak_password"
    status = 422
    retry = "new_key"
    detail = _("This password cannot be used. %(reason)s")


class PasswordAlreadySetError(DomainError):
    """There is a password already; it is changed with the old one, not set again.

    Nothing was written.
    """

    code = "password_already_set"
    status = 409
    detail = _("A password is set already. Change it instead.")


class PasswordNotSetError(DomainError):
    """The owner has no password, or it was reset and no new one is set.

    Nothing was written and nothing was counted. Set one first.
    """

    code = "password_not_set"
    status = 409
    retry = "same_key"
    detail = _("No password is set yet. Set one first.")


class WrongPasswordError(DomainError):
    """The password is wrong.

    The attempt was counted, and nothing else was written; no money has moved.
    """

    code = "wrong_password"
    status = 403
    retry = "new_key"
    detail = _("The password is wrong. Attempts left: %(attempts_left)s.")

    def __init__(self, *, attempts_left: int) -> None:
        """Say how many attempts are left before it is locked."""
        super().__init__(attempts_left=attempts_left)
        self.attempts_left = attempts_left


class PasswordLockedError(DomainError):
    """Too many wrong attempts: nothing is verified until the lock ends, not even the right one.

    Nothing was written; no money has moved. Wait, or have two people of the staff unlock it.
    """

    code = "password_locked"
    status = 423
    retry: ClassVar[Retry] = "same_key"
    detail = _("Too many wrong attempts. The password is locked until %(time)s (%(zone)s).")

    def __init__(self, *, until: datetime | None) -> None:
        """Say until when (UTC); the sentence says it in BUSINESS_TIME_ZONE."""
        zone = str(settings.BUSINESS_TIME_ZONE)
        time = f"{until.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if until else ""
        super().__init__(time=time, zone=zone)
        self.until = until


class PasswordResetNeededError(PasswordLockedError):
    """It was locked twice, and then wrong five times more: only a reset helps.

    Nothing was written; no money has moved. Reset it.
    """

    code = "password_reset_needed"
    retry = "do_not"
    detail = _("Too many wrong attempts. The password has to be reset.")

    def __init__(self) -> None:
        """There is no end to wait for."""
        super().__init__(until=None)


class PasswordFrozenError(PasswordLockedError):
    """The password was reset a short while ago, and payouts rest for a day after that.

    Nothing was written and no attempt was counted; no money has moved. Try later.
    """

    code = "password_frozen"
    detail = _(
        "The password was reset. Payouts can be asked for again from %(time)s (%(zone)s) on."
    )


class PasswordBusyError(DomainError):
    """Too many passwords are being verified at this moment.

    Nothing was written and no attempt was counted. Try again in a few seconds.
    """

    code = "password_busy"
    status = 503
    retry = "same_key"
    detail = _("Too many passwords are being checked at the moment. Try again in a few seconds.")


class TokenRefusedError(DomainError):
    """The token is unknown, used, older than two minutes, or for something else.

    Nothing was written; no money has moved. Ask for the password again.
    """

    code = "token_refused"
    status = 403
    retry = "new_key"
    detail = _("This has changed or took too long. Type the password again.")


class ReliefNotAskedError(DomainError):
    """Nobody has asked for this unlock or reset, or it was decided already.

    Nothing was written. Look at the password as it is now.
    """

    code = "relief_not_asked"
    status = 409
    detail = _("Nobody has asked for this, or it is decided already.")


class NothingToUnlockError(DomainError):
    """The password is not locked, so there is nothing to unlock; or it is not set at all.

    Nothing was written.
    """

    code = "nothing_to_unlock"
    status = 409
    detail = _("The password needs no such help: look at it as it is now.")
