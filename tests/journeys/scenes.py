"""Payers on their way through a channel's own pages: the devices, the buttons, the way back."""

from dataclasses import dataclass, replace
from typing import Any

from playwright.sync_api import Page, expect

from payments.models import PaymentAttempt, PaymentMethod
from settlements.rehearsal.marketplace import open_marketplace
from tests.instants import NOON
from tests.journeys.story import Story
from tests.journeys.tills import PATIENCE_MS, heading
from tests.rig.stage import run_jobs

COMPUTER = {
    "viewport": {"width": 1440, "height": 900},
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/15E148 Safari/604",
}
GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"
CARD_WITH_CODE = "4000 0027 6000 3184"


@dataclass(frozen=True, slots=True)
class Scene:
    """Where somebody pays: by which method, on what, and through which button of our page."""

    method: PaymentMethod
    device: dict[str, Any]
    leaves_by: str
    comes_back_by: str = ""


CODE, PHONE_BUTTON = "Pay on this device", "On to the simulated phone"
BACK = "Back to the shop"
SCENES = (
    Scene(PaymentMethod.ALIPAY_QR, COMPUTER, CODE),
    Scene(PaymentMethod.ALIPAY_PAGE, COMPUTER, "On to Alipay", "by itself"),
    Scene(PaymentMethod.ALIPAY_WAP, PHONE, "On to Alipay", "by itself"),
    Scene(PaymentMethod.ALIPAY_APP, PHONE, PHONE_BUTTON),
    Scene(PaymentMethod.ALIPAY_MINI, PHONE, PHONE_BUTTON),
    Scene(PaymentMethod.WECHAT_NATIVE, COMPUTER, CODE),
    Scene(PaymentMethod.WECHAT_H5, PHONE, "On to WeChat Pay", BACK),
    Scene(PaymentMethod.WECHAT_JSAPI, PHONE, PHONE_BUTTON),
    Scene(PaymentMethod.WECHAT_APP, PHONE, PHONE_BUTTON),
    Scene(PaymentMethod.CARD_PAGE, COMPUTER, "On to the card page", BACK),
    Scene(PaymentMethod.CARD_WAP, PHONE, "On to the card page", BACK),
)
"""Every method, each on a device on which our page offers it."""


def scene_of(method: PaymentMethod) -> Scene:
    """Return the scene of a method."""
    return next(scene for scene in SCENES if scene.method == method)


def open_all_channels(story: Story) -> None:
    """Let the marketplace take payments by WeChat Pay and by card as well."""
    number = story.market.plan.app_id[-8:]
    plan = replace(
        story.market.plan, wechat=(f"18{number}", f"wx8{number:0>15}"), unionpay=f"7772900{number}"
    )
    story.market = open_marketplace(plan, other_side=story.other_side, at=NOON)


def choose(payer: Page, method: PaymentMethod, address: str = "") -> None:
    """Open our page, if an address is given, choose a method, and wait until it is ordered."""
    if address:
        payer.goto(address)
        heading(payer, "How do you want to pay?")
    payer.get_by_role("button", name=str(method.label), exact=True).click()
    payer.wait_for_load_state()
    run_jobs()
    payer.reload()


def leave_for(payer: Page, scene: Scene) -> None:
    """Go on to the channel's page by the button or the link of ours."""
    role = "button" if scene.leaves_by in (PHONE_BUTTON, "On to the card page") else "link"
    payer.get_by_role(role, name=scene.leaves_by).click()
    expect(payer.get_by_text("no real money moves")).to_be_visible(timeout=PATIENCE_MS)
    sign_in = payer.get_by_role("button", name="Sign in")
    if sign_in.count():
        sign_in.click()


def pay(payer: Page, scene: Scene, *, card: str = GOOD_CARD) -> None:
    """Pay on the channel's page."""
    if scene.method in (PaymentMethod.CARD_PAGE, PaymentMethod.CARD_WAP):
        payer.get_by_label("Card number").fill(card)
    payer.get_by_role("button", name="Pay 付款").click()


def come_back(payer: Page, scene: Scene, *, address: str) -> None:
    """Come back to our page: sent by the channel, by its link, or by looking at it again."""
    if scene.comes_back_by == BACK:
        payer.get_by_text(BACK).first.click()
    if scene.comes_back_by:
        payer.wait_for_url(address, timeout=PATIENCE_MS)
    else:
        expect(payer.get_by_role("heading", name="Paid")).to_be_visible(timeout=PATIENCE_MS)
        payer.goto(address)


def learn(story: Story) -> None:
    """Let the house hear of the last try, and ask, as a worker does."""
    story.hear_of(PaymentAttempt.objects.order_by("-id")[0].operation.channel_no)
    run_jobs()
