"""A second factor that was shown just now: what approving money asks for."""

import time
from datetime import UTC, datetime

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

NOT_ASKED = "not asked"
"""What a decision carries where a sandbox asks for no second factor."""


def fresh_second_factor(request: HttpRequest) -> str | None:
    """Say which second factor this person showed within the last minutes, or None.

    Signing in does not count, nor does a password: they must have been asked anew. What is
    returned goes into the decision: the kind and the machine's instant (UTC), as `totp 2026-…`.
    Where STAFF_SECOND_FACTOR is off, in a sandbox, nothing is asked, and the text says that.
    """
    if not settings.STAFF_SECOND_FACTOR:
        return NOT_ASKED
    if isinstance(request.user, AnonymousUser):
        return None
    records = get_authentication_records(request, request.user)
    shown = [
        record
        for record in records
        if record.get("method") == "mfa" and record.get("reauthenticated")
    ]
    if not shown:
        return None
    at = shown[-1]["at"]
    # The machine's clock against the machine's clock: no business is decided by it.
    if not 0 <= time.time() - at < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:  # noqa: TID251
        return None
    moment = datetime.fromtimestamp(at, tz=UTC)
    return f"{shown[-1].get('type', 'mfa')} {moment:%Y-%m-%dT%H:%M:%SZ}"


def ask_second_factor(request: HttpRequest, *, then: str) -> HttpResponseRedirect:
    """Send a person to show their second factor, and back to the address `then`."""
    return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': then})}")
