"""Say what can be refused when money is given back."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


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


class PaymentOutcomeUnknownError(DomainError):
    """A refund, capture or void was asked of a payment whose order has an unknown outcome.

    Nothing was written. The money may have come or not: the channel is being asked at this moment.
    Ask again with the same key.
    """

    code = "payment_outcome_unknown"
    status = 409
    retry = "same_key"
    detail = _("It is not known yet whether this payment is paid. The channel is being asked.")


class RemedyAccountError(DomainError):
    """What was given is no bank account with a holder.

    Nothing was written. The account is 8 to 32 digits; the holder and the bank are named.
    """

    code = "remedy_account"
    status = 422
    retry = "new_key"
    detail = _("Give the bank, the account's digits and the name of its holder.")


class RemedyNotAskedError(DomainError):
    """Another way for this refund is open already, or nobody waits for a decision on one.

    Nothing was written. Look at the refund again.
    """

    code = "remedy_not_asked"
    status = 409
    detail = _("Look at the refund again: another way for it is open, or was decided on.")


class NotPaidByHandError(DomainError):
    """The bank's line is no open debit of exactly this refund's amount, on its day or later.

    Nothing was written. Choose an open debit of the bank's statement with exactly the amount.
    """

    code = "not_paid_by_hand"
    status = 409
    retry = "new_key"
    detail = _("By this line of the bank the refund cannot have been paid.")
