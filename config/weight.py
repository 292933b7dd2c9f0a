"""What forms with files may weigh: weighed by their header, before anything unpacks them."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

OVERHEAD_BYTES = 64 * 1024
"""What surrounds a file in a multipart body: boundaries, field names, the CSRF token."""


class WeightMiddleware:
    """Refuse a form with files that is heavier than its view takes, unread.

    It stands before the CSRF check, which unpacks the whole form to find the token. A view says
    what it takes by the attribute `body_bytes_max`; without it a form may weigh
    DATA_UPLOAD_MAX_MEMORY_SIZE, so that nobody fills the disk by posting files to a page that
    wants none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; it is weighed once its view is known."""
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: list[Any],
        kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        """Answer 413 to what is too heavy, or does not say its weight."""
        if request.content_type != "multipart/form-data":
            return None
        bytes_max: int = getattr(view, "body_bytes_max", settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        weight = request.META.get("CONTENT_LENGTH") or ""
        if weight.isdecimal() and int(weight) <= bytes_max + OVERHEAD_BYTES:
            return None
        text = _("The file is too large: at most %(megabytes)s MiB are read. Nothing was done.")
        return HttpResponse(
            text % {"megabytes": bytes_max // 2**20},
            status=413,
            content_type="text/plain; charset=utf-8",
        )
