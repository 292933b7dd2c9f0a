"""Say what can be refused when money is paid out."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError

# --- settlements --------------------------------------------------------------------------------


class SettlementNotFoundError(DomainError):
    """There is no such settlement, or the caller may not see it: both answer alike.

    Nothing was written. Check the id.
    """

    code = "settlement_not_found"
    status = 404
    detail = _("There is no such settlement.")


class LinesChangedError(DomainError):
    """A merchant's lines changed while a settlement of them was being drafted.

    Nothing was written. The run tries the same merchants again by itself.
    """

    code = "lines_changed"
    status = 409
    retry = "same_key"
    detail = _("The merchant's lines changed in the meantime. Try again.")


class ReasonMissingError(DomainError):
    """A deed that needs a reason was asked without one.

    Nothing was written. Say why, and ask again.
    """

    code = "reason_missing"
    status = 422
    retry = "new_key"
    detail = _("Give a reason.")


# --- where the money goes -----------------------------------------------------------------------


class NoDestinationError(DomainError):
    """The merchant has no active account in this currency to which money could go.

    Nothing was written. Register a destination first.
    """

    code = "no_destination"
    status = 409
    retry = "same_key"
    detail = _("The merchant has no bank account in %(currency)s yet.")


class NoBankAccountError(DomainError):
    """None of our bank accounts pays out in this currency.

    Nothing was written. Register and enable a bank account first.
    """

    code = "no_bank_account"
    status = 409
    retry = "same_key"
    detail = _("No bank account of ours pays out in %(currency)s.")


class InvalidAccountNumberError(DomainError):
    """An account number is neither a valid IBAN nor 6 to 34 letters and digits.

    Nothing was written. Correct the number and send it again under a new key.
    """

    code = "invalid_account_number"
    status = 422
    retry = "new_key"
    detail = _("The account number is not valid.")


class InvalidDestinationError(DomainError):
    """The holder's name or the bank's is missing, too long, or holds control characters.

    Nothing was written. Correct it and send it again under a new key.
    """

    code = "invalid_destination"
    status = 422
    retry = "new_key"
    detail = _("The account holder or the bank is missing or too long.")


# --- bills --------------------------------------------------------------------------------------


class BillRefusedError(DomainError):
    """A bank's file cannot be relied on. Subclasses say why.

    Nothing was written. Fetch the file from the bank again.
    """

    code = "bill_refused"
    status = 422
    retry = "new_key"
    detail = _("The bank's file was refused.")


class BillTooLargeError(BillRefusedError):
    """A file is larger than any genuine bill; it was not even read.

    Nothing was written. Ask the bank for several files.
    """

    code = "bill_too_large"
    status = 413
    detail = _("The file is too large: at most %(megabytes)s MiB are read.")


class BillUnreadableError(BillRefusedError):
    """A file is not well-formed, or not a kind of bill that is known here.

    Nothing was written. Check that it is a pain.002 or camt.053 file of the bank.
    """

    code = "bill_unreadable"
    detail = _("The file cannot be read as a bank's bill: %(reason)s")


class BillBalanceError(BillRefusedError):
    """A statement's opening balance and movements do not add up to its closing balance.

    Nothing was written: lines are missing or doubled. Fetch the file from the bank again.
    """

    code = "bill_balance"
    detail = _("The balances of the statement do not add up; the file is not complete.")


class WrongBankAccountError(BillRefusedError):
    """A file is about another account or currency than the one it is imported for.

    Nothing was written. Import it for the account that it names.
    """

    code = "wrong_bank_account"
    detail = _("The file is about another account or currency.")


class BillMessageReusedError(BillRefusedError):
    """The bank used the number of an earlier file for one that says something else.

    Nothing was written; the first file stands. Ask the bank which one is right.
    """

    code = "bill_message_reused"
    status = 409
    retry = "do_not"
    detail = _("A different file with the same number was imported before.")
