"""The bare address of the deployment, which sends everyone to their own door."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def doorstep(request: HttpRequest) -> HttpResponseRedirect:
    """Send staff to the back office, merchants to the portal, and strangers to the sign-in."""
    return HttpResponseRedirect(_door_of(request.user))


def _door_of(user: AbstractBaseUser | AnonymousUser) -> str:
    if not user.is_authenticated:
        return "/accounts/login/"
    return "/admin/" if getattr(user, "is_staff", False) else "/portal/"
