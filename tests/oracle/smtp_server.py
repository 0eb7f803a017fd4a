"""A real mail server for tests: aiosmtpd with TLS and login. Mails are parsed with Python's email package.

    python smtp_server.py FOLDER USER PASSWORD

Creates a CA and a certificate for localhost in FOLDER (ca.pem), serves SMTPS and SMTP with required STARTTLS, prints both
ports on one line, and appends each parsed mail to FOLDER/mails.ndjson as one JSON line. Exits when standard input is closed.
"""

import asyncio
import datetime
import email
import email.policy
import ipaddress
import json
import pathlib
import ssl
import sys

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

folder, user, password = pathlib.Path(sys.argv[1]), sys.argv[2].encode(), sys.argv[3].encode()


def x509_name(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def certificate(subject, issuer, key, issuer_key, *extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509_name(subject))
        .issuer_name(x509_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


ca_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
ca = certificate(
    "vigie tests", "vigie tests", ca_key, ca_key, (x509.BasicConstraints(ca=True, path_length=None), True)
)
names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
server = certificate(
    "localhost", "vigie tests", server_key, ca_key, (x509.SubjectAlternativeName(names), False)
)
(folder / "ca.pem").write_bytes(pem(ca))
(folder / "server.pem").write_bytes(pem(server))
(folder / "server.key").write_bytes(
    server_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
)


def parts(message):
    for part in message.walk():
        content = None if part.is_multipart() else part.get_content()
        yield {
            "kind": part.get_content_type(),
            "id": part["Content-ID"],
            "name": part.get_filename(),
            "disposition": part.get_content_disposition(),
            "text": content if isinstance(content, str) else None,
            "size": None if content is None else len(content),
        }


class MailStore:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parsed = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": server.transport.get_extra_info("cipher") is not None,
            "login": session.auth_data.decode() if session.auth_data else None,
            "headers": {name: str(value) for name, value in message.items()},
            "defects": [str(defect) for part in message.walk() for defect in part.defects],
            "parts": list(parts(message)),
        }
        with open(folder / "mails.ndjson", "a") as file:
            file.write(json.dumps(parsed) + "\n")
        return "250 2.0.0 stored"


def authenticate(server, session, envelope, mechanism, data):
    ok = isinstance(data, LoginPassword) and (data.login, data.password) == (user, password)
    return AuthResult(success=ok, auth_data=data.login if ok else None, handled=ok)


loop = asyncio.new_event_loop()


def controller(**options):
    return UnthreadedController(
        MailStore(), loop=loop, hostname="127.0.0.1", port=0, authenticator=authenticate, auth_required=True, **options
    )


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder / "server.pem", folder / "server.key")
controllers = [
    # With implicit TLS, login must not require STARTTLS.
    controller(ssl_context=context, auth_require_tls=False),
    controller(tls_context=context, require_starttls=True),
]
for one in controllers:
    one.begin()
print(*(one.server.sockets[0].getsockname()[1] for one in controllers), flush=True)
loop.run_until_complete(loop.run_in_executor(None, sys.stdin.read))
for one in controllers:
    one.end()
