"""The control API's keys: a channel takes a new one, and signs with both for a while."""

from dataclasses import asdict, dataclass

from payments.simulator.alipay.apps import App, AppBook
from payments.simulator.clock import VirtualClock
from payments.simulator.errors import RefusedError
from payments.simulator.json_fields import JsonFields, bad_request
from payments.simulator.unionpay.merchants import MerchantBook as UnionPayMerchants
from payments.simulator.wechatpay.merchants import MerchantBook as WechatMerchants


@dataclass(frozen=True)
class KeyControl:
    """What a channel tells us when it signs with another key, as when we registered."""

    clock: VirtualClock
    apps: AppBook
    wechat: WechatMerchants
    unionpay: UnionPayMerchants

    def rotate(self, fields: JsonFields) -> object:
        """Let a channel sign with a new key, in turns with the old one for some virtual seconds.

        `owner` is the app_id or the mchid; UnionPay signs for all alike. Raises RefusedError.
        """
        channel, owner = fields.text("channel"), fields.optional_text("owner") or ""
        seconds = fields.integer("seconds", default=0)
        fields.require_no_more()
        if seconds < 0:
            raise bad_request("seconds is 0 or more")
        until_ms = self.clock.now_ms() + seconds * 1_000
        self.shown(channel, owner=owner)
        match channel:
            case "alipay":
                self.apps.rotate(owner, until_ms=until_ms)
            case "wechatpay":
                self.wechat.rotate(owner, until_ms=until_ms)
            case _:
                self.unionpay.rotate(until_ms=until_ms)
        return self.shown(channel, owner=owner)

    def shown(self, channel: str, *, owner: str) -> object:
        """Tell a merchant what it must configure. Raises RefusedError where there is none."""
        match channel:
            case "alipay" if (app := self.apps.find(owner)) is not None:
                return keys_shown(app)
            case "wechatpay" if (merchant := self.wechat.find(owner)) is not None:
                return merchant.shown()
            case "unionpay" if not owner or self.unionpay.find(owner) is not None:
                return {"authorities_pem": self.unionpay.seal.authorities_pem}
            case "alipay" | "wechatpay" | "unionpay":
                raise RefusedError(status=409, code="unknown_merchant", detail=owner)
            case _:
                raise bad_request("channel is alipay, wechatpay or unionpay")


def keys_shown(app: App) -> dict[str, object]:
    """Tell an application what it must configure."""
    answer: dict[str, object] = {
        "app_id": app.app_id,
        "alipay_public_key_pem": app.alipay_public_key_pem,
    }
    return answer if app.certificates is None else answer | asdict(app.certificates)
