"""No card number comes in: one guard at every door, before anything is read or written.

A payer types the card in at the channel's own page. Whoever sends its number here, in a body, an
address or a header, is refused, and nothing is written, not even in the log.

Where the guard does not look:

- `account_no` in bodies, where a bank account is meant: those may well look like a card.
- `accNo` in the forms of UnionPay, and only at its own doors: an account may be set up so that
  notifications tell the card's number. They are verified and kept without it; what a payer's
  browser brings back is not read at all.
- `merId` in forms, by which UnionPay names us: fifteen digits, of which one in ten looks like one.
- what staff search for, and the files that staff upload: statements are full of accounts.
- cookies, which are other people's numbers, and of which none is kept.
- a body heavier than any view reads: its view refuses it.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from typing import Final
from urllib.parse import unquote_plus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from config.api.errors import CONTENT_TYPE, Problem, document
from ledger.card_numbers import has_card_number
from payments.channels.base import without_card_numbers
from payments.channels.registry import TRAITS
from payments.queries.notifications import card_fields_of

CARD_NUMBER: Final = Problem(
    "card_number_refused",
    422,
    _(
        "The request has something in it that is a bank card's number. None may come here: the "
        "payer types it in at the channel. Nothing was read or written."
    ),
    retry="new_key",
)

_FORM: Final = "application/x-www-form-urlencoded"
_NOTIFIED: Final = re.compile(r"/notify/([^/]+)/")
_BROUGHT_BACK: Final = re.compile(r"/checkout/back/[^/]+/")
_STAFF: Final = "/admin/"
_ACCOUNTS: Final = re.compile(
    r'"account_no"\s*:\s*"[^"]*"|(?:^|(?<=&))(?:account_no=[^&]*|merId=[4-9][0-9]{14}(?![^&]))'
)
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_UNREAD_HEADERS: Final = frozenset({"HTTP_COOKIE"})


class CardNumberMiddleware:
    """Refuse what has a card number in it. It stands before all that keeps anything."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 422 in the words of the door that was knocked at, or pass the request on."""
        if any(has_card_number(text) for text in _texts(request)) and any(
            has_card_number(text) for text in _texts(request, told=_told_fields(request))
        ):
            return _refusal(request)
        return self.get_response(request)


def _texts(request: HttpRequest, *, told: Collection[str] = ()) -> Iterator[str]:
    """Give what comes with a request, as it would be read, but for the fields that are `told`."""
    yield request.path
    is_staff = request.path.startswith(_STAFF)
    if not is_staff:
        yield _plain(unquote_plus(request.META.get("QUERY_STRING", "")))
    for name, value in request.META.items():
        if name.startswith("HTTP_") and name not in _UNREAD_HEADERS and isinstance(value, str):
            yield value
    weight = request.META.get("CONTENT_LENGTH") or "0"
    is_upload = is_staff and request.content_type == "multipart/form-data"
    is_light = weight.isdecimal() and 0 < int(weight) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if is_light and not is_upload:
        yield _body(request, told=told)


def _told_fields(request: HttpRequest) -> frozenset[str]:
    """Return the fields of this form in which a channel itself may tell a card's number."""
    if request.method != "POST" or request.content_type != _FORM:
        return frozenset()
    if door := _NOTIFIED.fullmatch(request.path):
        return card_fields_of(door[1])
    if _BROUGHT_BACK.fullmatch(request.path):
        return frozenset().union(*(traits.card_fields for traits in TRAITS.values()))
    return frozenset()


def _body(request: HttpRequest, *, told: Collection[str]) -> str:
    """Give a body as text, without the bank accounts in it and the fields that are `told`."""
    body = without_card_numbers(request.body, fields=told)
    text = _ACCOUNTS.sub("", body.decode("utf-8", "replace"))
    if request.content_type == _FORM:
        text = unquote_plus(text)
    return _plain(text)


def _plain(text: str) -> str:
    """Undo what a reader would undo: digits written as JSON escapes or in full width."""
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _refusal(request: HttpRequest) -> HttpResponse:
    """Say it as problem+json to programs, as a page to people."""
    if request.path.startswith("/v1/"):
        told = document(CARD_NUMBER, request_id=getattr(request, "request_id", ""))
        return JsonResponse(told, status=CARD_NUMBER.status, content_type=CONTENT_TYPE)
    if request.path.startswith("/notify/"):
        return HttpResponse(b"fail", status=CARD_NUMBER.status, content_type="text/plain")
    return render(request, "card_number.html", status=CARD_NUMBER.status)
