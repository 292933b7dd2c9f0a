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


# --- bills (what the files themselves can be refused for is in settlements/bills) ---------------


class WrongBankAccountError(DomainError):
    """A file is about another account or currency than the one it is imported for.

    Nothing was written. Import it for the account that it names.
    """

    code = "wrong_bank_account"
    status = 422
    retry = "new_key"
    detail = _("The file is about another bank account or currency. Nothing was booked.")


class BillMessageReusedError(DomainError):
    """The bank used the number of an earlier file for one that says something else.

    Nothing was written; the first file stands. Ask the bank which one is right.
    """

    code = "bill_message_reused"
    status = 409
    detail = _("Another file with the number %(message_id)s says something else.")


# --- statements ---------------------------------------------------------------------------------


class InvalidPositionError(DomainError):
    """A place in a statement is not one that a page has named.

    Nothing was written. Begin with the first page.
    """

    code = "invalid_position"
    status = 422
    retry = "new_key"
    detail = _("There is no such page of the statement.")
