"""What a request carries for doors: who calls, when, from where, under which id."""

from datetime import datetime
from typing import Protocol, runtime_checkable

from django.http import HttpRequest
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from payments.api.principal import Principal


@runtime_checkable
class Seen(Protocol):
    """What the middleware wrote on a request. `at` is aware UTC; `client_ip` may be empty."""

    at: datetime
    client_ip: str
    request_id: str


def seen(request: HttpRequest | Request) -> Seen:
    """Return the request as the middleware left it."""
    assert isinstance(request, Seen), "config.middleware.RequestContextMiddleware is missing"
    return request


def caller(request: Request) -> Principal:
    """Return who is calling. Raises NotAuthenticated."""
    user: object = request.user
    if not isinstance(user, Principal):
        raise NotAuthenticated
    return user
