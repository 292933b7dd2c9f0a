"""Secrets at rest: read in their own place only, found without being read."""

import base64
import re

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from ledger.encryption import blind_index, blind_index_candidates, decrypt, encrypt, is_current
from ledger.errors import DecryptionError

OLD = bytes(range(32))
NEW = bytes(range(32, 64))
PLACE = "settlements_destination|account_encrypted|dst_1"
ACCOUNT = "6222020200112233445"


@pytest.fixture(autouse=True)
def one_key(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = {"2026.1": OLD}


@given(plaintext=st.text(), aad=st.text(min_size=1))
def test_reads_back_what_it_encrypted(plaintext: str, aad: str) -> None:
    assert decrypt(encrypt(plaintext, aad=aad), aad=aad) == plaintext


def test_reads_back_text_that_is_not_valid_unicode() -> None:
    assert decrypt(encrypt("\ud800", aad=PLACE), aad=PLACE) == "\ud800"


def test_names_its_version_and_key_and_shows_nothing_of_the_text() -> None:
    # When
    ciphertext = encrypt(ACCOUNT, aad=PLACE)

    # Then: 12 bytes of nonce, 19 of text, 16 of tag are 63 characters
    assert re.fullmatch(r"v1\.2026\.1\.[A-Za-z0-9_-]{63}", ciphertext)
    assert is_current(ciphertext)


def test_never_encrypts_twice_alike() -> None:
    assert len({encrypt(ACCOUNT, aad=PLACE) for _ in range(100)}) == 100


def test_does_not_use_the_configured_key_itself() -> None:
    # Given
    packed = base64.urlsafe_b64decode(encrypt(ACCOUNT, aad=PLACE).rpartition(".")[2] + "=")

    # Then
    with pytest.raises(InvalidTag):
        AESGCM(OLD).decrypt(packed[:12], packed[12:], f"v1|2026.1|{PLACE}".encode())


@pytest.mark.parametrize(
    "place",
    [
        "",
        "settlements_destination|account_encrypted|dst_2",
        "settlements_destination|account_encrypted|dst_1 ",
        "payments_channelaccount|private_key_encrypted|dst_1",
    ],
)
def test_refuses_to_read_in_another_place(place: str) -> None:
    # Given
    ciphertext = encrypt(ACCOUNT, aad=PLACE)

    # Then
    with pytest.raises(DecryptionError):
        decrypt(ciphertext, aad=place)


def test_refuses_every_changed_character() -> None:
    # Given
    ciphertext = encrypt(ACCOUNT, aad=PLACE)

    # Then
    for index, character in enumerate(ciphertext):
        changed = "B" if character == "A" else "A"
        with pytest.raises(DecryptionError):
            decrypt(ciphertext[:index] + changed + ciphertext[index + 1 :], aad=PLACE)


def test_refuses_spare_bits_and_stray_characters_that_base64_forgives() -> None:
    # Given: 47 bytes end in a character with two bits that mean nothing
    ciphertext = encrypt(ACCOUNT, aad=PLACE)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(ciphertext[-1])

    # Then
    assert last % 4 == 0
    for other in (
        ciphertext[:-1] + alphabet[last + 1],
        ciphertext + "=",
        ciphertext + "\n",
        ciphertext[:-3] + "*" + ciphertext[-3:],
    ):
        with pytest.raises(DecryptionError):
            decrypt(other, aad=PLACE)


@pytest.mark.parametrize(
    "ciphertext",
    [
        "",
        "v1",
        "v1..",
        "v1.2026.1.",
        "v1.2026.1.AAAA",
        "v2.2026.1." + "A" * 63,
        "明文",
        "v1.2026.1.é",
    ],
)
def test_refuses_what_was_never_a_ciphertext(ciphertext: str) -> None:
    with pytest.raises(DecryptionError):
        decrypt(ciphertext, aad=PLACE)


@given(text=st.text())
def test_never_answers_garbage_with_anything_but_a_refusal(text: str) -> None:
    with pytest.raises(DecryptionError):
        decrypt(text, aad=PLACE)


def test_refuses_to_encrypt_for_no_place() -> None:
    with pytest.raises(ValueError, match="place"):
        encrypt(ACCOUNT, aad="")


def test_reads_with_an_old_key_and_writes_with_the_new_one(settings: Settings) -> None:
    # Given
    before = encrypt(ACCOUNT, aad=PLACE)

    # When: keys may be given as pairs as well
    settings.ENCRYPTION_KEYS = [("2026.2", NEW), ("2026.1", OLD)]
    after = encrypt(ACCOUNT, aad=PLACE)

    # Then
    assert after.startswith("v1.2026.2.")
    assert decrypt(before, aad=PLACE) == decrypt(after, aad=PLACE) == ACCOUNT
    assert (is_current(before), is_current(after)) == (False, True)


def test_refuses_a_key_that_is_not_configured_and_another_under_its_name(
    settings: Settings,
) -> None:
    # Given
    ciphertext = encrypt(ACCOUNT, aad=PLACE)

    # Then
    for keys in ({"2026.2": OLD}, {"2026.1": NEW}):
        settings.ENCRYPTION_KEYS = keys
        with pytest.raises(DecryptionError):
            decrypt(ciphertext, aad=PLACE)


def test_refuses_a_ciphertext_that_names_another_key_of_the_same_bytes(
    settings: Settings,
) -> None:
    # Given
    settings.ENCRYPTION_KEYS = {"a": OLD, "b": OLD}
    ciphertext = encrypt(ACCOUNT, aad=PLACE)

    # Then
    with pytest.raises(DecryptionError):
        decrypt(ciphertext.replace("v1.a.", "v1.b."), aad=PLACE)


@pytest.mark.parametrize("keys", [{}, [], {"a": b""}, {"a": b"x" * 31}])
def test_refuses_to_run_without_proper_keys(settings: Settings, keys: object) -> None:
    # Given
    settings.ENCRYPTION_KEYS = keys

    # Then
    with pytest.raises(ImproperlyConfigured):
        encrypt(ACCOUNT, aad=PLACE)


class TestBlindIndex:
    def test_is_equal_for_equal_values_of_one_purpose_only(self) -> None:
        # When
        index = blind_index(ACCOUNT, purpose="destination.account")

        # Then
        assert len(index) == 32
        assert index == blind_index(ACCOUNT, purpose="destination.account")
        assert index != blind_index(ACCOUNT + "0", purpose="destination.account")
        assert index != blind_index(ACCOUNT, purpose="payer.account")

    def test_stays_what_it_was(self) -> None:
        """A change of derivation would lose every row that was indexed before."""
        assert (
            blind_index(ACCOUNT, purpose="destination.account").hex()
            == "25ecb27c43317ae62e9cd48d5013b94774b82970d25eb797797a43432db0d632"
        )

    def test_finds_rows_of_an_older_key_during_a_rotation(self, settings: Settings) -> None:
        # Given
        before = blind_index(ACCOUNT, purpose="destination.account")

        # When
        settings.ENCRYPTION_KEYS = {"2026.2": NEW, "2026.1": OLD}
        candidates = blind_index_candidates(ACCOUNT, purpose="destination.account")

        # Then
        assert candidates == [blind_index(ACCOUNT, purpose="destination.account"), before]
        assert candidates[0] != before

    def test_refuses_to_serve_no_purpose(self) -> None:
        with pytest.raises(ValueError, match="purpose"):
            blind_index(ACCOUNT, purpose="")


def test_still_reads_what_the_first_version_wrote() -> None:
    """A change of format or derivation would lose every secret that was kept before."""
    assert (
        decrypt(
            "v1.2026.1.fUGsFk8Gi-1UrLFrAaHcfWmWPVs2pfA9Avp41unhY8zXOcwhGuNrxiH5Mq5LkCQ", aad=PLACE
        )
        == ACCOUNT
    )
