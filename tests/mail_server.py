"""A mail server on 127.0.0.1 that answers as it is told, well or badly; with a certificate."""

import asyncio
import datetime
import email
import email.policy
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_USUAL = {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", ".": "250 taken"}
_USUAL |= {"AUTH": "235 welcome", "STARTTLS": "220 ready", "QUIT": "221 bye", "RSET": "250 ok"}


@dataclass
class MailServer:
    """Answers a command with what was told for it, one after the other, then as is usual.

    "hang" for an answer: says nothing until the test ends; "drop": closes the connection.
    """

    port: int = 0
    extensions: tuple[str, ...] = ()
    told: dict[str, list[str]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    taken: list[EmailMessage] = field(default_factory=list)
    sessions: int = 0
    context: ssl.SSLContext | None = None
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def to(self) -> list[str]:
        return [str(message["To"]) for message in self.taken]

    async def answer(self, verb: str) -> str:
        told = self.told.get(verb, [])
        line = told.pop(0) if told else _USUAL.get(verb, "500 what")
        if line == "hang":
            await self.closing.wait()
        if line in ("hang", "drop"):
            raise ConnectionError
        return line

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            writer.write(b"220 here\r\n")
            while line := (await reader.readline()).decode().strip():
                self.said.append(line)
                verb = line.partition(" ")[0].upper()
                if verb == "EHLO":
                    lines = ["here", *self.extensions]
                    said = [f"250{' ' if one is lines[-1] else '-'}{one}" for one in lines]
                    writer.write("\r\n".join([*said, ""]).encode())
                    continue
                answer = await self.answer(verb)
                writer.write(f"{answer}\r\n".encode())
                if verb == "STARTTLS" and answer.startswith("220"):
                    await writer.start_tls(self.context)
                if verb == "DATA" and answer.startswith("354"):
                    data = await reader.readuntil(b"\r\n.\r\n")
                    end = await self.answer(".")
                    if end.startswith("250"):
                        policy = email.policy.default
                        self.taken.append(email.message_from_bytes(data[:-3], policy=policy))
                    writer.write(f"{end}\r\n".encode())
                if verb == "QUIT":
                    break
        writer.close()


def certificate(folder: Path) -> Path:
    """Key and certificate of `localhost` in one file, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path = folder / "localhost.pem"
    path.write_bytes(secret + made.public_bytes(pem))
    return path


@contextmanager
def serving(pem: Path | None = None) -> Iterator[MailServer]:
    """The server at work; with a certificate it offers STARTTLS."""
    server, ready = MailServer(), threading.Event()
    if pem:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(pem)
        server.extensions = ("STARTTLS", "AUTH PLAIN")
    loop = asyncio.new_event_loop()

    async def work() -> None:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        server.port = listening.sockets[0].getsockname()[1]
        ready.set()
        await server.closing.wait()
        listening.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(work(),))
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(server.closing.set)
        thread.join()
        left = asyncio.all_tasks(loop)
        loop.run_until_complete(asyncio.wait(left, timeout=1)) if left else None
        loop.close()
