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


class TooManyTriesError(DomainError):
    """A payment was tried, or its method changed, so often that no other way is begun.

    Nothing was written, and what is under way goes on: a code or a page that is shown can still be
    paid. Where nothing is, no money moved. Create a new payment.
    """

    code = "too_many_tries"
    status = 409
    detail = _(
        "This payment was tried in too many ways, so no other one can be chosen. If a code or a"
        " page is open, it can still be paid; otherwise, please order again."
    )


class UnknownChannelAccountError(DomainError):
    """A notification was sent to an address that belongs to no channel account of ours.

    Nothing was written.
    """

    code = "unknown_channel_account"
    status = 404
    detail = _("There is no such channel account.")


class PaymentNotCancellableError(DomainError):
    """A payment cannot be cancelled any more: it was refused, or was paid.

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
