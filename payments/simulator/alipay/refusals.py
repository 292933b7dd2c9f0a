"""What the simulated Alipay gateway answers instead of `10000`, in Alipay's own words."""

Node = dict[str, object]

_MESSAGES = {
    "20000": "Service Currently Unavailable",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40004": "Business Failed",
    "40006": "Insufficient Permissions",
}
_REFUSALS = {
    "ACQ.SYSTEM_ERROR": ("20000", "系统错误"),
    "SYSTEM_ERROR": ("20000", "系统繁忙"),
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
    "isv.missing-app-cert-sn": ("40002", "缺少应用公钥证书序列号"),
    "isv.missing-alipay-root-cert-sn": ("40002", "缺少支付宝根证书序列号"),
    "isv.app-cert-not-exist": ("40002", "应用公钥证书不存在"),
    "isv.invalid-alipay-root-cert-sn": ("40002", "无效的支付宝根证书序列号"),
    "isv.ip-forbidden": ("40006", "禁止IP访问"),
    "ACQ.INVALID_PARAMETER": ("40004", "参数无效"),
    "ACQ.TRADE_NOT_EXIST": ("40004", "交易不存在"),
    "ACQ.TRADE_HAS_SUCCESS": ("40004", "交易已被支付"),
    "ACQ.TRADE_HAS_CLOSE": ("40004", "交易已经关闭"),
    "ACQ.CONTEXT_INCONSISTENT": ("40004", "交易信息被篡改"),
    "ACQ.TRADE_STATUS_ERROR": ("40004", "交易状态不合法"),
    "ACQ.TRADE_HAS_FINISHED": ("40004", "交易已完结"),
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": ("40004", "退款金额超限"),
    "ACQ.DISCORDANT_REPEAT_REQUEST": ("40004", "同一退款请求号，退款金额不一致"),
    "ACQ.SELLER_BALANCE_NOT_ENOUGH": ("40004", "商户的支付宝账户中无足够的资金进行撤销"),
    "ACQ.TRADE_NOT_ALLOW_REFUND": ("40004", "当前交易不允许退款"),
    "ACQ.NOT_ALLOW_PARTIAL_REFUND": ("40004", "不支持部分退款"),
    "ACQ.REASON_TRADE_BEEN_FREEZEN": ("40004", "请求退款的交易被冻结"),
    "ACQ.REASON_TRADE_REFUND_FEE_ERR": ("40004", "退款金额无效"),
    "ACQ.AUTH_NO_ERROR": ("40004", "预授权号错误或状态不对"),
    "ILLEGAL_ARGUMENT": ("40004", "参数异常或参数缺失"),
    "AUTH_ORDER_NOT_EXIST": ("40004", "支付宝资金授权订单不存在"),
    "AUTH_OPERATION_NOT_EXIST": ("40004", "支付宝资金操作流水不存在"),
    "ORDER_ALREADY_FINISH": ("40004", "授权订单已经完结，无法再进行资金操作"),
    "ORDER_ALREADY_CLOSED": ("40004", "授权订单已经关闭"),
    "REQUEST_AMOUNT_EXCEED": ("40004", "请求解冻金额超限"),
    "OUT_ORDER_NO_CONFLICT": ("40004", "商户订单号冲突，订单信息不一致"),
    "isp.bill_not_exist": ("40004", "账单不存在"),
    "isv.invalid_arguments": ("40004", "入参不合法"),
    "INVALID_PARAMETER": ("40004", "参数有误"),
    "ORDER_NOT_EXIST": ("40004", "转账订单不存在"),
    "PAYMENT_INFO_INCONSISTENCY": ("40004", "两次请求商户单号一样，但是参数不一致"),
    "PRODUCT_NOT_SIGN": ("40004", "产品未签约"),
    "PAYEE_NOT_EXIST": ("40004", "收款账号不存在"),
    "PAYEE_USER_INFO_ERROR": ("40004", "支付宝账号和姓名不匹配，请确认姓名是否正确"),
    "PAYEE_ACC_OCUPIED": ("40004", "收款方登录号有多个支付宝账号，无法确认唯一收款账号"),
    "PAYER_BALANCE_NOT_ENOUGH": ("40004", "余额不足"),
    "EXCEED_LIMIT_SM_AMOUNT": ("40004", "单笔额度超限"),
    "EXCEED_LIMIT_DM_AMOUNT": ("40004", "日累计额度超限"),
    "EXCEED_LIMIT_MM_AMOUNT": ("40004", "月累计金额超限"),
    "EXCEED_LIMIT_PERSONAL_SM_AMOUNT": ("40004", "转账给个人支付宝账户单笔最多5万元"),
    "EXCEED_LIMIT_ENT_SM_AMOUNT": ("40004", "转账给企业支付宝账户单笔最多10万元"),
    "EXCEED_LIMIT_SM_MIN_AMOUNT": ("40004", "单笔最低转账金额0.1元"),
    "EXCEED_LIMIT_DC_RECEIVED": ("40004", "收款方单日收款笔数超限"),
    "MEMO_REQUIRED_IN_TRANSFER_ERROR": ("40004", "根据监管部门的要求，需要付款用途"),
    "SECURITY_CHECK_FAILED": ("40004", "账户存在风险，已被限制付款"),
    "BLOCK_USER_FORBBIDEN_RECIEVE": ("40004", "账户异常被冻结，无法收款"),
    "BLOCK_USER_FORBBIDEN_SEND": ("40004", "账户异常被冻结，无法付款"),
    "PERMIT_CHECK_PERM_LIMITED": ("40004", "您的账户限制付款"),
    "TRANSFER_SCENE_NAME_ILLEGAL": ("40004", "转账场景名称不合法"),
    "REMARK_HAS_SENSITIVE_WORD": ("40004", "转账备注包含敏感词"),
    "PAYER_CERT_EXPIRED": ("40004", "付款方证书已过期"),
    "REFUND": ("40004", "收款账户异常，资金已退回"),
}


class GatewayRefusedError(Exception):
    """A call that the gateway refuses, by its sub-code; the refused order has no effect.

    `field` names what was wrong, where one field was.
    """

    def __init__(self, sub_code: str, *, field: str | None = None) -> None:
        super().__init__(f"{sub_code} {field or ''}".strip())
        self.sub_code = sub_code
        # What tests order may be any code that Alipay has, or will have one day.
        self.code, text = _REFUSALS.get(sub_code, ("40004", "业务处理失败"))
        self._sub_msg = text if field is None else f"{text}：{field}"

    def node(self) -> Node:
        """Write it as the gateway answers it."""
        return {
            "code": self.code,
            "msg": _MESSAGES[self.code],
            "sub_code": self.sub_code,
            "sub_msg": self._sub_msg,
        }


def meaning(sub_code: str) -> str:
    """Say in Alipay's words what a code of a business failure means."""
    return _REFUSALS.get(sub_code, ("40004", "业务处理失败"))[1]
