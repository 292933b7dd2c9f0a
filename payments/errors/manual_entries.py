"""Say what can be refused when people book by hand."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class ManualEntryNotFoundError(DomainError):
    """There is no such manual entry.

    Nothing was written. Check the id.
    """

    code = "manual_entry_not_found"
    status = 404
    detail = _("There is no such manual entry.")


class NoMerchantAccountError(DomainError):
    """A merchant has no money of this currency, and never had: there is nothing to book on.

    Nothing was written; no money moved. Check merchant and currency.
    """

    code = "no_merchant_account"
    status = 409
    detail = _("This merchant has no account in %(currency)s.")


class ManualEntryTooLargeError(DomainError):
    """More was asked for than there is: available, owed, or left of the freeze or reserve.

    Nothing was written; no money moved. Ask for at most what there is.
    """

    code = "manual_entry_too_large"
    status = 409
    retry = "new_key"
    detail = _("At most %(left_minor)s minor units of this can be booked now.")


class ManualReasonMismatchError(DomainError):
    """The reason is not one of those that this kind of manual entry may have, or has no note.

    Nothing was written. Choose a reason from the list, and say in a note what happened.
    """

    code = "manual_reason_mismatch"
    status = 422
    retry = "new_key"
    detail = _("Choose a reason that fits, and say in the note what happened.")


class NothingToEndError(DomainError):
    """An unfreeze or release names nothing that is frozen or reserved of this merchant's money.

    Nothing was written; no money moved. Name the freeze or reserve that it ends.
    """

    code = "nothing_to_end"
    status = 422
    retry = "new_key"
    detail = _("Name the freeze or the reserve of this merchant that it ends.")


class ManualEntryReasonMissingError(DomainError):
    """A manual entry was to be rejected or withdrawn without a reason.

    Nothing was written. Say why, and do it again.
    """

    code = "manual_entry_reason_missing"
    status = 422
    retry = "new_key"
    detail = _("Say why.")
