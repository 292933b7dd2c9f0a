"""What is asked of doors: functions from what they look at to sentences about what is wrong."""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver

from tests.architecture.sources import APPS, DOORS, Source
from tests.instants import NOON


@dataclass(frozen=True, slots=True)
class Address:
    """One address of the deployment: its pattern from the root, and the view that answers."""

    route: str
    view: Callable[..., HttpResponse]
    parameters: tuple[str, ...]


class AnybodyAtAll:
    """A superuser of whom nothing is stored: whatever may be done, they may."""

    is_active = is_staff = is_superuser = is_authenticated = True
    pk = id = 1

    def has_perm(self, *_args: object) -> bool:
        return True

    def has_module_perms(self, *_args: object) -> bool:
        return True


def addresses(patterns: Iterable[URLPattern | URLResolver], prefix: str = "") -> Iterator[Address]:
    """Return every address under some patterns."""
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, route)
        else:
            groups = tuple(entry.pattern.regex.groupindex)
            yield Address(route, entry.callback, groups)


def doors_of_another_kind(source: Source) -> Iterator[str]:
    """A door imports doors of its own kind alone, of its app or one below."""
    if not source.is_door:
        return
    kind = "admin" if source.floor == "back_office" else source.floor
    for node in ast.walk(source.tree):
        for name in _imported(node):
            parts = name.split(".")
            if parts[0] in APPS and parts[1:] and parts[1] in DOORS and parts[1] != kind:
                yield f"{source.at(node)}: {kind} imports {name}"


def writable_pages(site: AdminSite) -> Iterator[str]:
    """Pages of the back office let nobody add, change or delete a row."""
    for model, page in site._registry.items():
        request = _request_of(AnybodyAtAll())
        if page.has_add_permission(request):
            yield f"{model.__name__} can be added"
        if page.has_change_permission(request):
            yield f"{model.__name__} can be changed"
        if page.has_delete_permission(request):
            yield f"{model.__name__} can be deleted"
        if page.list_editable:
            yield f"{model.__name__} can be edited in its list"
        if "delete_selected" in page.get_actions(request):
            yield f"{model.__name__} can be deleted by ticking it"
        yield from _writable_inlines(page, request)


def _writable_inlines(page: "ModelAdmin[Any]", request: HttpRequest) -> Iterator[str]:
    for inline in page.get_inline_instances(request):
        may = (
            inline.has_add_permission(request, None),
            inline.has_change_permission(request),
            inline.has_delete_permission(request),
        )
        if any(may):
            yield f"{type(inline).__name__} lets rows be written"


def open_to_nobody_in_particular(found: Iterable[Address]) -> Iterator[str]:
    """Every address of the partner API asks who is calling, whatever the method."""
    for address in found:
        for method in ("GET", "POST"):
            request = _request_of(None, method=method)
            answer = address.view(request, **dict.fromkeys(address.parameters, "x"))
            if answer.status_code != HTTPStatus.UNAUTHORIZED:
                yield f"{address.route} answers {method} with {answer.status_code}"


def without_csrf(found: Iterable[Address]) -> Iterator[str]:
    """A POST without the token is refused before the view sees it."""
    guard = CsrfViewMiddleware(lambda _request: HttpResponse())
    for address in found:
        request = _request_of(None, method="POST")
        refusal = guard.process_view(request, address.view, (), {})
        if refusal is None:
            yield address.route


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _request_of(user: object, *, method: str = "GET") -> Any:
    request: Any = RequestFactory().generic(method, "/somewhere", content_type="application/json")
    request.user = user
    request.at = NOON
    request.client_ip = "203.0.113.7"
    request.request_id = "req-architecture"
    return request
