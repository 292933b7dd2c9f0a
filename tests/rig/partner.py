"""A partner's system as the tests play it: a credential and the way it speaks to the API."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client

from ledger.identifiers import new_id
from payments.actions.credentials import issue_credential
from payments.models import ApiCredential, Merchant
from tests.instants import NOON

ALL_SCOPES = (
    "payments:read",
    "payments:write",
    "refunds:read",
    "refunds:write",
    "settlements:read",
    "settlements:write",
)


def new_key() -> str:
    """Return an Idempotency-Key that nobody used."""
    return new_id("key")


@dataclass
class Partner:
    """One caller; without a secret it is nobody."""

    secret: str = ""
    credential: ApiCredential | None = None
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def get(self, path: str, **headers: str) -> HttpResponse:
        """Ask."""
        return self.client.get(path, headers=self._headers(headers))

    def post(
        self, path: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> HttpResponse:
        """Send JSON under an Idempotency-Key, a fresh one unless named."""
        content = "{}" if body is None else json.dumps(body)
        return self.post_raw(path, content.encode(), key=key, **headers)

    def post_raw(
        self,
        path: str,
        content: bytes,
        *,
        key: str | None = None,
        content_type: str = "application/json",
        **headers: str,
    ) -> HttpResponse:
        """Send bytes. An empty key sends no such header."""
        chosen = new_key() if key is None else key
        named = {"Idempotency-Key": chosen} if chosen else {}
        return self.client.post(
            path, content, content_type=content_type, headers=self._headers({**named, **headers})
        )

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        bearer = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        return {**bearer, **{name.replace("_", "-"): text for name, text in headers.items()}}


def partner_of(merchant: Merchant | None, *scopes: str, **terms: Any) -> Partner:
    """Issue a credential and play its holder; without scopes it gets all that it may have."""
    wanted = scopes or ALL_SCOPES
    if merchant is None:
        wanted = (*wanted, "platform")
    credential, secret = issue_credential(
        name="tests",
        scopes=wanted,
        merchant_id=None if merchant is None else merchant.pk,
        actor="user:1",
        at=NOON,
        **terms,
    )
    return Partner(secret=secret, credential=credential)


def the_platform(*scopes: str, **terms: Any) -> Partner:
    """Play the marketplace itself."""
    return partner_of(None, *scopes, **terms)


def nobody() -> Partner:
    """Play a caller without a credential."""
    return Partner()
