"""WeChat Pay's call for its own certificates, encrypted with the merchant's APIv3 key."""

from datetime import datetime

from payments.simulator.clock import milliseconds
from payments.simulator.wechatpay.gateway import Call, Reply
from payments.simulator.wechatpay.platform_keys import (
    CERTIFICATE_BEGINS_AT,
    CERTIFICATE_ENDS_AT,
    KeyMode,
    PlatformKey,
)
from payments.simulator.wechatpay.refusals import CallRefusedError
from payments.simulator.wechatpay.resources import rfc3339
from payments.simulator.wechatpay.signing import encrypted_resource


def platform_certificates(call: Call) -> Reply:
    """List the certificates in force, the newest last.

    Raises CallRefusedError for a merchant in public-key mode, who has none.
    """
    if call.merchant.key_mode == KeyMode.PUBLIC_KEY:
        raise CallRefusedError(
            "RESOURCE_NOT_EXISTS",
            message="无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥",
        )
    shown = [
        _shown(key, api_v3_key=call.merchant.api_v3_key)
        for key in call.merchant.keys_at(call.at_ms)
    ]
    return Reply(status=200, content={"data": shown})


def _shown(key: PlatformKey, *, api_v3_key: str) -> dict[str, object]:
    assert key.certificate_pem is not None
    return {
        "serial_no": key.serial,
        "effective_time": _time(CERTIFICATE_BEGINS_AT),
        "expire_time": _time(CERTIFICATE_ENDS_AT),
        "encrypt_certificate": encrypted_resource(
            key.certificate_pem.encode(), associated_data="certificate", api_v3_key=api_v3_key
        ),
    }


def _time(instant: datetime) -> str:
    return rfc3339(milliseconds(instant))
