"""Say what can be refused when rules of routing are made, and scenes closed and opened."""

from django.utils.translation import gettext_lazy as _

from ledger.errors import DomainError


class RoutingNotFoundError(DomainError):
    """There is no such routing rule.

    Nothing was written. Check the id.
    """

    code = "routing_rule_not_found"
    status = 404
    detail = _("There is no such routing rule.")


class RoutingMismatchError(DomainError):
    """A rule sends payments to an account that could not take them, or fits none at all.

    Nothing was written. Check account, currency, method, amounts and times.
    """

    code = "routing_mismatch"
    status = 422
    retry = "new_key"
    detail = _("The account cannot take such payments, or no payment fits the rule.")


class RoutingReasonMissingError(DomainError):
    """Routing was to be changed without a reason.

    Nothing was written. Say why.
    """

    code = "routing_reason_missing"
    status = 422
    retry = "new_key"
    detail = _("Say why.")


class SceneClosedError(DomainError):
    """The scene is closed there already.

    Nothing was written. It stays closed until somebody opens it.
    """

    code = "scene_closed"
    status = 409
    detail = _("This scene is closed there already.")


class SceneNotClosedError(DomainError):
    """The scene is not closed, or has been opened again.

    Nothing was written.
    """

    code = "scene_not_closed"
    status = 409
    detail = _("This scene is not closed.")
