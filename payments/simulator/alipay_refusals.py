"""What the simulated Alipay gateway answers instead of `10000`, in Alipay's own words."""

Node = dict[str, object]

_MESSAGES = {
    "20000": "Service Currently Unavailable",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40004": "Business Failed",
}
_REFUSALS = {
    "ACQ.SYSTEM_ERROR": ("20000", "系统错误"),
    "isv.missing-method": ("40001", "缺少方法名参数"),
    "isv.missing-app-id": ("40001", "缺少AppID参数"),
    "isv.missing-signature-type": ("40001", "缺少签名类型参数"),
    "isv.missing-signature": ("40001", "缺少签名参数"),
    "isv.missing-timestamp": ("40001", "缺少时间戳参数"),
    "isv.missing-version": ("40001", "缺少版本参数"),
    "isv.missing-charset": ("40001", "缺少编码参数"),
    "isv.invalid-parameter": ("40002", "参数无效"),
    "isv.invalid-app-id": ("40002", "无效的AppID参数"),
    "isv.invalid-signature-type": ("40002", "无效的签名类型"),
    "isv.invalid-signature": ("40002", "验签出错，请确认签名内容与应用公钥"),
    "isv.invalid-timestamp": ("40002", "非法的时间戳参数"),
    "isv.invalid-format": ("40002", "无效的数据格式"),
    "isv.invalid-method": ("40002", "不存在的方法名"),
    "ACQ.INVALID_PARAMETER": ("40004", "参数无效"),
    "ACQ.TRADE_NOT_EXIST": ("40004", "交易不存在"),
    "ACQ.TRADE_HAS_SUCCESS": ("40004", "交易已被支付"),
    "ACQ.TRADE_HAS_CLOSE": ("40004", "交易已经关闭"),
    "ACQ.CONTEXT_INCONSISTENT": ("40004", "交易信息被篡改"),
}


class GatewayRefusedError(Exception):
    """A call that the gateway refuses, by its sub-code; the refused order has no effect.

    `field` names what was wrong, where one field was.
    """

    def __init__(self, sub_code: str, *, field: str | None = None) -> None:
        super().__init__(f"{sub_code} {field or ''}".strip())
        self.sub_code = sub_code
        self.code, text = _REFUSALS[sub_code]
        self._sub_msg = text if field is None else f"{text}：{field}"

    def node(self) -> Node:
        """Write it as the gateway answers it."""
        return {
            "code": self.code,
            "msg": _MESSAGES[self.code],
            "sub_code": self.sub_code,
            "sub_msg": self._sub_msg,
        }
