"""Say what can be refused when sending is held back, and when it is let go again."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class SendingHeldError(DomainError):
    """Somebody, or a proof that failed, has said that nothing of the kind may leave.

    Nothing was written and nothing was sent. Two people release the hold; then try again.
    """

    code = "sending_held"
    status = 409
    retry = "same_key"
    detail = _("Payouts are held back. Nothing leaves before two people release the hold.")


class HoldNotFoundError(DomainError):
    """There is no such hold of sending.

    Nothing was written. Check the id.
    """

    code = "hold_not_found"
    status = 404
    detail = _("There is no such hold of sending.")


class HoldReasonMissingError(DomainError):
    """Sending was to be held back or let go without a reason.

    Nothing was written; what was held is held. Say why.
    """

    code = "hold_reason_missing"
    status = 422
    retry = "new_key"
    detail = _("Say why.")


class HoldReleasedError(DomainError):
    """The hold was released before.

    Nothing was written. Look which holds still stand.
    """

    code = "hold_released"
    status = 409
    detail = _("This hold has been released before.")


class OperationNotFoundError(DomainError):
    """There is no such order to a channel.

    Nothing was written. Check the id.
    """

    code = "operation_not_found"
    status = 404
    detail = _("There is no such order to a channel.")


class NotInReviewError(DomainError):
    """The outcome of an order was to be taken from evidence, and the order does not wait for that.

    Nothing was written; no money moved. Its channel may have answered meanwhile: look at it again.
    """

    code = "order_not_in_review"
    status = 409
    detail = _("The outcome of this order is not one that people decide on.")


class NotContradictedError(DomainError):
    """The channel says nothing else of this order than how it ended here, or not any more.

    Nothing was written; no money moved. Look at the order again.
    """

    code = "not_contradicted"
    status = 409
    detail = _("Its channel does not contradict how this order ended.")


class ContradictionStandsError(DomainError):
    """What is said to be true cannot be booked now: the money is not there, or is taken otherwise.

    Nothing was written; no money moved. Look whether the merchants have enough, and whether what
    the order had freed was refunded, taken or given back by another one since; what is left over
    then is a difference for reconciliation.
    """

    code = "contradiction_stands"
    status = 409
    detail = _("It cannot be booked now: look at the merchants' money and at other orders.")


class EvidenceTimeError(DomainError):
    """What a channel did was said to have happened before it was ordered, or to happen yet.

    Nothing was written; no money moved. Give the time at the channel as the evidence says it.
    """

    code = "evidence_time"
    status = 422
    retry = "new_key"
    detail = _("It was done after it was ordered, and before now. Look at the evidence again.")


class ChannelNumberError(DomainError):
    """The channel's own number of what it did was missing, or none; or it was told of nothing done.

    Nothing was written; no money moved. What was paid, held or taken at some channels can be
    refunded, taken or given back by that number alone: give it as the channel's bill says it.
    """

    code = "channel_number"
    status = 422
    retry = "new_key"
    detail = _(
        "Give the channel's own number of what it did, as its bill says it: without it nothing can"
        " be refunded, taken or given back there. What it did not do has none."
    )


class EvidenceMissingError(DomainError):
    """The outcome of an order was to be decided on without saying what proves it.

    Nothing was written; no money moved. Name the evidence, its reference and what it says.
    """

    code = "evidence_missing"
    status = 422
    retry = "new_key"
    detail = _("Name the evidence, its reference, and what it says.")
