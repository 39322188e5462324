"""Servers on loopback that end a TLS connection at a chosen moment."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Moment = Literal["plain_text", "during_handshake", "untrusted", "after_request"]


def write_certificate(folder: Path) -> Path:
    """A certificate of localhost with its key, in one file; it vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "localhost.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def ending(moment: Moment, certificate: Path) -> Iterator[tuple[str, list[bytes]]]:
    """A server's URL, and what it was able to read of each request before it hung up."""
    listening = socket.create_server(("localhost", 0))
    read: list[bytes] = []
    serving = threading.Thread(target=_serve, args=(listening, moment, certificate, read), daemon=True)
    serving.start()
    try:
        yield f"https://localhost:{listening.getsockname()[1]}", read
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        serving.join(timeout=5)


def _serve(listening: socket.socket, moment: Moment, certificate: Path, read: list[bytes]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            _end(connection, moment, context, read)


def _end(connection: socket.socket, moment: Moment, context: ssl.SSLContext, read: list[bytes]) -> None:
    connection.recv(16, socket.MSG_PEEK)
    match moment:
        case "plain_text":
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        case "during_handshake":
            connection.recv(16)
        case "untrusted" | "after_request":
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    read.append(secured.recv(65_536))
            except (OSError, ssl.SSLError):
                return  # the client does not trust us
