"""The two questions of a load balancer."""

import pytest
from django.db import OperationalError, connection


def test_is_alive_without_a_database(client):
    response = client.get("/livez")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_is_ready_when_the_database_answers(client):
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"status": "ok", "database": "ok"})


@pytest.mark.django_db
def test_is_not_ready_when_the_database_does_not_answer(client, monkeypatch):
    def refuse(*args):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(connection, "cursor", refuse)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "database": "unreachable"}


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_changes_nothing_and_says_so(client, path):
    assert client.post(path).status_code == 405
