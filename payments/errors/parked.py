"""Say what can be refused when money in suspense is resolved."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class ParkedMoneyNotFoundError(DomainError):
    """There is no such money in suspense.

    Nothing was written. Check the id.
    """

    code = "parked_money_not_found"
    status = 404
    detail = _("There is no such money in suspense.")


class MoneyDoesNotFitError(DomainError):
    """The money is less than its payment, of another currency, or its payment is paid already.

    Nothing was written, and the money is in suspense as before. It can be given back to the payer.
    """

    code = "money_does_not_fit"
    status = 409
    detail = _("This money cannot pay its payment; it can be given back to the payer.")


class MoneyContradictedError(DomainError):
    """A refund of this money failed here, and its channel says that it gave the money back.

    Nothing was written, and the money is in suspense as before. Say first what is true of that
    refund's order, with evidence; what is in suspense after that can be decided on.
    """

    code = "money_contradicted"
    status = 409
    detail = _("Its channel says that it gave this money back: say first what is true of that.")


class ResolutionNotAskedError(DomainError):
    """Nobody waits for a decision on this money.

    Nothing was written. Somebody else may have decided: look at it again.
    """

    code = "resolution_not_asked"
    status = 409
    detail = _("Nobody has asked what becomes of this money, or it was decided on.")


class ResolutionReasonMissingError(DomainError):
    """A way was asked for, or refused, without saying why.

    Nothing was written. Say why, and send it again.
    """

    code = "resolution_reason_missing"
    status = 422
    retry = "new_key"
    detail = _("Say why the money is taken or given back, or why not.")
