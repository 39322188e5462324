"""RSA keys of other makers: what OpenSSL wrote and signed, and a private key that signs whatever a forger likes.

That one is of `cryptography`, which moto brings.
"""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from kizuna.core.identity.rsa_keys import RsaPublicKey, checked

# Made by `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`, and written by `openssl pkey -pubout` and by
# `openssl rsa -RSAPublicKey_out`.
PUBLIC_2048 = """\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAx+KqYsncLCBiwQ+iHlEp
oNtG+a2SI9mgjS4fgItBhngUjYfADYwRvnPulF+GgGJ/qC6cs46/gRDOYaFTded9
tXFo/Qi3Zi0qyAX/zz6CZAP5riTndbdy/wUJzlN6nSWaUnqlVy0IX/4NQpYzifb+
yykHeCR3Fy7bL3L7pQum1D28UdIK9CYer6TH59S0Yu0UjDHsCfVl8Buxs6YZinlZ
L2sfhrGO28kLceceRC2bgrDMkl2V1pAM5WGNkqqHyTOMofZkPxSUj/scmTNGNWrH
xmCxB88P8eWsPU9ORvJx068KIGu5m/oKEFsjt7BJ6XIhIW/TwFEdOadVm43o6Cu+
EQIDAQAB
-----END PUBLIC KEY-----
"""
PUBLIC_2048_AS_PKCS1 = """\
-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAx+KqYsncLCBiwQ+iHlEpoNtG+a2SI9mgjS4fgItBhngUjYfADYwR
vnPulF+GgGJ/qC6cs46/gRDOYaFTded9tXFo/Qi3Zi0qyAX/zz6CZAP5riTndbdy
/wUJzlN6nSWaUnqlVy0IX/4NQpYzifb+yykHeCR3Fy7bL3L7pQum1D28UdIK9CYe
r6TH59S0Yu0UjDHsCfVl8Buxs6YZinlZL2sfhrGO28kLceceRC2bgrDMkl2V1pAM
5WGNkqqHyTOMofZkPxSUj/scmTNGNWrHxmCxB88P8eWsPU9ORvJx068KIGu5m/oK
EFsjt7BJ6XIhIW/TwFEdOadVm43o6Cu+EQIDAQAB
-----END RSA PUBLIC KEY-----
"""
# Of 3,072 bits.
PUBLIC_3072 = """\
-----BEGIN PUBLIC KEY-----
MIIBojANBgkqhkiG9w0BAQEFAAOCAY8AMIIBigKCAYEArPXajtWibBYoGv7Cf2IZ
afkkd5g/C5LxcVeZO8o3Mumxa5Lur8Gr0ubbaNAKJv1DiL+SOGiKV/UaDjUu0HQt
j1lzo9g5PTMLswUQWOzXVfpsYzkjMh8KkhCNuJKIri44/9aAwTmElbI/ZdM0GowV
SFYd1DdHniIMoB+qqTqaEQzepR30V6NgRf4T9nnOhvxsfD64UtsCnWCLtW8E9j7C
JvYEsd2XFkn3aEG5+RF1wSMSJ7EN2mKS6a4ejsLbqWtKwab2Vvhs1HUQtPc/Ovco
CJ9Z1xOQY+R210wC4Ed05YXSkSMXx8vUurbajjnC4bZXPLnqINk2R1Rh9gBVeE8v
akWZQnqN4fgAlsSgy1OtfOHfPUNe2pW1L5rtCV12yWmg0MaUK6I5qVC4DbA+5H8G
lysTe8ZWzevWxjrqUTRnGe9N8AiBssb5i0bfM6V/BjBeRtzP4Eu1ZxVcX5s7rhHu
ACdjz7M7uOtG/9hHYBMv0NKjQq4O8ymyiH4z8F7E7JnPAgMBAAE=
-----END PUBLIC KEY-----
"""
# What both signed: openssl dgst -sha256 -sign, of nothing at all and of the word kizuna.
SIGNED: dict[tuple[int, bytes], str] = {
    (2048, b""): (
        "f8ZQ85nSbLLMj8v9KpTVFMGPNZBBDg1o3FnGDLuD1QSSSq0F7H13YlGuuLSVrgwXzc27+31643jrbTs8dmkVisdY"
        "X9jWKR0JMnBheHu2rsn9iLyXo/QlKucmLDhF/dxKd2oMels9gBstIz4lZyua8EBVC3VEcVVSOFnbffwIgZWieQUD"
        "ORHnEAbKVAPIIbkYQ4jMCv7pDg0yJme05F2ePKw7KBm4RSIS1PsyreUnbMzGeJjYpLv/DRNHYqbGHfb/2sig0Tjz"
        "IYMIDl+kJaw7NFjeKx8ABYDX+jsA0Gu+/N+OEopMqAqqSe3N3RDdG+qmXbi5qtkxmNfA6SKC909pzg=="
    ),
    (2048, b"kizuna"): (
        "PdXYxX9ooKdTyvYX1bnq1HeQR/eWrzpGmHAGZNkJvsY4QDbELNN8ihyqq7rUAn2UQxaemVz7EtGMW1OpKLMAPE3u"
        "loUU6I01TKkamTSJ1noyze6LdxEuuP/HUIG+RXwpmoByJFWTggLtBO0noUhx7APB8ia+GvdOrNdpTbu+PFIjShuA"
        "tZV9qdAOSktPWq1FQIBZKxGm9ntFeGS1TkBbMUbbCb/g1FqoF5YKl5vHY8r4f6kDBzcZI90gQ9cFJKk0Qo2u48Qn"
        "j4zp6asV6kYFoxpMA+087rOoIhxP0KoQswxFwQYbDpKFBTw5blwVR2/DB49Pah96XRwVtuvHGrWTCg=="
    ),
    (3072, b""): (
        "joEarOX0xf6gONoK062WwdY6UmzLGqMustOtrA3s5neZJWC5pw2njzwiu0qysnIcShuLdghVb99JnW3LMEBf0OEy"
        "XXYOu+0j4QhqBl959mBO4BQe5RqM33prfE1/+OvebVrbSUKbPUuMers5yHeo2GlB1PL4ekmB56XtXqulgB86kHCu"
        "FwacODTEzgsiOlVh9YfXK7c+pYrnHyb6tqQgsO5osjIqQdymVDikrv2oKjSC0vJf1zZLG0LMvE90feJ1OSjF0bSq"
        "UAtA8SsGT9goA8GtUKBMlc7jUizlniidY3I9yi7ChxuvAPxouiA4QUqwwa+1HChSjV37T5YCAHQru7DxWRuD50PB"
        "cJOhsEUMefvyXPS6vlqkdXq57SjYmaMgSz8ho+g5f/RAVDCICp93sFdwweoizVxbrsemt7N39vySS1Mh8bfoHHRb"
        "rFR+knIgFwe75V/6Pt1Aej6ZsmBB/8H0aNePTqw5eXyBYMYcbGCDSYYrUFxUGvoEvvj6NpJF"
    ),
    (3072, b"kizuna"): (
        "S1wHcmiujXhQZsQMQtVjyvt661HuCf/6WweOUTWkcmvwcaCOc/5pz9l65pJbAHoodPPoJJsC/m9uUyQsB7yNWszR"
        "5u7VpZJgpFheL4iPG7HJ69kqGW6T8DGaKfRReF7qAoMm9XLHWFfzmpleqJ3DY81kK4aW2KzdR3wKiz0YKEROX7pN"
        "IafPhe1PE82odWRTFxLDZ3SMm2wJB1KwCGWtZkaXCd6FdbNsIuHmCWyx4c5QKszfjcVvuDV/TxUwQu7BM2edvnrZ"
        "RdY0eVDM3IvgScPErZo7rlUxZ51zRiCB7X2wBam1wz49xtynL+O6mcJI77JKgVsy2EQlWxQ9O8JrUYBkJFpeUrNK"
        "fu9CEkFGjAjFACdhP/y70RKEuCCC9PTluTath2UeIDFPu69J2yowALODi+JChtbylD4+Yoyx+8C/bO9+6EVs6xBl"
        "XHJZWVnKE2SP8C1z/1SFiqk7YsRvU4ONUK35MFOnzq3NFp2fqj47+fZ7DNSIsLbG7v225GuY"
    ),
}

