"""What merchants encrypt for the simulated WeChat Pay: it opens that with the key they name."""

import base64
import binascii

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from payments.simulator.wechatpay.merchants import Merchant
from payments.simulator.wechatpay.refusals import bad_parameter

# What API v3 prescribes.
_OAEP = padding.OAEP(
    mgf=padding.MGF1(hashes.SHA1()),  # noqa: S303
    algorithm=hashes.SHA1(),  # noqa: S303
    label=None,
)


def opened(sealed: str, *, serial: str, merchant: Merchant, place: str) -> str:
    """Open a field; an empty one stays empty.

    Raises CallRefusedError if the header names no key of ours, or another one encrypted it.
    """
    if not sealed:
        return ""
    keys = [key for key in merchant.platform_keys if key.serial.upper() == serial.upper()]
    if not keys:
        message = "敏感字段须以Wechatpay-Serial指明的公钥加密"
        raise bad_parameter("header/Wechatpay-Serial", message=message)
    try:
        return keys[0].key.decrypt(base64.b64decode(sealed, validate=True), _OAEP).decode()
    except (ValueError, binascii.Error) as error:
        raise bad_parameter(place, message="敏感字段解密失败") from error
