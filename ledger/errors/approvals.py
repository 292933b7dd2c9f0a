"""Say what can be refused to people who ask and decide."""

from django.utils.translation import gettext_lazy as _

from ledger.errors.root import DomainError


class ApprovalError(DomainError):
    """Two people have not agreed to this deed in the way that the rules ask.

    Nothing was written. Subclasses say what is missing.
    """

    code = "approval_refused"
    status = 409
    detail = _("The approval was refused.")


class SelfApprovalError(ApprovalError):
    """The person who asked tried to decide as well.

    Nothing was written. Another person has to decide.
    """

    code = "self_approval"
    status = 403
    detail = _("Nobody may approve their own request. Another person has to decide.")


class AlreadyDecidedError(ApprovalError):
    """This person has already decided on this request.

    Nothing was written now; the first decision stands. Do not retry.
    """

    code = "already_decided"
    detail = _("You have already decided on this request.")


class StaleApprovalError(ApprovalError):
    """What was shown or approved is no longer what would be done: the digests differ.

    Nothing was written. Look at the request as it is now and decide again.
    """

    code = "stale_approval"
    retry = "new_key"
    detail = _("The request has changed since it was shown. Look at it again and decide anew.")


class ApprovalExpiredError(ApprovalError):
    """The request or its approval is older than the rules allow.

    Nothing was written. Ask for a new approval.
    """

    code = "approval_expired"
    retry = "new_key"
    detail = _("The approval has expired. Ask for a new one.")


class ApprovalClosedError(ApprovalError):
    """The request is already approved, rejected, executed or voided.

    Nothing was written. Do not retry.
    """

    code = "approval_closed"
    detail = _("The request is already closed.")


class ApprovalMissingError(ApprovalError):
    """A deed that needs two people was tried without an approved request.

    Nothing was written. The same deed may succeed once another person has approved.
    """

    code = "approval_missing"
    retry = "same_key"
    detail = _("This needs the approval of another person first.")
