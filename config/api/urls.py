"""Every address of the partner API, `/v1/`."""

from django.urls import include, path, re_path
from django.views.generic import RedirectView

from config.api import docs

urlpatterns = [
    path("openapi.json", docs.openapi, name="api-schema"),
    path("docs", RedirectView.as_view(pattern_name="api-docs")),
    path("docs/", docs.console, name="api-docs"),
    path("docs/errors", docs.error_list, name="api-errors"),
    path("", include("payments.api.urls")),
    path("", include("settlements.api.urls")),
    re_path(r"^.*$", docs.NoSuchAddress.as_view()),
]
