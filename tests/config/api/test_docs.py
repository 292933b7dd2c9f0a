import json
import re

import pytest
from django.test import Client

from config.api import docs, schema


@pytest.fixture
def document() -> dict:
    return json.loads(schema.document("en"))


def test_the_document_is_openapi_3_1_and_open_to_all(client):
    # When
    response = client.get("/v1/openapi.json")

    # Then
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/vnd.oai.openapi+json")
    assert response.json()["openapi"] == "3.1.0"


def test_every_operation_may_answer_with_a_problem_and_has_its_request_id(document):
    operations = [
        operation for methods in document["paths"].values() for operation in methods.values()
    ]

    assert len(operations) == 25
    for operation in operations:
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
        assert operation["security"] == [{"bearer": []}]
        for status, response in operation["responses"].items():
            if status != "default":
                assert "X-Request-Id" in response["headers"]


def test_every_post_asks_for_an_idempotency_key_and_no_get_does(document):
    for methods in document["paths"].values():
        for method, operation in methods.items():
            needed = {
                row["name"]
                for row in operation.get("parameters", [])
                if row["in"] == "header" and row["required"]
            }
            assert needed == ({"Idempotency-Key"} if method == "post" else set())


def test_amounts_are_bounded_integers_in_the_document(document):
    amount = document["components"]["schemas"]["PaymentCreateRequest"]["properties"]["amount"]

    assert (amount["type"], amount["minimum"], amount["maximum"]) == ("integer", 1, 10**13)


def test_every_reference_in_the_document_leads_somewhere(document):
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        place = document
        for name in reference.split("/"):
            place = place[name]


@pytest.mark.django_db  # closing a file's answer looks at the connection, where one is open
def test_the_pages_load_nothing_from_elsewhere(client):
    # When
    response = client.get("/v1/docs/")

    # Then
    page = response.content.decode()
    addresses = re.findall(r'(?:src|href|data-document)="([^"]+)"', page)
    assert len(addresses) >= 6
    assert all(address.startswith("/") and address[1] != "/" for address in addresses)
    assert "<script>" not in page
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, address
        response.close()


def test_scripts_of_the_pages_come_from_this_host_only(client):
    # When
    policy = client.get("/v1/docs/")["Content-Security-Policy"]

    # Then
    assert "default-src 'self'" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src" not in policy
    assert "unsafe-inline" not in client.get("/v1/docs/errors")["Content-Security-Policy"]


def test_every_code_has_its_place_on_the_page_that_problems_point_to(client):
    # Given
    page = client.get("/v1/docs/errors").content.decode()
    codes = [row.code for row in docs.rows()]

    # Then
    assert len(codes) == len(set(codes)) > 40
    for code in codes:
        assert f'id="{code}"' in page
    assert {"invalid_request", "order_number_taken", "overdrawn", "payload_too_large"} <= set(codes)


def test_docs_without_the_slash_lead_to_the_pages(client):
    assert client.get("/v1/docs")["Location"] == "/v1/docs/"


@pytest.mark.parametrize("path", ["/v1/", "/v1/nothing", "/v1/payments/", "/v1/payments/a/b/c"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_address_that_is_none_is_a_problem_too(path, method):
    # When
    response = getattr(Client(), method)(path)

    # Then
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "/v1/docs/errors#not_found"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_pages_can_only_be_read(client, method):
    for path in ("/v1/openapi.json", "/v1/docs/", "/v1/docs/errors"):
        assert getattr(client, method)(path).status_code == 405


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_browser_shows_the_operations_without_a_complaint(page, live_server):
    # Given
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    # When
    page.goto(f"{live_server.url}/v1/docs/")
    page.get_by_text("/v1/payments/{id}/confirm").first.click()
    page.get_by_text("Idempotency-Key").first.wait_for()

    # Then
    assert complaints == []
    assert all(url.startswith((live_server.url, "data:")) for url in asked)
