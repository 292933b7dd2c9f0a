"""Say what can be refused when terms are changed."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class FeePlanExistsError(DomainError):
    """A first version was asked of a plan that has one already, be it by the name of another.

    Nothing was written. A new version of a plan is asked for by one and agreed to by another, on
    that plan's own page.
    """

    code = "fee_plan_exists"
    status = 409
    detail = _("There is a fee plan called %(name)s already: ask for its next version.")


class TermsNotFoundError(DomainError):
    """What the terms are about, or the plan that they name, is not there.

    Nothing was written. Check what is named.
    """

    code = "terms_not_found"
    status = 404
    detail = _("There is nothing with such terms, or no such plan.")


class TermsUnchangedError(DomainError):
    """The terms that are asked for are those that are in force.

    Nothing was written. Nobody has to agree to what is so already.
    """

    code = "terms_unchanged"
    status = 409
    detail = _("These terms are in force already.")


class TermsNotAskedError(DomainError):
    """Nobody waits for a decision on these terms.

    Nothing was written. They may have been decided on by somebody else: look at them again.
    """

    code = "terms_not_asked"
    status = 409
    detail = _("Nobody has asked for other terms here, or they were decided on.")


class TermsReasonMissingError(DomainError):
    """Terms were asked for, or refused, without saying why.

    Nothing was written. Say why, and send it again.
    """

    code = "terms_reason_missing"
    status = 422
    retry = "new_key"
    detail = _("Say why the terms are changed, or why not.")
