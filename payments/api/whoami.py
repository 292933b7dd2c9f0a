"""`/v1/whoami`: who we think the caller is, and what we saw of the request."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from payments.api.doors import Door
from payments.api.permissions import ANY_SCOPE
from payments.api.requests import seen


class SeenSerializer(serializers.Serializer[Any]):
    """What we saw of the request: compare it with what you meant to send."""

    method = serializers.CharField()
    path = serializers.CharField()
    client_ip = serializers.CharField()
    at = serializers.DateTimeField()
    request_id = serializers.CharField()


class WhoamiSerializer(serializers.Serializer[Any]):
    """The caller's credential, without its secret. `merchant_id` is null for the platform's."""

    id = serializers.CharField()
    object = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    merchant_id = serializers.CharField(allow_null=True)
    scopes = serializers.ListField(child=serializers.CharField())
    allowed_networks = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    seen = SeenSerializer()


class WhoamiDoor(Door):
    """The caller. Any genuine credential may ask."""

    scopes = {"retrieve": ANY_SCOPE}
    serializer_class = WhoamiSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(summary=_("Show the caller"), responses={200: WhoamiSerializer})
    def retrieve(self, request: Request) -> Response:
        """Say who is calling, and what we saw."""
        credential = self.principal.credential
        context = seen(request)
        return Response(
            WhoamiSerializer(
                {
                    "id": credential.pk,
                    "object": "credential",
                    "name": credential.name,
                    "kind": credential.kind,
                    "merchant_id": credential.merchant_id,
                    "scopes": credential.scopes,
                    "allowed_networks": credential.allowed_networks,
                    "created_at": credential.created_at,
                    "expires_at": credential.expires_at,
                    "seen": {
                        "method": request.method,
                        "path": request.path,
                        "client_ip": context.client_ip,
                        "at": context.at,
                        "request_id": context.request_id,
                    },
                }
            ).data
        )
