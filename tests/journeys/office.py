"""Pressing buttons of the back office without a browser: what stands on a page is sent back."""

import re

from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

_DIGEST = re.compile(r'name="shown_digest" value="([0-9a-f]{64})"')


def address(of: Model | type[Model], button: str = "change") -> str:
    """Return where a button of a row is, or of the list of all."""
    name = f"admin:{of._meta.app_label}_{of._meta.model_name}_{button.replace('-', '_')}"
    return reverse(name, args=[of.pk] if isinstance(of, Model) else [])


def open_page(client: Client, of: Model | type[Model], button: str = "change") -> HttpResponse:
    """Open the page of a row, of a list (`changelist`) or of a button."""
    page = client.get(address(of, button))
    assert page.status_code == 200, page
    return page


def press(client: Client, of: Model | type[Model], button: str, **told: object) -> HttpResponse:
    """Press a button: open it, send what was told and the digest of what was shown."""
    shown = _DIGEST.search(open_page(client, of, button).content.decode())
    fields = {**told, **({"shown_digest": shown[1]} if shown else {})}
    answer = client.post(address(of, button), fields, follow=True)
    assert answer.redirect_chain, "it was refused"
    return answer
