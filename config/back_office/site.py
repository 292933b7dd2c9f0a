"""The back office's site: whose pages it takes, how one gets in, which zone it speaks."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

if TYPE_CHECKING:
    from ledger.admin.asking import DoorRequest

# What the theme needs: Alpine evaluates attributes, and colours and sizes stand in styles.
RELAXED_POLICY = {
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}


class BackOffice(UnfoldAdminSite):
    """The only admin site. Only read-only pages of ours are let in."""

    site_title = _("Tianping")
    index_title = _("Home")
    index_template = "admin/home.html"
    enable_nav_sidebar = True

    def __init__(self, name: str = "admin") -> None:
        """Offer no deed that is not a button of ours."""
        super().__init__(name)
        self.disable_action("delete_selected")

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: "type[ModelAdmin[Any]] | None" = None,
        **options: Any,
    ) -> None:
        """Take pages of ours; what third parties bring could be edited, and is left out."""
        from ledger.admin.append_only import ReadOnlyAdmin  # pages import the site: not yet there

        if admin_class is not None and issubclass(admin_class, ReadOnlyAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def admin_view(  # type: ignore[override]  # Django's own type is private
        self, view: Callable[..., HttpResponse], cacheable: bool = False
    ) -> Callable[..., HttpResponse]:
        """Let a view speak in BUSINESS_TIME_ZONE, and let the theme's scripts run on its page."""
        guarded = super().admin_view(view, cacheable)

        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            with timezone.override(settings.BUSINESS_TIME_ZONE):
                response: HttpResponse = guarded(request, *args, **kwargs)
                if isinstance(response, TemplateResponse):
                    response.render()
            response._csp_update = RELAXED_POLICY  # type: ignore[attr-defined]  # noqa: SLF001
            return response

        # Django looks at the view that it calls for marks such as `csrf_exempt`.
        shown.__dict__ |= guarded.__dict__
        return shown

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Answer the search box: lists by name, and rows by any of their numbers."""
        from config.back_office import search  # it draws as pages do, and pages import the site

        template = "unfold/helpers/search_results.html"
        return TemplateResponse(request, template, {"results": search.found(request)})

    def password_change(  # type: ignore[override]  # Django promises a form of its own
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send people to the one page that changes passwords; it limits how often one may try."""
        return HttpResponseRedirect(reverse("account_change_password"))

    @method_decorator(secure_admin_login)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send people to the one sign-in; the admin's own knows no rate limit or second factor."""
        response: HttpResponse = super().login(request, extra_context)
        return response

    def index(  # type: ignore[override]  # our middleware made more of the request
        self, request: "DoorRequest", extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show what waits for this person, and the money of the last days."""
        from config.back_office import home  # it draws as pages do, and pages import the site

        return super().index(request, {**(extra_context or {}), **home.board(request)})
