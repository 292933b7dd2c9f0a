"""Who calls the simulated WeChat Pay: the headers that every request must carry."""

from collections.abc import Callable

from payments.simulator import signing
from payments.simulator.clock import wall_ms
from payments.simulator.exchange import Request
from payments.simulator.wechatpay.merchants import Merchant
from payments.simulator.wechatpay.refusals import CallRefusedError, bad_parameter
from payments.simulator.wechatpay.signing import (
    Authorization,
    authorization_from,
    request_text,
)

_TIMESTAMP_SPREAD_MS = 5 * 60 * 1000
_MESSAGE_LENGTH_SHOWN = 64


def authenticated(
    request: Request, *, find_merchant: Callable[[str], Merchant | None], now_ms: int
) -> Merchant:
    """Say whose request it is; `now_ms` is the simulated time.

    Raises CallRefusedError: SIGN_ERROR for whatever is wrong with the signature, PARAM_ERROR for
    the other headers.
    """
    _require_common_headers(request)
    try:
        authorization = authorization_from(request.headers.get("authorization", ""))
    except ValueError as error:
        raise _unsigned(
            "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》"
        ) from error
    merchant = find_merchant(authorization.mchid)
    if merchant is None:
        raise _unsigned("商户号不存在")
    # Hexadecimal serials are the same in either case.
    if authorization.serial_no.upper() != merchant.serial_no.upper():
        raise _unsigned("商户证书序列号有误，请使用签名私钥匹配的证书序列号")
    _require_timely(authorization.timestamp, now_ms=now_ms)
    _require_signed(request, authorization=authorization, merchant=merchant)
    _require_known_serial(request, merchant=merchant, now_ms=now_ms)
    return merchant


def _require_common_headers(request: Request) -> None:
    accepted = request.headers.get("accept", "")
    if "application/json" not in accepted and "*/*" not in accepted:
        raise bad_parameter("header/Accept", message="Http头缺少Accept或User-Agent")
    if not request.headers.get("user-agent"):
        raise bad_parameter("header/User-Agent", message="Http头缺少Accept或User-Agent")
    content_type = request.headers.get("content-type", "")
    if request.method == "POST" and not content_type.lower().startswith("application/json"):
        raise bad_parameter("header/Content-Type", message="Content-Type应为application/json")


def _require_timely(timestamp: int, *, now_ms: int) -> None:
    """Accept what is near the simulated or the real time: callers may live in either."""
    sent_ms = timestamp * 1000
    if min(abs(sent_ms - now_ms), abs(sent_ms - wall_ms())) > _TIMESTAMP_SPREAD_MS:
        raise _unsigned("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")


def _require_signed(request: Request, *, authorization: Authorization, merchant: Merchant) -> None:
    target = request.path + (f"?{request.query}" if request.query else "")
    text = request_text(
        method=request.method, target=target, authorization=authorization, body=request.body
    )
    if signing.is_signed(text, signature=authorization.signature, key=merchant.public_key):
        return
    shown = text.decode("utf-8", errors="replace")[:_MESSAGE_LENGTH_SHOWN]
    raise CallRefusedError(
        "SIGN_ERROR",
        field="authorization",
        more={
            "sign_information": {
                "method": request.method,
                "url": target,
                "truncated_sign_message": shown,
                "sign_message_length": len(text),
            }
        },
    )


def _require_known_serial(request: Request, *, merchant: Merchant, now_ms: int) -> None:
    """Refuse a caller that expects to be answered under a key that is not in force."""
    serial = request.headers.get("wechatpay-serial", "")
    known = {key.serial.upper() for key in merchant.keys_at(now_ms)}
    if serial and serial.upper() not in known:
        message = "平台证书序列号Wechatpay-Serial错误"
        raise bad_parameter("header/Wechatpay-Serial", message=message)


def _unsigned(message: str) -> CallRefusedError:
    return CallRefusedError("SIGN_ERROR", message=message, field="authorization")
