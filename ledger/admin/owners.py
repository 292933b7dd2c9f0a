"""Whose an account is, by name and with links: an owner may have two parts, `chn_…/mer_…`."""

from collections.abc import Iterable, Mapping

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from ledger.admin import showing
from ledger.models import Account


def owner_names(accounts: Iterable[Account]) -> dict[str, str]:
    """Return what the owners of some accounts are called, in a query per kind of owner."""
    return names_of_owners(account.owner_id for account in accounts)


def names_of_owners(owner_ids: Iterable[str]) -> dict[str, str]:
    """Return what each part of some owners is called, in a query per kind of owner."""
    return showing.names_of_subjects({part for owner in owner_ids for part in owner.split("/")})


def owner_link(owner_id: str, *, names: Mapping[str, str]) -> SafeString:
    """Link each part of an owner (`chn_…/mer_…`) to what it names."""
    parts = (
        (showing.link(showing.subject_url(part), names.get(part) or showing.code(part)),)
        for part in owner_id.split("/")
    )
    return format_html_join(" / ", "{}", parts)


def owner_text(owner_id: str, *, names: Mapping[str, str]) -> str:
    """Write an owner by name, as files do."""
    return " / ".join(names.get(part) or part for part in owner_id.split("/"))
