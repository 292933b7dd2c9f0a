"""Buttons: one deed each, behind its own permission and a page that says what will happen."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, NoReturn, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.append_only import ReadOnlyAdmin, RowT
from ledger.admin.asking import Asking, DoorRequest, asking_of, explained, note_refusal
from ledger.admin.panels import Notice, Panel
from ledger.admin.second_factor import ask_second_factor, fresh_second_factor
from ledger.errors import DomainError
from ledger.queries.approvals import decides_as_head

Words = str | Promise

SubjectT = TypeVar("SubjectT")

REASON_LENGTH_MAX = 500
SUBJECT_LENGTH_MAX = 90


class PlainForm(forms.Form):
    """Nothing to fill in: the button alone says it."""


class ReasonForm(forms.Form):
    """Why it is done; the audit trail keeps it."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The audit trail keeps it with your name."),
    )


class Operation(Generic[SubjectT]):
    """One button. `row` is what its page is about, or None for a button of a list.

    `perform` calls exactly one action and returns what to tell the person, or a response of its
    own. A DomainError of that action is explained, and kept in the audit trail as a refusal.
    """

    name: ClassVar[str]
    """The last part of its address: `submit`."""
    label: ClassVar[Words]
    """What stands on the button, a verb and its noun."""
    explanation: ClassVar[Words] = ""
    """What pressing it will do, in a sentence or two."""
    permission: ClassVar[str]
    deed: ClassVar[str]
    """What the audit trail calls the deed, as in `settlement.submit`."""
    icon: ClassVar[str] = ""
    variant: ClassVar[str] = "default"
    form_class: ClassVar[type[forms.Form]] = PlainForm
    asks_second_factor: ClassVar[bool] = False
    is_button: ClassVar[bool] = True
    """Whether it stands on the page; one for rows that were ticked is reached from the list."""
    body_bytes_max: ClassVar[int | None] = None
    """What a file may weigh; a heavier request is refused before it is read (config/weight.py)."""
    template: ClassVar[str] = "admin/operation_confirm.html"

    def belongs_to(self, model: type[Model]) -> None:
        """Learn, once, whose pages the button stands on."""

    def is_offered(self, row: SubjectT) -> bool:
        """Tell whether the button is shown: whether the row's state allows the deed."""
        return True

    def hindrance(self, request: HttpRequest, row: SubjectT) -> Words:
        """Say why this person cannot press it, or nothing; the action refuses all the same."""
        return ""

    def form(self, request: DoorRequest, row: SubjectT) -> forms.Form:
        """Return the form, filled in when it was sent."""
        if request.method == "POST":
            return self.form_class(request.POST, request.FILES)
        return self.form_class()

    def panels(self, request: HttpRequest, row: SubjectT) -> Sequence[Panel]:
        """Return what will happen, in money."""
        return []

    def hidden(self, request: HttpRequest, row: SubjectT) -> Sequence[tuple[str, str]]:
        """Return what the page sends along unseen, by name: the digest of what it shows."""
        return []

    def perform(
        self, request: DoorRequest, row: SubjectT, form: forms.Form, asking: Asking
    ) -> Words | Sequence[Panel] | HttpResponse:
        """Call the one action, and say what has happened: a sentence, panels, or a response."""
        raise NotImplementedError


