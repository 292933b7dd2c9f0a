"""Where channels call us. No session, no credential: the signature in the message decides."""

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from ledger.identifiers import is_id
from payments.actions.notifications import receive_notification
from payments.api.requests import seen
from payments.channels.registry import TRAITS
from payments.errors import (
    NotificationNotJudgedError,
    NotificationRefusedError,
    UnknownChannelAccountError,
)

BODY_BYTES_MAX = 64 * 1024
PLAIN = "text/plain; charset=utf-8"


@method_decorator(csrf_exempt, name="dispatch")
class NotificationDoor(View):
    """One channel account's door: take a message, verify it, say what the channel wants to hear.

    It is kept before it is believed, and a genuine one only makes us ask the channel. Where we
    cannot keep it the channel hears of a fault of ours, and repeats it.
    """

    http_method_names = ["post"]

    def post(self, request: HttpRequest, channel_account_id: str) -> HttpResponse:
        """Hand the raw bytes on and answer in the channel's own words, or `fail`."""
        if not is_id("chn", channel_account_id):
            return _fail(404)
        # The server hands over no more than the length that was announced.
        if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_BYTES_MAX:
            return _fail(413)
        context = seen(request)
        try:
            body = request.read()
            answer, content_type = receive_notification(
                channel_account_id,
                headers=dict(request.headers),
                body=body,
                client_ip=context.client_ip or None,
                at=context.at,
            )
        except UnknownChannelAccountError:
            return _fail(404)
        except UnreadablePostError:
            return _fail(400)
        except NotificationRefusedError as error:
            return _refused(error)
        except (NotificationNotJudgedError, OperationalError, InterfaceError):
            return _fail(503)
        return HttpResponse(answer, content_type=content_type)


def _refused(error: NotificationRefusedError) -> HttpResponse:
    """Say no in the words that the channel knows."""
    answer, content_type = TRAITS[str(error.context["channel"])].refusal
    return HttpResponse(answer, status=error.status, content_type=content_type)


def _fail(status: int) -> HttpResponse:
    return HttpResponse("fail", status=status, content_type=PLAIN)


urlpatterns = [
    path("<str:channel_account_id>/", NotificationDoor.as_view(), name="notification"),
]
