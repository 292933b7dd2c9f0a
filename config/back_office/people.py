"""People and roles, to look at."""

from collections.abc import Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from config.back_office.role_changes import PERSON_OPERATIONS
from ledger.admin import showing
from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.deeds import deed_words
from ledger.admin.operations import OperationsAdmin
from ledger.admin.panels import Column, Fact, Facts, Panel, Table
from ledger.admin.people import USER
from ledger.models import AuditEntry


@admin.register(User)
class UserAdmin(OperationsAdmin[User]):
    """Who may sign in: their roles, and whether they have a second factor."""

    has_story = False
    list_display = (
        "username",
        "email",
        "roles",
        "is_staff",
        "is_active",
        "has_second_factor",
        "last_login",
    )
    list_filter = ("groups", "is_staff", "is_active")
    search_fields = ("username__icontains", "email__icontains")
    search_help_text = _("Name or e-mail")
    ordering = ("username",)
    unread_fields = ("password",)
    row_operations = PERSON_OPERATIONS

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return the people with whether they have enrolled a second factor."""
        totp = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.annotate(has_totp=Exists(totp)).prefetch_related("groups")

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        """Name the person's roles."""
        return ", ".join(group.name for group in user.groups.all()) or showing.NOTHING

    @admin.display(description=_("second factor"))
    def has_second_factor(self, user: User) -> SafeString:
        """Say whether a second factor is enrolled."""
        return showing.yes_or_no(bool(getattr(user, "has_totp", False)))

    def panels(self, request: HttpRequest, row: User) -> Sequence[Panel]:
        """Show the person, and the newest of their deeds."""
        return [
            Facts(
                _("person"),
                [
                    Fact(_("name"), row.username),
                    Fact(_("e-mail"), row.email or showing.nothing()),
                    Fact(_("roles"), self.roles(row)),
                    Fact(_("staff"), showing.yes_or_no(row.is_staff)),
                    Fact(_("superuser"), showing.yes_or_no(row.is_superuser)),
                    Fact(_("active"), showing.yes_or_no(row.is_active)),
                    Fact(_("second factor"), self.has_second_factor(row)),
                    Fact(_("last signed in"), showing.instant(row.last_login)),
                    Fact(_("joined"), showing.instant(row.date_joined)),
                ],
            ),
            *self._deeds(request, row),
        ]

    def _deeds(self, request: HttpRequest, row: User) -> list[Panel]:
        if not request.user.has_perm("ledger.view_auditentry"):
            return []
        actor = f"{USER}{row.pk}"
        deeds = AuditEntry.objects.filter(actor=actor)[:20]
        return [
            Table(
                _("newest deeds"),
                [Column(_("at")), Column(_("action")), Column(_("subject")), Column(_("reason"))],
                [
                    [
                        showing.link(
                            showing.row_url(deed), showing.instant(deed.at, with_zone=False)
                        ),
                        deed_words(deed.action),
                        showing.subject_link(deed.subject),
                        deed.reason,
                    ]
                    for deed in deeds
                ],
                empty=_("This person has done nothing yet that the audit trail keeps."),
                more_url=showing.list_url(AuditEntry, f"q={actor}"),
                more_text=_("All deeds"),
            )
        ]


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin[Group]):
    """A role: what it may do, and who has it."""

    has_story = False
    list_display = ("name",)
    ordering = ("name",)
    empty_hint = _("The roles are made by a migration.")

    def panels(self, request: HttpRequest, row: Group) -> Sequence[Panel]:
        """Show the role's permissions and its people."""
        permissions = row.permissions.select_related("content_type").order_by(
            "content_type__app_label", "codename"
        )
        people: list[Any] = list(User.objects.filter(groups=row).order_by("username"))
        return [
            Table(
                _("people"),
                [Column(_("name")), Column(_("active"))],
                [[_linked(user), showing.yes_or_no(user.is_active)] for user in people],
                empty=_("Nobody has this role."),
            ),
            Table(
                _("permissions"),
                [Column(_("app")), Column(pgettext("role", "may")), Column(_("code"))],
                [
                    [
                        _app(permission),
                        permission_words(permission),
                        showing.code(permission.codename),
                    ]
                    for permission in permissions
                ],
                empty=_("This role may do nothing."),
            ),
        ]


def permission_words(permission: Permission) -> str:
    """Say what a permission allows, in the language that is active now.

    The table keeps an English sentence. Ours are in the catalogue as they stand; Django's own
    four are made anew from the name of what they are about.
    """
    model = permission.content_type.model_class()
    sentences = {
        "add": gettext("Can add: %(noun)s"),
        "change": gettext("Can change: %(noun)s"),
        "delete": gettext("Can delete: %(noun)s"),
        "view": gettext("Can view: %(noun)s"),
    }
    verb, _separator, noun = permission.codename.partition("_")
    if model is None or verb not in sentences or noun != permission.content_type.model:
        return gettext(permission.name)
    return sentences[verb] % {"noun": model._meta.verbose_name_plural}


def _app(permission: Permission) -> str:
    model = permission.content_type.model_class()
    label = permission.content_type.app_label
    return label if model is None else str(apps.get_app_config(label).verbose_name)


def _linked(row: Model) -> SafeString:
    return showing.row_link(row)
