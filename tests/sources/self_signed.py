"""A server certificate that signs itself, made on the spot, so that no key lies in the tree.

Written as X.509 wants it (RFC 5280, RFC 5758) and no more than a handshake needs.
"""

import contextlib
import ipaddress
import ssl
import tempfile
from base64 import encodebytes
from collections.abc import Iterator
from pathlib import Path

from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS
from Crypto.Util.asn1 import DerBitString, DerInteger, DerObjectId, DerOctetString

ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"
COMMON_NAME = "2.5.4.3"
ALTERNATIVE_NAME = "2.5.29.17"


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    long_form = size.to_bytes((size.bit_length() + 7) // 8, "big")
    length = bytes([size]) if size < 128 else bytes([0x80 | len(long_form)]) + long_form
    return bytes([tag]) + length + content


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, b"".join(parts))


def _name(address: str) -> bytes:
    """Give the alternative name of an IP address, or of a host by its name."""
    try:
        return _tagged(0x87, ipaddress.ip_address(address).packed)
    except ValueError:
        return _tagged(0x82, address.encode())


def _certificate(key: ECC.EccKey, address: str) -> bytes:
    algorithm = _sequence(DerObjectId(ECDSA_WITH_SHA256).encode())
    common = _sequence(DerObjectId(COMMON_NAME).encode(), _tagged(0x0C, b"nobody"))
    name = _sequence(_tagged(0x31, common))
    validity = _sequence(_tagged(0x17, b"200101000000Z"), _tagged(0x17, b"491231235959Z"))
    names = _sequence(_name(address))
    extension = _sequence(DerObjectId(ALTERNATIVE_NAME).encode(), DerOctetString(names).encode())
    to_sign = _sequence(
        _tagged(0xA0, DerInteger(2).encode()),
        DerInteger(1).encode(),
        algorithm,
        name,
        validity,
        name,
        key.public_key().export_key(format="DER"),
        _tagged(0xA3, _sequence(extension)),
    )
    signature = DSS.new(key, "fips-186-3", encoding="der").sign(SHA256.new(to_sign))
    return _sequence(to_sign, algorithm, DerBitString(signature).encode())


@contextlib.contextmanager
def self_signed(address: str, trusted: Path | None = None) -> Iterator[ssl.SSLContext]:
    """Give the TLS side of a server at this IP address or host name that vouches for itself.

    `trusted` is a file to which its certificate is written, for who is to trust it.
    """
    key = ECC.generate(curve="P-256")
    body = encodebytes(_certificate(key, address)).decode()
    certificate = f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"
    if trusted is not None:
        trusted.write_text(certificate)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "server.pem")
        file.write_text(f"{key.export_key(format='PEM')}\n{certificate}")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        yield context
