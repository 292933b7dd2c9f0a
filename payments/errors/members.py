"""Say what can be refused about the people of merchants."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class StaffMemberError(DomainError):
    """Somebody of our staff shall act for a merchant.

    Nothing was written. Who agrees to merchants' money here never asks for it in the portal under
    another name: the merchant has to name somebody else.
    """

    code = "staff_member"
    status = 409
    detail = _("%(person)s is staff, and nobody is that and acts for a merchant.")
