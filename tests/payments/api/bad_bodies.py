"""What the tests of bad input and their neighbours share."""

from tests.rig.partner import Partner
from tests.rig.rows import nothing_written

PAYMENTS = "/v1/payments"


def refused(partner: Partner, order: dict, *, field: str = "") -> dict:
    """Send an order, assert that it is a 422 about a field with nothing written, return it."""
    with nothing_written():
        response = partner.post(PAYMENTS, order)
    assert response.status_code == 422, response.content
    problem = response.json()
    assert problem["code"] == "invalid_request"
    assert (problem["outcome"], problem["retry"]) == ("not_executed", "new_key")
    if field:
        assert field in {row["field"] for row in problem["errors"]}
    return problem


def refused_raw(partner: Partner, content: bytes, *, status: int, code: str, **terms) -> None:
    with nothing_written():
        response = partner.post_raw(PAYMENTS, content, **terms)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"
