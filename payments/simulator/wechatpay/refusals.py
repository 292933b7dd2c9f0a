"""What the simulated WeChat Pay answers instead of doing what it was asked, in its own words."""

from collections.abc import Mapping

_REFUSALS = {
    "SIGN_ERROR": (401, "签名错误，请检查后再试"),
    "PARAM_ERROR": (400, "参数错误"),
    "INVALID_REQUEST": (400, "请求重入时，参数与首次请求时不一致，请检查参数后再试"),
    "APPID_MCHID_NOT_MATCH": (400, "appid和mch_id不匹配，请检查后再试"),
    "ORDERPAID": (400, "该订单已支付"),
    "ORDER_CLOSED": (400, "该订单已关闭，请重新下单"),
    "NO_AUTH": (403, "商户号与签名的商户号不一致"),
    "NOT_ENOUGH": (403, "基本账户余额不足，请充值后重新发起"),
    "NOT_FOUND": (404, "请求的资源不存在"),
    "ORDER_NOT_EXIST": (404, "订单不存在"),
    "RESOURCE_NOT_EXISTS": (404, "查询的资源不存在"),
    "NO_STATEMENT_EXIST": (400, "请求的账单文件不存在"),
    "FREQUENCY_LIMITED": (429, "频率超限，请降低请求频率"),
    "SYSTEM_ERROR": (500, "系统异常，请稍后重试"),
}
# Codes that only tests order: the list of real ones is open.
_ANOTHER = (403, "业务规则限制")


class CallRefusedError(Exception):
    """A call that WeChat Pay refuses, by its code; the refused order has no effect.

    `field` says where in the request it was wrong: `/body/amount/total`, `authorization`; `more`
    goes into the detail beside it.
    """

    def __init__(
        self,
        code: str,
        *,
        message: str = "",
        field: str | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{code} {field or ''}".strip())
        self.code = code
        self.status, text = _REFUSALS.get(code, _ANOTHER)
        self._message = message or text
        self._field = field
        self._more = dict(more or {})

    def content(self) -> dict[str, object]:
        """Write it as it is answered."""
        content: dict[str, object] = {"code": self.code, "message": self._message}
        if self._field is not None:
            location = self._field.split("/")[1] if "/" in self._field else self._field
            content["detail"] = {
                "location": location,
                "field": self._field,
                "issue": self._message,
                **self._more,
            }
        return content


def bad_parameter(field: str, *, message: str = "") -> CallRefusedError:
    """Make the refusal of a field that is missing, of the wrong kind, or out of bounds."""
    return CallRefusedError(
        "PARAM_ERROR", message=message or f"输入源“{field}”校验失败", field=field
    )
