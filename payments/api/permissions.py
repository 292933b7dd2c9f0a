"""What a credential may do: the scope of each door, and who may write at all."""

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from payments.api.principal import Principal
from payments.api.requests import caller
from payments.errors import BearerMayNotWriteError, MissingScopeError
from payments.models import CredentialKind

ANY_SCOPE = ""
"""Stands in a view's `scopes` where every genuine credential may come in."""


class IsPrincipal(BasePermission):
    """Let in whoever proved to be a partner's system."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether there is a principal; without one the answer is 401."""
        user: object = request.user
        return isinstance(user, Principal)


class MayWrite(BasePermission):
    """Refuse to let a bearer secret write, unless this deployment is a sandbox."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True, or raise BearerMayNotWriteError."""
        if request.method in SAFE_METHODS or _action(view) is None or settings.SANDBOX:
            return True
        if caller(request).credential.kind == CredentialKind.BEARER:
            raise BearerMayNotWriteError
        return True


class HasScope(BasePermission):
    """Ask for the scope that the view's `scopes` names for its action; unnamed is refused."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True, or raise MissingScopeError."""
        action = _action(view)
        if action is None:
            return True  # an unknown method: the answer is 405
        scopes: dict[str, str] = getattr(view, "scopes", {})
        scope = scopes.get(action)
        if scope is None:
            return False
        if scope != ANY_SCOPE and not caller(request).has_scope(scope):
            raise MissingScopeError(scope=scope)
        return True


def _action(view: APIView) -> str | None:
    action: str | None = getattr(view, "action", None)
    return None if action == "metadata" else action
