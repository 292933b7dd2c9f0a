"""Say what can be refused when money that is held is taken or given back."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class MethodCannotHoldError(DomainError):
    """The payment shall be authorised first, but the method can only take money at once.

    Nothing was written; no money moved. Choose a method that can hold money, or create the
    payment with `capture` automatic.
    """

    code = "method_cannot_hold"
    status = 422
    retry = "new_key"
    detail = _("%(method)s cannot hold money to be taken later.")


class NothingHeldError(DomainError):
    """Nothing of this payment is held at a channel: it was taken, given back, or never was.

    Nothing was written; no money moved. Look at the payment's status, captures and voids.
    """

    code = "nothing_held"
    status = 409
    detail = _("Nothing of this payment is held at the channel.")


class AuthorisationExpiredError(DomainError):
    """The channel does not hold the money any longer than until now.

    Nothing was written; no money moved. What is left goes back to the payer.
    """

    code = "authorization_expired"
    status = 409
    detail = _("The authorisation ended on %(expired_at)s.")


class CaptureTooLargeError(DomainError):
    """A capture asks for more than is left of what was authorised, captures under way included.

    Nothing was written; no money moved. Ask for at most what is left, under a new key.
    """

    code = "capture_too_large"
    status = 409
    retry = "new_key"
    detail = _("At most %(left_minor)s minor units of this can still be taken.")


class CaptureSharesMismatchError(DomainError):
    """The shares of a capture do not add up to it, repeat a merchant, or name a strange one.

    Nothing was written; no money moved. Correct the allocations and send them under a new key.
    """

    code = "capture_shares_mismatch"
    status = 422
    retry = "new_key"
    detail = _("The allocations do not add up to the capture: each merchant of the payment once.")


class CaptureNotFinalError(DomainError):
    """A part is asked for where the channel takes of a hold once: the rest would be gone.

    Nothing was written; no money moved. Say with `final` that nothing more will be taken, under a
    new key, or take all at once: what is not taken then goes back to the payer.
    """

    code = "capture_not_final"
    status = 422
    retry = "new_key"
    detail = _(
        "The channel can take of this once only. Say that nothing more will be taken, or take it"
        " all: what is not taken now goes back to the payer."
    )


class CapturedAlreadyError(DomainError):
    """The channel lets an authorisation be captured once, or its last capture has been ordered.

    Nothing was written; no money moved.
    """

    code = "captured_already"
    status = 409
    detail = _("This authorisation has been captured, and no more of it can be taken.")


class CaptureInFlightError(DomainError):
    """A capture of this payment is at the channel, so nobody knows yet what is left to give back.

    Nothing was written; no money moved. Try again once the capture has ended.
    """

    code = "capture_in_flight"
    status = 409
    retry = "new_key"
    detail = _("A capture of this payment is under way; try again when it has ended.")


class RefundCaptureMissingError(DomainError):
    """The payment was captured in parts, and no one of them covers what shall go back.

    Nothing was written; no money moved. Ask for one refund per capture, and name it.
    """

    code = "refund_capture_missing"
    status = 422
    retry = "new_key"
    detail = _("Say of which capture the refund is; no single one has enough left for all of it.")
