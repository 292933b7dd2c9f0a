"""Who may open a checkout page: whoever has a link, or the one browser of a payer's session."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from payments.actions import payer_sessions
from payments.models import PayerSession
from payments.queries.payer_sessions import FoundSession, digest_of, session_of

BROWSER_SECONDS = 60 * 60
"""How long a browser keeps the secret of a session, which is over before."""

Parameters = ParamSpec("Parameters")


class CheckoutRequest(HttpRequest):
    """A request as our middleware leaves it: when it came, and from where."""

    at: datetime
    client_ip: str
    request_id: str


class Reason(StrEnum):
    """Why a page is not shown; the payer reads what to do instead."""

    OVER = "over"
    OTHER_BROWSER = "other_browser"


class SessionRefused(PermissionDenied):
    """A payer's session is over, or bound to another browser. `checkout_door` shows why."""

    def __init__(self, reason: Reason) -> None:
        """Keep why."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Entry:
    """A session that this browser may see, and the secret to keep if it opened it just now."""

    session: PayerSession
    fresh_secret: str = field(default="", repr=False)


def opened_session(request: HttpRequest, token: str) -> PayerSession:
    """Return the session of an address that this browser has opened before, or a payment link.

    Raises Http404 if there is none, SessionRefused if it is over or another browser's.
    """
    session = _found(token).session
    if session.payer_id is not None and not _is_bound_to(session, request):
        raise SessionRefused(Reason.OTHER_BROWSER)
    return session


def enter(request: CheckoutRequest, token: str) -> Entry:
    """Open a session: the first browser that does so is the payer's.

    Each session has a secret and a cookie of its own: two first tabs of one browser would take
    a common one from each other. A HEAD opens nothing: chats ask so about links that people send.

    Raises Http404 if there is none, SessionRefused if it is over or another browser's.
    """
    session = _found(token).session
    is_glance = request.method == "HEAD" and session.browser_sha256 is None
    if session.payer_id is None or _is_bound_to(session, request) or is_glance:
        return Entry(session)
    fresh_secret = secrets.token_urlsafe(32)
    is_ours = session.browser_sha256 is None and payer_sessions.bind_session(
        session,
        browser=fresh_secret,
        client_ip=request.client_ip or None,
        at=request.at,
    )
    if not is_ours:
        raise SessionRefused(Reason.OTHER_BROWSER)
    return Entry(session, fresh_secret)


def keep_secret(response: HttpResponse, entry: Entry) -> None:
    """Have the browser keep the secret: for this host alone, and out of reach of scripts."""
    response.set_cookie(
        _cookie_name(entry.session),
        entry.fresh_secret,
        max_age=BROWSER_SECONDS,
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def checkout_door(
    view: Callable[Concatenate[CheckoutRequest, Parameters], HttpResponse],
) -> Callable[Concatenate[CheckoutRequest, Parameters], HttpResponse]:
    """Show a refused session's reason as a page, and keep checkout pages out of caches."""

    @never_cache
    @wraps(view)
    def guarded(
        request: CheckoutRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except SessionRefused as refused:
            context = {"reason": refused.reason.value}
            return render(request, "checkout/refused.html", context, status=403)

    return guarded


def _found(token: str) -> FoundSession:
    found = session_of(token)
    if found is None:
        raise Http404
    if found.is_over:
        raise SessionRefused(Reason.OVER)
    return found


def _is_bound_to(session: PayerSession, request: HttpRequest) -> bool:
    bound = session.browser_sha256
    secret = request.COOKIES.get(_cookie_name(session), "")
    return bound is not None and secrets.compare_digest(bytes(bound), digest_of(secret))


def _cookie_name(session: PayerSession) -> str:
    """Name the session's cookie: by TLS browsers hold it to this very host."""
    prefix = "__Host-" if settings.SESSION_COOKIE_SECURE else ""
    return f"{prefix}tianping_{session.pk}"