class OperationsAdmin(ReadOnlyAdmin[RowT]):
    """Read-only pages with buttons: those of a row's page, and those of the list."""

    row_operations: ClassVar[Sequence[Operation[Any]]] = ()
    list_operations: ClassVar[Sequence[Operation[Any]]] = ()

    def __init__(self, model: type[RowT], admin_site: admin.AdminSite) -> None:
        """Tell the buttons whose they are."""
        super().__init__(model, admin_site)
        for operation in (*self.row_operations, *self.list_operations):
            operation.belongs_to(model)

    def get_urls(self) -> list[URLPattern]:
        """Give each button its address, before Django's own."""
        rows = [
            path(
                f"<path:object_id>/{operation.name}/",
                self._view(operation),
                name=self._name(operation),
            )
            for operation in self.row_operations
        ]
        lists = [
            path(f"{operation.name}/", self._view(operation), name=self._name(operation))
            for operation in self.list_operations
        ]
        return [*lists, *rows, *super().get_urls()]

    def buttons(self, request: HttpRequest, row: RowT | None) -> list[dict[str, Any]]:
        """Return the buttons that this person may press now, as the theme reads them."""
        operations = self.list_operations if row is None else self.row_operations
        return [
            {
                "title": operation.label,
                "icon": operation.icon,
                "variant": operation.variant,
                "attrs": {},
                "path": self.operation_url(operation, row),
            }
            for operation in operations
            if operation.is_button
            and request.user.has_perm(operation.permission)
            and operation.is_offered(row)
        ]

    def changelist_view(  # type: ignore[override]  # the theme promises less than Django
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list with its buttons."""
        response: HttpResponse = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data["actions_list"] = self.buttons(request, None)
        return response

    def audit_subject(self, key: str) -> str:
        """Return how the audit trail names the row of a key; ids of ours speak for themselves."""
        return key

    def operation_url(self, operation: Operation[Any], row: RowT | None) -> str:
        """Return the address of a button's page."""
        arguments = [] if row is None else [row.pk]
        return reverse(f"admin:{self._name(operation)}", args=arguments)

    def ask(
        self, request: DoorRequest, operation: Operation[Any], object_id: str | None = None
    ) -> HttpResponse:
        """Show what a button will do, or do it."""
        if not request.user.has_perm(operation.permission):
            self._refuse_stranger(request, operation, object_id)
        row = None if object_id is None else self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if object_id is not None and row is None:
            raise Http404
        second_factor = fresh_second_factor(request) if operation.asks_second_factor else ""
        if second_factor is None:
            messages.info(request, _("Show your second factor first. Nothing has been done yet."))
            return ask_second_factor(request, then=request.get_full_path())
        form = operation.form(request, row)
        if request.method != "POST" or not form.is_valid():
            return self._confirm(request, operation, row, form)
        # Who is asked for a second factor decides on something, perhaps as a finance head.
        is_head = operation.asks_second_factor and decides_as_head(request.user.pk)
        asking = asking_of(request, second_factor=second_factor, is_head=is_head)
        return self._carry_out(request, operation, row, form, asking)

    def _refuse_stranger(
        self, request: DoorRequest, operation: Operation[Any], object_id: str | None
    ) -> NoReturn:
        """Turn away who may not press the button; who tried to is kept in the audit trail."""
        if request.method == "POST":
            note_refusal(
                "permission_denied",
                deed=operation.deed,
                subject=self._subject(object_id and unquote(object_id))[:SUBJECT_LENGTH_MAX],
                asking=asking_of(request),
            )
        raise PermissionDenied

    def _carry_out(
        self,
        request: DoorRequest,
        operation: Operation[Any],
        row: RowT | None,
        form: forms.Form,
        asking: Asking,
    ) -> HttpResponse:
        try:
            done = operation.perform(request, row, form, asking)
        except DomainError as error:
            subject = self._subject(None if row is None else str(row.pk))
            note_refusal(error.code, deed=operation.deed, subject=subject, asking=asking)
            # The page is shown anew, from the rows as they are now.
            fresh = row if row is None else self.get_object(request, str(row.pk))
            return self._confirm(request, operation, fresh, form, refusal=error)
        if isinstance(done, HttpResponse):
            return done
        if not isinstance(done, str | Promise):
            back_url = showing.list_url(self.model)
            template = "admin/operation_done.html"
            return self.page(request, row, template=template, panels=done, back_url=back_url)
        messages.success(request, str(done))
        return HttpResponseRedirect(
            showing.row_url(row) if row is not None else showing.list_url(self.model)
        )

    def _confirm(
        self,
        request: DoorRequest,
        operation: Operation[Any],
        row: RowT | None,
        form: forms.Form,
        *,
        refusal: DomainError | None = None,
    ) -> HttpResponse:
        is_offered = operation.is_offered(row)
        hindrance = operation.hindrance(request, row)
        refused = [Notice(explained(refusal), "alarm")] if refusal is not None else []
        if not is_offered and not refused:
            refused = [Notice(_("This cannot be done now. Nothing has been done."), "attention")]
        elif hindrance and not refused:
            refused = [Notice(hindrance, "attention")]
        return self.page(
            request,
            row,
            template=operation.template,
            panels=[*refused, *operation.panels(request, row)],
            status=refusal.status if refusal is not None else 200,
            operation=operation,
            is_offered=is_offered and not hindrance,
            form=form,
            hidden=operation.hidden(request, row),
            back_url=showing.row_url(row) if row is not None else showing.list_url(self.model),
            actions_detail=[],
        )

    def _view(self, operation: Operation[Any]) -> Callable[..., HttpResponse]:
        def view(request: DoorRequest, object_id: str | None = None) -> HttpResponse:
            return self.ask(request, operation, object_id)

        if operation.body_bytes_max is not None:
            # Read by the middleware that weighs bodies before anything unpacks them.
            view.body_bytes_max = operation.body_bytes_max  # type: ignore[attr-defined]
        wrapped: Callable[..., HttpResponse] = self.admin_site.admin_view(view)
        return wrapped

    def _subject(self, key: str | None) -> str:
        return self.audit_subject(key) if key else str(self.opts.model_name)

    def _name(self, operation: Operation[Any]) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{operation.name.replace('-', '_')}"


def add_operations(model: type[Model], *operations: Operation[Any]) -> None:
    """Add buttons of an app above to the pages of a model, so that imports keep pointing down."""
    page = admin.site.get_model_admin(model)
    assert isinstance(page, OperationsAdmin), "only pages with buttons take more"
    page.row_operations = (*page.row_operations, *operations)  # type: ignore[misc]  # this page's
    for operation in operations:
        operation.belongs_to(model)
