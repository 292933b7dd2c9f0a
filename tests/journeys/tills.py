"""Where a payer stands on the checkout page: made by the partner, read by its headings."""

from playwright.sync_api import expect

PATIENCE_MS = 10_000
SHOP = "https://shop.example/orders/1"


def checkout_of(story, *, payer_no="P-1", kind="checkout_sessions"):
    """Have the partner create a payment of 100.00, and a page to pay it on."""
    created = story.post(
        "/v1/payments",
        {
            "merchant_order_no": "T-1001",
            "amount": 10_000,
            "currency": "CNY",
            "description": "Tea and books",
            "allocations": [{"merchant_id": story.merchants["tea"].id, "amount": 10_000}],
            "payer_no": payer_no,
        },
    ).json()
    session = story.post(f"/v1/payments/{created['id']}/{kind}", {"return_url": SHOP})
    assert session.status_code == 201, session.text
    return created, session.json()["checkout_url"]


def heading(page, text):
    expect(page.get_by_role("heading", name=text)).to_be_visible(timeout=PATIENCE_MS)