# Made with an option for 1,024 bits.
TOO_SHORT = """\
-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDXLlyFg6OgaiYSAutZrFEVuZWs
QqFC/xm83I+Z4BJkUG1/0HTql3+5ifDDOJkNDLLhHotGe6IyIdvwvWkW5O6SgVXU
rZtjptZaSZKnGw7UvXMj7DyeVzKqcQmUZc46V1SJTnLhAgRxcXRCG0YwhW4IGBF9
4Uv+eb2Qz4NFQOoC2QIDAQAB
-----END PUBLIC KEY-----
"""
# Made with an option for the exponent 3.
EXPONENT_3 = """\
-----BEGIN PUBLIC KEY-----
MIIBIDANBgkqhkiG9w0BAQEFAAOCAQ0AMIIBCAKCAQEAzrLufGphRt5KBBGml9mm
kWpidVD3tHBl7oteETzZ2hvmMlI0REWhHrrmDqFl+LjXtIUQ7lOMGRjfbCrgwYn1
ZTCGJ9k3uPMTN8IAz++NemPZuO/drjbz2MkDU2Cio9w8Dz85UOc/PqfTjJF2wf9U
YaOE+HLww25DkpWFnAf6kCH4ECmdT1KtojfVasW+iMmdSj/SWAJMhTgroL2kAjMy
AZbYeuy7RO8linM5Yl/BA+ZX5HFY/xRxgNk5FU8KxePskaghly9351NWgcE5hzUA
neDkOkKQG6vYcbz42fPxgCC2+RqlVpN1hEOhC42DJVt18EBUUu60bcae7eThKgnc
JwIBAw==
-----END PUBLIC KEY-----
"""
# Made as RSA-PSS, which is for signatures of another form.
FOR_PSS = """\
-----BEGIN PUBLIC KEY-----
MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBAOcrtKtAdSStH9R7dGhI9Qkr
YO+aKgU0zDTnk1k9wRWRAD7bHd+P3NeLFvlCzB617OGGc/h6kbrLqPF60IDaH4E3
VvaRxtKQ5hpUCIjAXK4ro0GmQCjXaUOtKEpHoQ9XYyCJP/6gr37jjrydHDsYqBUo
RYFepwW1pAGi3N+lieX1idI+nYRwtVloAJPLLQZAFuGNHPTBUqJpDntlinIQubKA
NZ9e9y4lJmVry6zEC7QKqWIbQQMa9RZ7p3OWk9nSes5vt+n1WCEZLu8zesaomJ7i
63f9CPysayJxbopSfEOfc0Hh+F6NlN/Jz0mdXZ7AB7188XKm3es8qM/ArsNxjFMC
AwEAAQ==
-----END PUBLIC KEY-----
"""
# Made as EC.
NOT_RSA = """\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUbdYEiI3IsE4rZb0qlyyM4nn38T+
UPjGzx53Ig1JNHAcbk3Qh4EGuBg3SvdG9nO0w/T/pOTK8wzgbf9/p0oZnQ==
-----END PUBLIC KEY-----
"""


@cache
def private_key() -> rsa.RSAPrivateKey:
    """One for all tests of a process."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def public_key() -> RsaPublicKey:
    """The other half of `private_key`, as we hold it."""
    numbers = private_key().public_key().public_numbers()
    return checked(numbers.n, numbers.e)


def public_pem() -> str:
    """As a company would hand it over."""
    return private_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem() -> bytes:
    """As it must never be handed over, and as PyJWT signs with."""
    return private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def signed_block(block: bytes) -> bytes:
    """The signature that opens to just this block, of 256 bytes: how a maker of another padding signs."""
    numbers = private_key().private_numbers()
    return pow(int.from_bytes(block), numbers.d, numbers.public_numbers.n).to_bytes(256)
