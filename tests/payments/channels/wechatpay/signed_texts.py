"""What the tests of wechatpay signing and their neighbours share."""

import json

import pytest

from payments.channels.wechatpay.platform_keys import PlatformKey, read_platform_keys


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "vectors/wechatpay"


@pytest.fixture(scope="module")
def go_sdk(folder):
    return json.loads((folder / "vectors_go_sdk.json").read_text())


@pytest.fixture(scope="module")
def java_sdk(folder):
    return json.loads((folder / "vectors_java_sdk.json").read_text())


def key_in(folder, name: str) -> PlatformKey:
    (key,) = read_platform_keys((folder / name).read_bytes())
    return key
