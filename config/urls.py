"""Every address that this deployment answers."""

from importlib.util import find_spec

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import doorstep, health

# One way in: the back office's own form would know neither rate limits nor the second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", doorstep.doorstep, name="doorstep"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


for prefix, module in (
    ("v1/", "config.api.urls"),
    ("portal/", "payments.portal.urls"),
    ("portal/", "settlements.portal.urls"),
    ("notify/", "payments.api.notifications"),
):
    if _exists(module):
        urlpatterns.append(path(prefix, include(module)))
