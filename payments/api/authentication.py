"""Who is calling: the bearer secret of a partner's system."""

import ipaddress
import re
from datetime import datetime

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from payments.actions import credentials
from payments.api.principal import Principal
from payments.api.requests import seen
from payments.models import ApiCredential

REALM = 'Bearer realm="tianping"'
_HEADER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] (tpk_[A-Za-z0-9_-]{43})")


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer tpk_…`. Every failure is the same 401, so none tells anything."""

    def authenticate(self, request: Request) -> tuple[Principal, ApiCredential] | None:
        """Return the caller, or None when no credential was shown.

        Raises AuthenticationFailed for an unknown, expired or revoked secret, and for an
        address outside the credential's networks.
        """
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        match = _HEADER.fullmatch(header)
        if match is None:
            raise AuthenticationFailed
        digest = credentials.digest_of_secret(match[1])
        credential = ApiCredential.objects.filter(secret_sha256=digest).first()
        context = seen(request)
        if credential is None or not is_usable(
            credential, client_ip=context.client_ip, at=context.at
        ):
            raise AuthenticationFailed
        credentials.note_use(credential, at=context.at)
        return Principal(credential), credential

    def authenticate_header(self, request: Request) -> str:
        """Return what the 401 asks for."""
        return REALM


def is_usable(credential: ApiCredential, *, client_ip: str, at: datetime) -> bool:
    """Tell whether a credential works now and from this address."""
    if credential.revoked_at is not None:
        return False
    if credential.expires_at is not None and credential.expires_at <= at:
        return False
    return _is_allowed(credential.allowed_networks, client_ip)


def _is_allowed(networks: list[str], client_ip: str) -> bool:
    if not networks:
        return True
    if not client_ip:
        return False
    address = ipaddress.ip_address(client_ip)
    return any(address in ipaddress.ip_network(network) for network in networks)
