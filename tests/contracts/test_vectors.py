"""Every published vector of the channels is used by a test, byte for byte.

The folder `../shared` is knowledge beside the checkout: where it is missing these are skipped, in
CI they fail (see the fixture `shared`). The two smallest uses are made here.
"""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from payments.channels.wechatpay import signing
from payments.channels.wechatpay.platform_keys import read_platform_keys

TESTS = Path(__file__).parents[1]
ALIPAY = "payments/channels/test_alipay"
SIGNING = "payments/channels/wechatpay/test_wechatpay_signing.py"
SIGNED_TEXTS = "payments/channels/wechatpay/signed_texts.py"
ENCRYPTION = "payments/channels/wechatpay/test_wechatpay_encryption.py"
HERE = "contracts/test_vectors.py"
VECTORS = {
    "alipay/bills/trade_detail_20190916.gbk.csv": (f"{ALIPAY}_bills.py", "20190916.gbk.csv"),
    "alipay/bills/trade_detail_20190916.utf8.csv": (HERE, "20190916.utf8.csv"),
    "alipay/bills/trade_detail_empty.gbk.csv": (HERE, "empty.gbk.csv"),
    "alipay/keys/alipayCertPublicKey_RSA2.crt": (f"{ALIPAY}_certificates.py", '"alipay_cert"'),
    "alipay/keys/alipayRootCert.crt": (f"{ALIPAY}_certificates.py", '"root_cert"'),
    "alipay/keys/appCertPublicKey_2021001161683774.crt": (
        f"{ALIPAY}_certificates.py",
        '"app_cert"',
    ),
    "alipay/vectors_cert_sn.json": (f"{ALIPAY}_certificates.py", "vectors_cert_sn.json"),
    "alipay/vectors_notify_charset.json": (
        f"{ALIPAY}_charsets.py",
        "vectors_notify_charset.json",
    ),
    "alipay/vectors_response_signed_text_extraction.json": (
        f"{ALIPAY}_signing.py",
        "vectors_response_signed_text_extraction.json",
    ),
    "wechatpay/keys/go_sdk_platform_cert_D7CE59D1F522D701.pem": (SIGNING, '"platform_cert"'),
    "wechatpay/keys/go_sdk_platform_private_key.pem": (SIGNING, '"private_key"'),
    "wechatpay/keys/java_merchant_certificate.pem": (SIGNING, '"merchant_cert"'),
    "wechatpay/keys/java_merchant_private_key.pem": (HERE, "java_merchant_private_key.pem"),
    "wechatpay/keys/java_wechat_pay_certificate.pem": (SIGNING, '"platform_cert"'),
    "wechatpay/keys/java_wechat_pay_private_key.pem": (SIGNING, '"platform_private"'),
    "wechatpay/keys/java_wechat_pay_public_key.pem": (SIGNING, '"platform_public"'),
    "wechatpay/vectors_go_sdk.json": (SIGNED_TEXTS, "vectors_go_sdk.json"),
    "wechatpay/vectors_java_sdk.json": (SIGNED_TEXTS, "vectors_java_sdk.json"),
    "wechatpay/vectors_request_signing_string.json": (
        ENCRYPTION,
        "vectors_request_signing_string.json",
    ),
}
"""Each file, the module that uses it, and the words by which it is named there."""


@pytest.fixture
def folder(shared):
    return shared / "vectors"


def test_every_file_is_used_by_a_test(folder):
    found = {
        path.relative_to(folder).as_posix()
        for channel in ("alipay", "wechatpay")
        for path in (folder / channel).rglob("*")
        if path.is_file()
    }
    assert found == set(VECTORS)


@pytest.mark.parametrize("vector", sorted(VECTORS))
def test_the_module_that_uses_it_names_it(vector):
    module, words = VECTORS[vector]
    text = (TESTS / module).read_text()
    if module == HERE:
        # Its name in the table is not a use.
        text = text.rpartition("def test_the_module_that_uses_it_names_it")[2]
    assert words in text


def test_alipay_s_bill_is_read_in_the_charset_that_holds_gbk(folder):
    # Given
    bills = folder / "alipay/bills"
    raw = (bills / "trade_detail_20190916.gbk.csv").read_bytes()

    # When
    text = raw.decode("gb18030")

    # Then: as it was published, and nothing is lost on the way back
    assert text == (bills / "trade_detail_20190916.utf8.csv").read_bytes().decode()
    assert text.encode("gbk") == raw


def test_alipay_s_bill_of_a_day_without_trades_has_its_marks_and_no_row(folder):
    # When
    raw = (folder / "alipay/bills" / "trade_detail_empty.gbk.csv").read_bytes()
    lines = [line for line in raw.decode("gb18030").splitlines() if line]

    # Then
    assert [line.startswith("#") for line in lines] == [True, True, False, True]
    assert lines[2].split(",") == [
        "支付宝交易号",
        "商户订单号",
        "业务类型",
        "商品名称",
        "创建时间",
        "完成时间",
    ]


def test_our_own_signature_is_the_merchant_certificate_s(folder):
    # Given
    keys = folder / "wechatpay/keys"
    private = load_pem_private_key((keys / "java_merchant_private_key.pem").read_bytes(), None)
    pem = (keys / "java_merchant_certificate.pem").read_bytes()
    (certificate,) = read_platform_keys(pem)

    # When
    signature = signing.sign(b"message", private)

    # Then
    assert signing.is_signed(b"message", signature, certificate.public_key)
