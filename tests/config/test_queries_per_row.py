"""The rig notices a page that asks the database row by row."""

import pytest
import zeal
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import RequestFactory
from zeal.middleware import zeal_middleware


@pytest.mark.django_db
def test_refuses_a_view_with_a_query_per_row():
    def view(_request):
        return HttpResponse(", ".join(p.content_type.model for p in Permission.objects.all()))

    with pytest.raises(zeal.NPlusOneError):
        zeal_middleware(view)(RequestFactory().get("/"))


def test_stands_in_front_of_every_request(settings):
    assert settings.MIDDLEWARE[0] == "zeal.middleware.zeal_middleware"
