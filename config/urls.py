"""Every address that this deployment answers."""

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
    path("v1/", include("config.api.urls")),
    path("portal/", include("payments.portal.urls")),
    path("portal/", include("risk.portal.urls")),
    path("portal/", include("settlements.portal.urls")),
    path("checkout/", include("payments.checkout.urls")),
    path("checkout/", include("risk.checkout.urls")),
    path("notify/", include("payments.api.notifications")),
]
