"""Sending by e-mail and webhook: tried again where that may help, and told where it did not.

No message of a server or library is passed on, as it may quote an address or a secret: what is
told is the host, what it answered by number, and the kind of error.
"""

import hashlib
import http.client
import json
import smtplib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from urllib.parse import urlsplit

from exports.notices.notice import Notice
from orchestration.notices.settings import Server

# Seconds before each new try, and how long to wait for one answer.
PAUSES = (1, 3, 9)
TIMEOUT = 10.0
_UNTRIED = "not tried"
Sleep = Callable[[float], None]


def mails(notice: Notice, to: Sequence[str], server: Server, sent_for: str) -> list[EmailMessage]:
    """One message for each address, so that none is told the others.

    `sent_for` and address make the Message-ID: sent twice, it is the same message.
    """
    found = []
    for address in to:
        message = EmailMessage(policy=SMTP)
        message["From"] = server.sender
        message["To"] = address
        message["Subject"] = notice.subject
        message["Date"] = formatdate(localtime=False)
        key = f"{sent_for} {notice.kind} {address}".encode()
        domain = server.sender.partition("@")[2]
        message["Message-ID"] = f"<{hashlib.sha256(key).hexdigest()[:32]}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(notice.text, cte="quoted-printable")
        found.append(message)
    return found


def mail(
    messages: Sequence[EmailMessage],
    server: Server,
    sleep: Sleep = time.sleep,
    timeout: float = TIMEOUT,
) -> list[str]:
    """Send all, in one session where that works: why each was not taken, '' where it was."""
    why = [_UNTRIED] * len(messages)
    waiting = list(range(len(messages)))
    for pause in (*PAUSES, None):
        try:
            with _session(server, timeout) as session:
                for place in list(waiting):
                    code = _hand_over(session, messages[place])
                    why[place] = f"{server.host} answers {code}" if code >= 400 else ""
                    if not 400 <= code < 500:
                        waiting.remove(place)
        except Exception as error:  # whatever it is, the run goes on
            for place in waiting:
                why[place] = f"{server.host} {_plain(error)}"
            if _lasting(error):
                break
        if not waiting or pause is None:
            break
        sleep(pause)
    return why


def _hand_over(session: smtplib.SMTP, message: EmailMessage) -> int:
    """The number the server answered with; other errors are those of the line and are raised."""
    try:
        session.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        return next(iter(error.recipients.values()))[0]
    except smtplib.SMTPSenderRefused as error:
        return error.smtp_code
    except smtplib.SMTPDataError as error:
        return error.smtp_code
    return 250


@contextmanager
def _session(server: Server, timeout: float) -> Iterator[smtplib.SMTP]:
    """A session in which messages can be sent; never one in the clear where that was not asked."""
    trust = ssl.create_default_context()
    # Said to the server as our name: ours is no concern of its.
    name = server.sender.partition("@")[2]
    if server.security == "tls":
        session: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, name, timeout=timeout, context=trust
        )
    else:
        session = smtplib.SMTP(server.host, server.port, name, timeout=timeout)
    try:
        session.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            session.starttls(context=trust)
        if server.user:
            session.login(server.user, server.password)
        yield session
        # What was taken is taken, however it says goodbye.
        with suppress(smtplib.SMTPException, OSError):
            session.quit()
    finally:
        session.close()


def post(
    notice: Notice,
    address: str,
    sent_for: str,
    sleep: Sleep = time.sleep,
    timeout: float = TIMEOUT,
) -> str:
    """POST the notice as JSON: why it was not taken, '' where it was.

    Redirects are not followed: they would lead the notice to somebody nobody named.
    """
    content = {
        "notice": str(notice.kind),
        "quarter": notice.quarter.label,
        "synthetic": notice.synthetic,
        "subject": notice.subject,
        "text": notice.text,
        "sent_for": sent_for,
    }
    headers = {"Content-Type": "application/json", "User-Agent": "liia-platform"}
    data = json.dumps(content).encode()
    request = urllib.request.Request(address, data, headers, method="POST")  # noqa: S310 - settings
    why = _UNTRIED
    for pause in (*PAUSES, None):
        try:
            with _OPENER.open(request, timeout=timeout):
                return ""
        except Exception as error:  # whatever it is, the run goes on
            why = f"{urlsplit(address).hostname} {_plain(error)}"
            if pause is None or _lasting(error):
                break
        sleep(pause)
    return why


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _lasting(error: Exception) -> bool:
    """Whether no second try will change it: a refusal, a certificate, a fault of ours."""
    error = _root(error)
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= 500
    if isinstance(error, urllib.error.HTTPError):
        return error.code < 500 and error.code not in (408, 425, 429)
    if isinstance(error, smtplib.SMTPNotSupportedError | ssl.SSLCertVerificationError):
        return True
    return not isinstance(error, OSError | http.client.HTTPException)


def _plain(error: Exception) -> str:
    error = _root(error)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"refuses user or password ({error.smtp_code})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"answers {error.smtp_code}"
    if isinstance(error, urllib.error.HTTPError):
        return f"answers {error.code}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "offers no STARTTLS or no login, and nothing is sent without"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "shows a certificate that is not trusted here"
    if isinstance(error, TimeoutError):
        return "does not answer in time"
    return f"cannot be reached ({type(error).__name__})"


def _root(error: Exception) -> Exception:
    """What urllib and smtplib wrap."""
    inner = getattr(error, "reason", None)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        inner = error.__context__
    return inner if isinstance(inner, Exception) else error
