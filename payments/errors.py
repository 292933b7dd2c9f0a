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


class PaymentNotCancellableError(DomainError):
    """A payment cannot be cancelled any more: it is under review, was refused, or was paid.

    Nothing was written. Money that came can be refunded; a payment that was refused takes none.
    """

    code = "payment_not_cancellable"
    status = 409
    detail = _("The payment is %(status)s and cannot be cancelled.")


class PaymentWithoutPayerError(DomainError):
    """A checkout session was asked for, but the payment names no payer whom it could be for.

    Nothing was written. Ask for a payment link instead, or create a payment with `payer_no`.
    """

    code = "payment_without_payer"
    status = 422
    detail = _("This payment names no payer; ask for a payment link instead.")


class PaymentWithPayerError(DomainError):
    """A payment link was asked for, which anybody may open, but the payment names its payer.

    Nothing was written. Ask for a checkout session instead: only its payer can open it.
    """

    code = "payment_with_payer"
    status = 422
    detail = _("This payment names its payer; ask for a checkout session instead.")


class PaymentNotPayableError(DomainError):
    """A page to pay on was asked for, but the payment waits for no payer any more.

    Nothing was written. Look at its status: it may be paid already.
    """

    code = "payment_not_payable"
    status = 409
    detail = _("The payment is %(status)s; there is nothing to pay.")


class InvalidReturnUrlError(DomainError):
    """The address of the shop to go back to is no plain `https://` or `http://` address.

    Nothing was written. Correct it and send it again under a new key.
    """

    code = "invalid_return_url"
    status = 422
    retry = "new_key"
    detail = _("return_url must be an https:// or http:// address of at most 500 characters.")


class LeaseLostError(DomainError):
    """Somebody else took over the order to the channel while we spoke to it.

    Nothing was written; what we learned is learned again by asking. Do not retry.
    """

    code = "lease_lost"
    status = 409
    outcome = "unknown"
    detail = _("Another worker has taken over this order.")


# --- refunds ------------------------------------------------------------------------------------


class RefundNotFoundError(DomainError):
    """There is no such refund, or the caller may not see it: both answer alike.

    Nothing was written. Check the id.
    """

    code = "refund_not_found"
    status = 404
    detail = _("There is no such refund.")


class RefundNumberTakenError(DomainError):
    """The merchant's refund number was used before; it stays taken for ever.

    Nothing was written. The first refund stands: ask for it by the number.
    """

    code = "refund_number_taken"
    status = 409
    detail = _("The refund number %(merchant_refund_no)s has already been used.")


class PaymentNotPaidError(DomainError):
    """A refund was asked of a payment that nobody has paid, or whose money is in dispute here.

    Nothing was written; no money moved. Ask again once the payment is paid.
    """

    code = "payment_not_paid"
    status = 409
    detail = _("Only a payment that is paid can be refunded.")


class RefundTooLargeError(DomainError):
    """A refund asks for more than is left of what was paid, refunds under way included.

    Nothing was written; no money moved. Ask for at most what is left, under a new key.
    """

    code = "refund_too_large"
    status = 409
    retry = "new_key"
    detail = _("At most %(left_minor)s minor units of this can still be refunded.")


class RefundSharesMissingError(DomainError):
    """A partial refund of a payment that belongs to several does not say whose money it is.

    Nothing was written; no money moved. Name the allocations and send it under a new key.
    """

    code = "refund_shares_missing"
    status = 422
    retry = "new_key"
    detail = _("The payment belongs to several merchants. Say how much of each is refunded.")


class RefundSharesMismatchError(DomainError):
    """The shares of a refund are not those of the payment, or do not add up to its amount.

    Nothing was written; no money moved. Correct the shares and send them under a new key.
    """

    code = "refund_shares_mismatch"
    status = 422
    retry = "new_key"
    detail = _("The shares do not fit the refund: each merchant of the payment once, in all it.")


class ForeignShareError(DomainError):
    """A merchant asked to refund money of others, or money that belongs to nobody.

    Nothing was written; no money moved. Ask for your own share only, under a new key.
    """

    code = "foreign_share"
    status = 403
    detail = _("A merchant can refund its own share of a payment only.")


class RefundReasonMissingError(DomainError):
    """A refund was to be rejected or given up without a reason.

    Nothing was written. Say why, and do it again.
    """

    code = "refund_reason_missing"
    status = 422
    retry = "new_key"
    detail = _("Say why.")


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


class ForeignRefundError(DomainError):
    """The caller has a share in this refund but did not ask for it, so may not move it.

    Nothing was written; no money moved. Do not retry: whoever asked for it decides.
    """

    code = "foreign_refund"
    status = 403
    detail = _("Only who asked for a refund may do this.")


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
