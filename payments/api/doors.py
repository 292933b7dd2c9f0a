"""What every door of the partner API has in common: who may, how it refuses, what it caches."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import mixins
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from ledger.errors import DomainError
from ledger.identifiers import is_id
from payments.actions.idempotency import Answer
from payments.api.idempotency import answer_once, note_refusal
from payments.api.permissions import HasScope, IsPrincipal, MayWrite
from payments.api.principal import Principal
from payments.api.requests import caller
from payments.errors import LengthRequiredError

# Refusals of these kinds say something about who asked for money, and are kept.
_AUDITED = frozenset({403, 409, 422})


class Door(GenericViewSet[Any]):
    """A set of addresses for one noun.

    `scopes` names the scope of each action, `deeds` what the audit trail calls those that write.
    `id_prefix` is what the noun's ids begin with; any other id is not looked for.
    """

    permission_classes = (IsPrincipal, MayWrite, HasScope)
    http_method_names = ["get", "head", "post"]
    lookup_value_regex = "[^/]+"

    scopes: ClassVar[Mapping[str, str]] = {}
    deeds: ClassVar[Mapping[str, str]] = {}
    id_prefix: ClassVar[str] = ""

    @property
    def principal(self) -> Principal:
        """Return the caller."""
        return caller(self.request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let in who may. Raises LengthRequiredError for a body that has no announced end."""
        super().initial(request, *args, **kwargs)
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            raise LengthRequiredError

    def get_object(self) -> Any:
        """Return the row that the address names, if the caller may see it.

        Raises NotFound, which reads the same for foreign, missing and malformed ids.
        """
        object_id = self.kwargs[self.lookup_field]
        if not is_id(self.id_prefix, object_id):
            raise NotFound
        row = self.get_queryset().filter(pk=object_id).first()
        if row is None:
            raise NotFound
        return row

    def answer_once(
        self, request: Request, *, deed: Callable[[], Answer], subject: str
    ) -> Response:
        """Carry a deed out once per Idempotency-Key, its final refusals included."""
        return answer_once(
            request,
            deed=deed,
            explain=self._explained,
            action=self.deeds[self.action],
            subject=subject,
        )

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a refusal, and keep those about money in the audit trail."""
        response = super().handle_exception(exc)
        action = self.deeds.get(getattr(self, "action", None) or "")
        if action and isinstance(exc, DomainError) and _is_kept(exc):
            subject = self.kwargs.get(self.lookup_field) or self.principal.credential.pk
            note_refusal(self.request, exc, action=action, subject=subject[:90])
        return response

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Keep answers about money out of every cache."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    def _explained(self, error: DomainError) -> Answer:
        """Return a refusal's problem; how one looks is the wiring's business (settings)."""
        response = self.get_exception_handler()(error, self.get_exception_handler_context())
        assert response is not None
        assert response.data is not None
        return response.status_code, dict(response.data)


def _is_kept(error: DomainError) -> bool:
    return error.status in _AUDITED and error.retry != "same_key"


class ListDoor(mixins.ListModelMixin, Door):
    """A noun that can be listed."""


class ReadDoor(mixins.RetrieveModelMixin, ListDoor):
    """A noun that can be listed and read one by one."""


def of_merchant(queryset: QuerySet[Any, Any], principal: Principal) -> QuerySet[Any, Any]:
    """Narrow rows that have a `merchant` to those that the caller may see."""
    if principal.is_platform:
        return queryset
    if principal.merchant_id is None:
        return queryset.none()
    return queryset.filter(merchant_id=principal.merchant_id)
