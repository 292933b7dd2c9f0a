"""Whether the signed-in person has proved anew, in the last minutes, that they are here."""

import time

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

PASSWORD = "password"  # noqa: S105  what allauth calls the way
SECOND_FACTOR = "mfa"


def has_proved(request: HttpRequest, *, user: User) -> bool:
    """Tell whether they showed their second factor, or their sign-in password if they have none.

    Signing in does not count: it must have been asked anew.
    """
    wanted = SECOND_FACTOR if is_mfa_enabled(user) else PASSWORD
    shown = [
        record
        for record in get_authentication_records(request, user)
        if record.get("method") == wanted and record.get("reauthenticated")
    ]
    if not shown:
        return False
    # The machine's clock against the machine's clock: no business is decided by it.
    seconds = time.time() - shown[-1]["at"]  # noqa: TID251
    return bool(0 <= seconds < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def proof_url(request: HttpRequest, *, user: User) -> str:
    """Return where they prove it, and come back from."""
    name = "mfa_reauthenticate" if is_mfa_enabled(user) else "account_reauthenticate"
    return f"{reverse(name)}?{urlencode({'next': request.path})}"
