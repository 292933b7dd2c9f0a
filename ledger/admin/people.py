"""Who did something: actor references (`user:17`, `key:ak_…`) as names and links."""

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import User
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString

from ledger.admin import showing

USER = "user:"
KEY = "key:"


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Return the sign-in name of every actor that is a person, in one query (or none)."""
    keys = {actor.removeprefix(USER) for actor in actors if actor.startswith(USER)}
    numbers = {int(key) for key in keys if key.isdecimal()}
    if not numbers:
        return {}
    people = User.objects.filter(pk__in=numbers).values_list("pk", "username")
    return {f"{USER}{pk}": username for pk, username in people}


def actor_link(actor: str, *, names: Mapping[str, str]) -> SafeString:
    """Write an actor as people know them, as a link to their page where there is one."""
    if not actor:
        return showing.nothing()
    if actor.startswith(KEY):
        return showing.subject_link(actor.removeprefix(KEY))
    if actor in names:
        return showing.link(_page_of(actor.removeprefix(USER)), names[actor])
    return showing.code(actor)


def _page_of(user_key: str) -> str:
    try:
        return reverse("admin:auth_user_change", args=[user_key])
    except NoReverseMatch:
        return ""
