"""Say what can be refused when payment links are made, opened, paid and cancelled."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class LinkNotFoundError(DomainError):
    """There is no such payment link, or it is another merchant's.

    Nothing was written. Check the id.
    """

    code = "payment_link_not_found"
    status = 404
    detail = _("There is no such payment link.")


class LinkEndError(DomainError):
    """A payment link shall end before it begins, or later than a year from now.

    Nothing was written. Choose an end in between.
    """

    code = "payment_link_end"
    status = 422
    retry = "new_key"
    detail = _("A payment link ends in the future, and within a year.")


class LinkExpiredError(DomainError):
    """The time of the payment link is over.

    Nothing was written: no money moved, no payment was begun. Ask the merchant for another link.
    """

    code = "payment_link_expired"
    status = 409
    detail = _("The time of this payment link is over.")


class LinkCancelledError(DomainError):
    """The merchant cancelled the payment link.

    Nothing was written: no money moved, and no payment was begun. Ask the merchant.
    """

    code = "payment_link_cancelled"
    status = 409
    detail = _("This payment link was cancelled.")


class LinkUsedError(DomainError):
    """The payment link may be paid once, and has been.

    Nothing was written: no more money moved, and no payment was begun. There is nothing to do.
    """

    code = "payment_link_used"
    status = 409
    detail = _("This payment link has been paid.")


class LinkCheckingError(DomainError):
    """Money came by the payment link, and may not stay: it is late, or not what was asked for.

    Nothing was written: no more money moved, and no payment was begun. People look at it; once it
    has gone back the link can be paid again.
    """

    code = "payment_link_checking"
    status = 409
    detail = _("Money came by this payment link, and is being looked at. Please do not pay again.")


class LinkMerchantInactiveError(DomainError):
    """The merchant of the payment link takes no payments now.

    Nothing was written: no money moved, and no payment was begun. Ask the merchant.
    """

    code = "payment_link_merchant_inactive"
    status = 409
    detail = _("This merchant takes no payments now.")


class LinkBusyError(DomainError):
    """So many people pay by the link at this moment that no other can begin.

    By a link that may be paid once that is one person whose time has just run out.
    Nothing was written: no money moved, no payment was begun. Wait a few minutes, try again.
    """

    code = "payment_link_busy"
    status = 429
    retry = "same_key"
    detail = _("Somebody is paying by this link just now. Try again in a few minutes.")


class LinkCrowdedError(DomainError):
    """So many have begun to pay by the link in the last minute that no other can begin yet.

    Nothing was written: no money moved, no payment was begun. Who has begun goes on. Wait a
    minute, try again.
    """

    code = "payment_link_crowded"
    status = 429
    retry = "same_key"
    detail = _(
        "Very many people have opened this link in the last minute. Nothing was taken from you."
        " Try again in a minute."
    )


class LinkNumberTakenError(DomainError):
    """There is a payment link under this id already.

    Nothing was written. A form that was sent twice has made its link the first time.
    """

    code = "payment_link_number_taken"
    status = 409
    detail = _("This payment link was made already.")


class LinkReasonMissingError(DomainError):
    """A payment link was to be made or cancelled by the platform without a reason.

    Nothing was written. Say why.
    """

    code = "payment_link_reason_missing"
    status = 422
    retry = "new_key"
    detail = _("Say why.")
