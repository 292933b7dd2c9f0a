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


class KeysDoNotFitError(UnusableKeyError):
    """Keys that were entered do not fit each other, or the account: it could not work with them.

    Nothing was written. Enter together what belongs together: at Alipay our key's serial, the root
    certificates' serials and Alipay's certificate, or none of the three and Alipay's public key;
    at WeChat Pay the key's id with the public key, or certificates alone.
    """

    code = "keys_do_not_fit"
    detail = _(
        "The account could not work with these keys: %(why)s Enter together what belongs together:"
        " certificates with all their serials, or a public key without."
    )


class KeysNotAskedError(DomainError):
    """There are no such keys that wait for another person.

    Nothing was written. They were decided on already, or never entered.
    """

    code = "keys_not_asked"
    status = 409
    detail = _("No such keys wait for another person.")
