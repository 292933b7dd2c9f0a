"""The channel doctor: what it sees of sound and of broken accounts, and that it changes nothing."""

import inspect
import json
import re
from datetime import timedelta
from email.utils import format_datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import call_command
from django.db import transaction

from ledger import encryption
from payments.actions import channel_doctor, channel_key_checks
from payments.actions.channel_doctor import examine
from payments.actions.channel_findings import SENTENCES
from payments.actions.channels import NetworkInTransactionError, point_at_gateway
from payments.channels import inspection
from payments.channels.transport import Answer
from payments.models import ChannelAccount, DatabaseClock
from tests.factories.payments import BankAccountFactory
from tests.instants import NOON
from tests.rig.keys import put_in_use
from tests.rig.rows import nothing_written
from tests.rig.stage import open_wechat_account


def levels(account: ChannelAccount) -> dict[str, str]:
    """Return how each check ended, the worst of each."""
    order = ["fine", "warning", "error"]
    found: dict[str, str] = {}
    for finding in examine(account):
        found[finding.check] = max(
            found.get(finding.check, "fine"), finding.level.value, key=order.index
        )
    return found


def certificate_pem(*, valid_until) -> str:
    """Make a certificate that ends then."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "channel")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(valid_until - timedelta(days=365))
        .not_valid_after(valid_until)
        .sign(key, SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()


def stranger_pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_a_sound_account_is_sound_and_nothing_is_written(marketplace):
    # When
    with nothing_written():
        found = levels(marketplace.alipay)

    # Then
    assert found == {
        "configuration": "fine",
        "our_key": "fine",
        "their_key": "fine",
        "notify_url": "fine",
        "reach": "fine",
        "signature": "fine",
        "notifications": "warning",
    }


@pytest.mark.parametrize("key_mode", ["public_key", "certificate"])
def test_wechat_pay_answers_our_signed_question(marketplace, simulator, key_mode):
    # Given
    account = open_wechat_account(marketplace, other_side=simulator, key_mode=key_mode)

    # Then: in certificate mode the first certificates have to be fetched
    found = levels(account)
    assert (found["configuration"], found["our_key"], found["reach"]) == ("fine", "fine", "fine")
    if key_mode == "public_key":
        assert found["signature"] == "fine"


def test_a_wrong_key_of_the_channel_is_an_error_that_says_what_to_do(marketplace):
    # Given
    marketplace.alipay.channel_public_key = stranger_pem()

    # When
    (finding,) = [f for f in examine(marketplace.alipay) if f.check == "signature"]

    # Then
    assert (finding.level, "BAD_SIGNATURE" in finding.seen) == ("error", True)
    assert finding.todo


def test_a_key_that_cannot_be_decrypted_is_an_error(marketplace):
    # Given a key sealed for another row
    marketplace.alipay.private_key_encrypted = encryption.encrypt("x", aad="elsewhere")

    # Then
    found = levels(marketplace.alipay)
    assert (found["our_key"], found["signature"]) == ("error", "error")


def test_a_gateway_that_nobody_serves_is_an_error(marketplace):
    # Given
    point_at_gateway(
        marketplace.alipay, gateway_url="http://127.0.0.1:1/gateway.do", actor="user:1", at=NOON
    )

    # Then
    found = levels(marketplace.alipay)
    assert (found["reach"], found["signature"]) == ("error", "error")


@pytest.mark.parametrize(("days", "level"), [(31, "fine"), (29, "warning"), (-1, "error")], ids=str)
def test_a_certificate_warns_thirty_days_before_it_ends(marketplace, days, level):
    # Given
    now = ChannelAccount.objects.values_list(DatabaseClock(), flat=True).first()
    marketplace.alipay.channel_public_key = certificate_pem(valid_until=now + timedelta(days=days))

    # Then
    assert levels(marketplace.alipay)["certificate"] == level


@pytest.mark.parametrize(
    ("ahead", "level"), [(0, "fine"), (50, "fine"), (-300, "error"), (300, "error")], ids=str
)
def test_a_clock_that_is_off_is_an_error(marketplace, monkeypatch, ahead, level):
    # Given a gateway that says which time it has
    now = ChannelAccount.objects.values_list(DatabaseClock(), flat=True).first()
    date = format_datetime(now + timedelta(seconds=ahead), usegmt=False)
    answer = Answer(200, b"", {"date": date})
    monkeypatch.setattr(channel_doctor, "reached", lambda account: answer)

    # Then
    assert levels(marketplace.alipay)["clock"] == level


def test_a_bank_is_not_asked_anything(db):
    assert levels(BankAccountFactory()) == {"configuration": "fine"}


def test_it_refuses_to_ask_within_a_transaction(marketplace):
    with transaction.atomic(), pytest.raises(NetworkInTransactionError):
        examine(marketplace.alipay)


def test_nothing_that_it_says_holds_a_key(marketplace):
    # Given
    said = repr(examine(marketplace.alipay))

    # Then
    assert "PRIVATE" not in said
    assert "BEGIN" not in said
    assert marketplace.alipay.private_key_encrypted not in said


def test_the_command_tells_people_and_machines_and_fails_on_errors(marketplace, capsys):
    # When
    call_command("channel_doctor", marketplace.alipay.pk)
    for_people = capsys.readouterr().out
    call_command("channel_doctor", marketplace.alipay.pk, "--json")
    for_machines = json.loads(capsys.readouterr().out)

    # Then
    assert "ok      signature: The channel believed our signature" in for_people
    assert {
        "check": "reach",
        "level": "fine",
        "code": "reached",
        "parameters": {},
        "seen": "The gateway answers.",
        "todo": "",
    } in for_machines[marketplace.alipay.pk]

    # When something is broken
    put_in_use(marketplace.alipay, channel_public_key=stranger_pem())
    with pytest.raises(SystemExit) as ended:
        call_command("channel_doctor", marketplace.alipay.pk)

    # Then
    assert ended.value.code == 1


@pytest.mark.parametrize(
    "text", ["", "hello", "-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----"]
)
def test_what_is_no_key_is_never_quoted(text):
    with pytest.raises(inspection.UninspectableError) as refused:
        inspection.inspected(text)
    assert "AA" not in str(refused.value)


def test_every_code_has_its_sentences_and_each_sentence_a_code():
    # Given what the doctor may find
    source = "".join(inspect.getsource(module) for module in (channel_doctor, channel_key_checks))
    written = {text for text in re.findall(r'"([a-z_]+)"', source) if text in SENTENCES}
    called = set(re.findall(r'Finding\(\s*[^,]+,\s*(?:Level\.\w+|level),\s*"([a-z_]+)"', source))

    # Then
    assert written == set(SENTENCES)
    assert called <= set(SENTENCES)
