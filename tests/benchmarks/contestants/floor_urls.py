"""The floor: what DRF costs anyway. A header says who calls, a serializer reads, a row is kept."""

from django.db import connection
from django.urls import path
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

SECRET = "Bearer floor"
TABLE = "CREATE TABLE bench_floor (id bigserial PRIMARY KEY, number text, amount bigint, note text)"
INSERT = "INSERT INTO bench_floor (number, amount, note) VALUES (%s, %s, %s) RETURNING id"


class Order(serializers.Serializer):
    """As many fields as an order has that is worth reading."""

    number = serializers.CharField(max_length=64)
    amount = serializers.IntegerField(min_value=1)
    currency = serializers.ChoiceField(choices=["CNY", "USD"])
    note = serializers.CharField(max_length=120)


class HeaderAuthentication(BaseAuthentication):
    """Whoever knows the one secret."""

    def authenticate(self, request: Request):
        """Compare the header."""
        if request.META.get("HTTP_AUTHORIZATION") != SECRET:
            raise AuthenticationFailed
        return "floor", None


class Floor(APIView):
    """Take an order and keep it as one row."""

    authentication_classes = (HeaderAuthentication,)
    permission_classes = (AllowAny,)
    renderer_classes = (JSONRenderer,)
    throttle_classes = ()

    def post(self, request: Request) -> Response:
        """Read, write one row, answer."""
        order = Order(data=request.data)
        order.is_valid(raise_exception=True)
        read = order.validated_data
        with connection.cursor() as cursor:
            cursor.execute(INSERT, (read["number"], read["amount"], read["note"]))
            (row_id,) = cursor.fetchone()
        return Response({"id": row_id}, status=201)


urlpatterns = [path("orders", Floor.as_view())]
