"""What an RSA key has signed is told from everything that only looks like it; keys that are too weak are refused."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from math import isqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.identity.rsa_keys import LARGEST, SMALLEST, RsaPublicKey, UnusableKey, checked
from kizuna.core.identity.rsa_texts import read_public_key
from tests.support import rsa

MESSAGE = b"header.claims"
LENGTH = 256  # octets of a key of 2,048 bits
SHA_256 = bytes.fromhex("3031300d060960864801650304020105000420")
SHA_256_WITHOUT_NULL = bytes.fromhex("302f300b0609608648016503040201" + "0420")
SHA_1 = bytes.fromhex("3021300906052b0e03021a05000414")
SHA_512 = bytes.fromhex("3051300d060960864801650304020305000440")
KEYS = {2048: rsa.PUBLIC_2048, 3072: rsa.PUBLIC_3072}
HASH = hashlib.sha256(MESSAGE).digest()


def padded(inner: bytes, *, before: bytes = b"\x00\x01", fill: bytes = b"\xff", after: bytes = b"") -> bytes:
    """A block with so much filling that it is as long as the key."""
    rest = LENGTH - len(before) - 1 - len(inner) - len(after)
    return before + fill * rest + b"\x00" + inner + after


@pytest.mark.parametrize(("bits", "message"), rsa.SIGNED)
def test_what_openssl_signed_is_known_as_signed_and_nothing_else_is(bits: int, message: bytes) -> None:
    key, signature = read_public_key(KEYS[bits]), b64decode(rsa.SIGNED[bits, message])
    assert key.has_signed(message, signature)
    assert not key.has_signed(message + b" ", signature)
    for other, told in KEYS.items():
        assert read_public_key(told).has_signed(message, signature) is (other == bits)


def test_the_true_block_is_taken_so_that_the_forged_ones_below_are_refused_for_what_is_wrong_with_them() -> (
    None
):
    assert rsa.public_key().has_signed(MESSAGE, rsa.signed_block(padded(SHA_256 + HASH)))


FORGED = {
    "another hash": padded(SHA_1 + hashlib.sha1(MESSAGE).digest()),  # noqa: S324  (it is what a forger would use)
    "a longer hash": padded(SHA_512 + hashlib.sha512(MESSAGE).digest()),
    "the hash under another name": padded(SHA_1 + HASH),
    "the hash without a name": padded(HASH),
    "the name in another form": padded(SHA_256_WITHOUT_NULL + HASH),
    "garbage behind the hash, little filling": b"\x00\x01" + b"\xff" * 8 + b"\x00" + SHA_256 + HASH + b"\x07" * 194,
    "garbage behind the hash, much filling": padded(SHA_256 + HASH, after=b"\x00"),
    "garbage in the filling": padded(SHA_256 + HASH)[:40] + b"\xfe" + padded(SHA_256 + HASH)[41:],
    "filling for encryption": padded(SHA_256 + HASH, before=b"\x00\x02"),
    "filling of zeros": padded(SHA_256 + HASH, before=b"\x00\x00", fill=b"\x00"),
    "a block that begins elsewhere": padded(SHA_256 + HASH, before=b"\x01"),
    "no end of the filling": b"\x00\x01" + b"\xff" * (LENGTH - 53) + SHA_256 + HASH,
    "of another message": padded(SHA_256 + hashlib.sha256(b"another").digest()),
    "nothing": bytes(LENGTH),
}  # fmt: skip


@pytest.mark.parametrize("case", FORGED)
def test_a_block_that_is_padded_or_hashed_otherwise_is_no_signature(case: str) -> None:
    assert len(FORGED[case]) == LENGTH
    assert not rsa.public_key().has_signed(MESSAGE, rsa.signed_block(FORGED[case]))


def test_a_signature_has_one_form_alone() -> None:
    signature = rsa.signed_block(padded(SHA_256 + HASH))
    key = rsa.public_key()
    more = int.from_bytes(signature) + key.modulus  # opens to the same
    other_forms = [b"\x00" + signature, signature + b"\x00", signature[1:], b"", b"\x00", more.to_bytes(257)]
    if more.bit_length() <= 2048:
        other_forms.append(more.to_bytes(256))
    for other in other_forms:
        assert not key.has_signed(MESSAGE, other)


@given(st.binary(max_size=300))
def test_no_octets_that_somebody_makes_up_are_a_signature(signature: bytes) -> None:
    assert not read_public_key(rsa.PUBLIC_2048).has_signed(MESSAGE, signature)


def cube_root(value: int) -> int:
    """Rounded up."""
    low, high = 0, 1 << (value.bit_length() // 3 + 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < value else (low, middle)
    return low


def test_with_exponent_3_a_forger_needs_no_key_and_gets_nowhere() -> None:
    """Bleichenbacher's forgery of 2006: a cube that begins like a true block, with garbage in the rest of it."""
    modulus = (1 << 2048) - 1942289  # of what a cube below it needs to know, its size is all
    begins = b"\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\x00" + SHA_256 + HASH
    forged = cube_root(int.from_bytes(begins + bytes(LENGTH - len(begins))))
    assert (forged**3).to_bytes(LENGTH).startswith(begins), (
        "the forgery opens to what a careless reader takes"
    )
    assert not RsaPublicKey(modulus, 3).has_signed(MESSAGE, forged.to_bytes(LENGTH))
    with pytest.raises(UnusableKey, match="exponent"):
        read_public_key(rsa.EXPONENT_3)


ODD = rsa.public_key().modulus
WEAK = {
    "too short": ((1 << 2047) - 1, 65537, "2047 bits"),
    "much too short": (15, 65537, "4 bits"),
    "too long": ((1 << LARGEST) + 1, 65537, "8193 bits"),
    "zero": (0, 65537, "above zero"),
    "below zero": (-ODD, 65537, "above zero"),
    "even": (ODD - 1, 65537, "small factor"),
    "a multiple of 751": ((ODD // 751) * 751, 65537, "small factor"),
    "exponent 1": (ODD, 1, "exponent"),
    "exponent 3": (ODD, 3, "exponent"),
    "exponent just too small": (ODD, 2**16 - 1, "exponent"),
    "an even exponent": (ODD, 2**16, "exponent"),
    "an even exponent above": (ODD, 65538, "exponent"),
    "an exponent without end": (ODD, 2**256 + 1, "exponent"),
    "an exponent below zero": (ODD, -65537, "exponent"),
}


@pytest.mark.parametrize("case", WEAK)
def test_a_key_is_refused_by_which_others_could_sign_or_nobody_can(case: str) -> None:
    modulus, exponent, told = WEAK[case]
    with pytest.raises(UnusableKey, match=told):
        checked(modulus, exponent)


def test_the_bounds_themselves_are_taken() -> None:
    def fit(bits: int) -> int:
        number = (1 << bits) - 1
        while True:
            try:
                return checked(number, 2**256 - 1).modulus
            except UnusableKey:
                number -= 2

    for bits in (SMALLEST, LARGEST):
        assert checked(fit(bits), 65537).bits == bits
    assert checked(ODD, 65537).exponent == 65537


def test_a_modulus_of_two_primes_is_not_taken_for_one_with_a_small_factor() -> None:
    assert ODD % 757 != 0
    assert checked(ODD, 65537) == rsa.public_key()
    assert isqrt(ODD) ** 2 != ODD
