from datetime import timedelta

import pytest

from payments.actions.credentials import revoke_credential
from payments.models import ApiCredential
from tests.factories.payments import MemberFactory
from tests.instants import NOON
from tests.rig.partner import ALL_SCOPES, Partner, nobody, partner_of

WHOAMI = "/v1/whoami"


def without_id(response) -> bytes:
    """Return an answer's bytes, its own request id left out."""
    return response.content.replace(response["X-Request-Id"].encode(), b"")


def test_the_right_secret_is_known(partner):
    # When
    response = partner.get(WHOAMI)

    # Then
    assert response.status_code == 200
    assert response.json()["id"] == partner.credential.pk


def test_the_scheme_may_be_written_in_any_case(partner):
    client = nobody()

    assert client.get(WHOAMI, Authorization=f"bEaReR {partner.secret}").status_code == 200


@pytest.fixture
def refused_headers(partner) -> list[str]:
    secret = partner.secret
    flipped = "B" if secret[-1] != "B" else "C"
    return [
        "Bearer",
        "Bearer ",
        f"Bearer  {secret}",
        f"Bearer {secret} ",
        f"Bearer {secret},Bearer {secret}",
        f"Basic {secret}",
        secret,
        f"Bearer {secret[:-1]}",
        f"Bearer {secret[:-1]}{flipped}",
        f"Bearer {secret}x",
        f"Bearer {secret.upper()}",
        "Bearer tpk_" + "x" * 43,
        "Bearer ' OR 1=1 --",
        "Bearer " + "x" * 10_000,
    ]


def test_every_failure_is_the_same_401(partner, refused_headers):
    # Given
    expected = without_id(nobody().get(WHOAMI))

    # When / Then
    for header in refused_headers:
        response = nobody().get(WHOAMI, Authorization=header)
        assert response.status_code == 401, header
        assert response["WWW-Authenticate"] == 'Bearer realm="tianping"'
        assert without_id(response) == expected


def test_expired_revoked_and_elsewhere_read_like_unknown(merchant):
    # Given
    expired = partner_of(merchant, expires_at=NOON + timedelta(seconds=1))
    ApiCredential.objects.filter(pk=expired.credential.pk).update(expires_at=NOON)
    revoked = partner_of(merchant)
    revoke_credential(revoked.credential.pk, actor="user:1", at=NOON)
    elsewhere = partner_of(merchant, allowed_networks=["198.51.100.0/24", "2001:db8::/32"])

    # When / Then
    expected = without_id(nobody().get(WHOAMI))
    for caller in (expired, revoked, elsewhere):
        response = caller.get(WHOAMI)
        assert response.status_code == 401
        assert without_id(response) == expected


def test_a_credential_works_until_the_instant_it_expires(merchant):
    partner = partner_of(merchant, expires_at=NOON + timedelta(microseconds=1))

    assert partner.get(WHOAMI).status_code == 200


@pytest.mark.parametrize("network", ["127.0.0.0/8", "127.0.0.1/32", "0.0.0.0/0"])
def test_an_allowed_network_lets_its_addresses_in(merchant, network):
    partner = partner_of(merchant, allowed_networks=["2001:db8::/32", network])

    assert partner.get(WHOAMI).status_code == 200


def test_a_forwarded_address_of_an_untrusted_peer_opens_nothing(merchant):
    partner = partner_of(merchant, allowed_networks=["198.51.100.0/24"])

    assert partner.get(WHOAMI, X_Forwarded_For="198.51.100.7").status_code == 401


def test_a_session_of_a_person_is_no_credential(client, merchant):
    # Given
    client.force_login(MemberFactory(merchant=merchant).user)

    # When / Then
    assert Partner(client=client).get(WHOAMI).status_code == 401


def test_the_use_is_noted(partner):
    # When
    partner.get(WHOAMI)

    # Then
    partner.credential.refresh_from_db()
    assert partner.credential.last_used_at == NOON


def test_says_who_is_calling_and_what_was_seen(merchant, partner):
    # When
    response = partner.get(WHOAMI)

    # Then
    assert response.json() == {
        "id": partner.credential.pk,
        "object": "credential",
        "name": "tests",
        "kind": "bearer",
        "merchant_id": merchant.pk,
        "scopes": sorted(ALL_SCOPES),
        "allowed_networks": [],
        "created_at": "2026-03-05T04:00:00Z",
        "expires_at": None,
        "seen": {
            "method": "GET",
            "path": "/v1/whoami",
            "client_ip": "127.0.0.1",
            "at": "2026-03-05T04:00:00Z",
            "request_id": response["X-Request-Id"],
        },
    }
    assert response["Cache-Control"] == "no-store"
