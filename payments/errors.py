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


class PaymentNotFoundError(DomainError):
    """There is no such payment, or the caller may not see it: both answer alike.

    Nothing was written. Check the id.
    """

    code = "not_found"
    status = 404
    detail = _("There is no such object.")


class OrderNumberTakenError(DomainError):
    """The merchant's order number was used before; it stays taken for ever.

    Nothing was written. The first payment stands: ask for it by the number.
    """

    code = "order_number_taken"
    status = 409
    detail = _("The order number %(merchant_order_no)s has already been used.")


class AllocationMismatchError(DomainError):
    """The allocations exceed the amount, repeat a merchant, or are not positive.

    Nothing was written. Correct the allocations and send them under a new key.
    """

    code = "allocation_mismatch"
    status = 422
    retry = "new_key"
    detail = _("The allocations do not fit the amount: each merchant once, together at most it.")


class UnknownMerchantError(DomainError):
    """An allocation names a merchant that does not exist, is inactive, or is not the caller's.

    Nothing was written. Correct the merchant and send it again under a new key.
    """

    code = "unknown_merchant"
    status = 422
    retry = "new_key"
    detail = _("Merchant %(merchant)s cannot take payments.")


class NoChannelError(DomainError):
    """No enabled channel account takes this method in this currency.

    Nothing was written; no money moved. Try another method, or later.
    """

    code = "no_channel"
    status = 422
    retry = "new_key"
    detail = _("No channel takes %(method)s in %(currency)s at the moment.")


class PaymentExpiredError(DomainError):
    """The payment's time has run out.

    Nothing was written; no money moved. Create a new payment.
    """

    code = "payment_expired"
    status = 409
    detail = _("The payment has expired. Create a new one.")


class UnknownChannelAccountError(DomainError):
    """A notification was sent to an address that belongs to no channel account of ours.

    Nothing was written.
    """

    code = "unknown_channel_account"
    status = 404
    detail = _("There is no such channel account.")


class NotificationRefusedError(DomainError):
    """A notification is forged, malformed or not for us.

    Nothing was written and nothing is believed. A genuine one is repeated by the channel.
    """

    code = "notification_refused"
    status = 400
    detail = _("The notification was refused.")


class PaymentInFlightError(DomainError):
    """A payment cannot be cancelled any more: it was confirmed, and money may come.

    Nothing was written. Wait for the outcome, or until the payment expires.
    """

    code = "payment_in_flight"
    status = 409
    detail = _("The payment was confirmed already; money may still come. Wait for its outcome.")


class LeaseLostError(DomainError):
    """Somebody else took over the order to the channel while we spoke to it.

    Nothing was written; what we learned is learned again by asking. Do not retry.
    """

    code = "lease_lost"
    status = 409
    outcome = "unknown"
    detail = _("Another worker has taken over this order.")


# --- the partner API ----------------------------------------------------------------------------


class LengthRequiredError(DomainError):
    """A body came in chunks without its length, so it cannot be capped before it is read.

    Nothing was read or written. Send it again with Content-Length.
    """

    code = "length_required"
    status = 411
    retry = "new_key"
    detail = _("The request needs a Content-Length.")


class IdempotencyKeyMissingError(DomainError):
    """A request that writes came without the header Idempotency-Key.

    Nothing was written. Send it again with a key of its own.
    """

    code = "idempotency_key_missing"
    retry = "new_key"
    detail = _("Idempotency-Key is missing.")


class IdempotencyKeyMalformedError(DomainError):
    """The header Idempotency-Key is not one key of 16 to 128 letters, digits and `_.:-`.

    Nothing was written. Send the request again with a key of that shape.
    """

    code = "idempotency_key_malformed"
    retry = "new_key"
    detail = _(
        "Idempotency-Key must be sent once, as 16 to 128 letters, digits, underscores, dots,"
        " colons or hyphens."
    )


class IdempotencyKeyReusedError(DomainError):
    """The key has been used by this credential for another request.

    Nothing was written now; what the first request did stands. Send this one under a new key.
    """

    code = "idempotency_key_reused"
    status = 422
    retry = "new_key"
    detail = _("Idempotency-Key is already used for another request.")


class IdempotencyInFlightError(DomainError):
    """The same request is being carried out at this moment.

    Nothing was written by this one; the first one decides. Ask again under the same key.
    """

    code = "idempotency_in_flight"
    status = 409
    outcome = "unknown"
    retry = "same_key"
    detail = _("A request is outstanding for this Idempotency-Key.")


class MissingScopeError(DomainError):
    """The credential is genuine but lacks the scope that this door asks for.

    Nothing was written. Do not retry before the credential has been given the scope.
    """

    code = "missing_scope"
    status = 403
    detail = _("This credential lacks the scope %(scope)s.")


class BearerMayNotWriteError(DomainError):
    """A bearer secret was used to write outside a sandbox; there only a signature may.

    Nothing was written. Do not retry with this credential.
    """

    code = "bearer_may_not_write"
    status = 403
    detail = _("A bearer secret may only read here. Writing needs a signed request.")


class ForeignPaymentError(DomainError):
    """The caller has a share in this payment but did not create it, so may not move it.

    Nothing was written. Do not retry: its creator decides.
    """

    code = "foreign_payment"
    status = 403
    detail = _("Only the creator of a payment may do this.")


class InvalidCredentialError(DomainError):
    """A credential was to be issued with an unknown scope, a bad network or for nobody.

    Nothing was written. Correct the request and try again.
    """

    code = "invalid_credential"
    status = 422
    retry = "new_key"
    detail = _("The credential cannot be issued like this: %(reason)s")


class CredentialNotFoundError(DomainError):
    """There is no such credential.

    Nothing was written. Check the id.
    """

    code = "credential_not_found"
    status = 404
    detail = _("There is no such credential.")


class LiveChannelInSandboxError(DomainError):
    """A sandbox was about to know or use a channel that is no simulator.

    Nothing was written and nothing was sent. Use a deployment of its own for live channels.
    """

    code = "live_channel_in_sandbox"
    status = 409
    detail = _("This is a sandbox, and %(host)s is not its simulator. Nothing was sent.")
