"""Say what can be refused when keys of a channel account are entered or agreed to."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class UnusableKeyError(DomainError):
    """A key that was entered is not one of RSA in PEM, or is too short, or nothing was entered.

    Nothing was written. Enter the key again, 2048 bits or more, as PEM without a password.
    """

    code = "unusable_key"
    status = 422
    retry = "new_key"
    detail = _("The %(setting)s cannot be used.")


class KeysNotAskedError(DomainError):
    """There are no such keys that wait for another person.

    Nothing was written. They were decided on already, or never entered.
    """

    code = "keys_not_asked"
    status = 409
    detail = _("No such keys wait for another person.")
