"""Notices reach a real mail server and webhook, or it is told why not, without a secret."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from exports.notices.notice import Kind, Notice
from ingestion.periods import Quarter
from orchestration.notices.sending import PAUSES, mail, mails, post
from orchestration.notices.settings import Server
from tests import mail_server, web_server

NOTICE = Notice(
    Kind.MISSING, Quarter(2025, 2), True, "SYNTHETIC: LIIA 2025-26 Q2", "Nothing from Bexley…\n"
)
SECRET = "s3cret-Pass"  # noqa: S105 - made up
TO = ("one@example.org", "two@example.org")


@pytest.fixture
def post_office() -> Iterator[mail_server.MailServer]:
    with mail_server.serving() as server:
        yield server


@pytest.fixture
def waits() -> list[float]:
    return []


def clear(office: mail_server.MailServer) -> Server:
    return Server("localhost", office.port, "none", "platform@liia.example")


def send(server: Server, waits: list[float], to: tuple[str, ...] = TO) -> list[str]:
    return mail(mails(NOTICE, to, server, "run 1"), server, waits.append, timeout=0.5)


def test_everybody_gets_a_message_that_names_no_other(
    post_office: mail_server.MailServer, waits: list[float]
) -> None:
    assert send(clear(post_office), waits) == ["", ""]
    assert post_office.to() == list(TO)
    assert post_office.sessions == 1
    message = post_office.taken[0]
    assert message["Subject"] == "SYNTHETIC: LIIA 2025-26 Q2"
    assert message["From"] == "platform@liia.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().strip() == "Nothing from Bexley…"
    assert "two@" not in message.as_string()
    assert waits == []


def test_sent_again_it_is_the_same_message() -> None:
    server = Server("localhost", 25, "none", "platform@liia.example")
    ids = {m["Message-ID"] for _ in "12" for m in mails(NOTICE, TO, server, "run 1")}
    assert len(ids) == 2
    assert not ids & {m["Message-ID"] for m in mails(NOTICE, TO, server, "run 2")}


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", ".", "DATA"])
def test_what_may_pass_is_tried_again(
    verb: str, post_office: mail_server.MailServer, waits: list[float]
) -> None:
    post_office.told[verb] = ["451 later", "250 ok" if verb != "DATA" else "354 go on", "451 later"]
    assert send(clear(post_office), waits, TO[:1]) == [""]
    assert post_office.to() == ["one@example.org"]
    assert waits == [PAUSES[0]]


def test_one_who_is_refused_holds_up_no_other(
    post_office: mail_server.MailServer, waits: list[float]
) -> None:
    post_office.told["RCPT"] = ["550 no such user <one@example.org>"]
    assert send(clear(post_office), waits) == ["localhost answers 550", ""]
    assert post_office.to() == ["two@example.org"]
    assert waits == []


def test_a_line_that_drops_is_taken_up_where_it_was(
    post_office: mail_server.MailServer, waits: list[float]
) -> None:
    post_office.told["MAIL"] = ["250 ok", "drop"]
    assert send(clear(post_office), waits) == ["", ""]
    assert post_office.to() == list(TO)
    assert post_office.sessions == 2


def test_who_never_answers_is_given_up_in_the_end(
    post_office: mail_server.MailServer, waits: list[float]
) -> None:
    post_office.told["MAIL"] = ["hang"] * 9
    assert send(clear(post_office), waits, TO[:1]) == ["localhost does not answer in time"]
    assert waits == list(PAUSES)


def test_nobody_there_is_told_by_host(waits: list[float]) -> None:
    server = Server("localhost", 1, "none", "platform@liia.example")
    assert send(server, waits, TO[:1]) == ["localhost cannot be reached (ConnectionRefusedError)"]
    assert waits == list(PAUSES)


@pytest.mark.parametrize("login", [("u", SECRET), ()])
def test_nothing_goes_in_the_clear_where_starttls_was_asked_for(
    login: tuple[str, ...], post_office: mail_server.MailServer, waits: list[float]
) -> None:
    server = Server("localhost", post_office.port, "starttls", "p@liia.example", *login)
    (why, _) = send(server, waits)
    assert why == "localhost offers no STARTTLS or no login, and nothing is sent without"
    post_office.extensions = ("STARTTLS", "AUTH PLAIN")
    post_office.told["STARTTLS"] = ["454 not now"] * len((*PAUSES, None))
    (why, _) = send(server, waits)
    assert why == "localhost answers 454"
    assert {line.partition(" ")[0] for line in post_office.said} <= {"EHLO", "ehlo", "STARTTLS"}
    assert post_office.taken == []


def test_with_a_trusted_certificate_it_logs_in_and_sends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    pem = mail_server.certificate(tmp_path)
    with mail_server.serving(pem) as office:
        server = Server("localhost", office.port, "starttls", "p@liia.example", "u", SECRET)
        (why, _) = send(server, waits)
        assert why == "localhost shows a certificate that is not trusted here"
        assert not any(line.startswith("AUTH") for line in office.said)
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        office.told["AUTH"] = [f"535 {SECRET} is wrong"]
        (why, _) = send(server, waits)
        assert why == "localhost refuses user or password (535)"
        assert waits == []
        assert send(server, waits) == ["", ""]
        assert any(line.startswith("AUTH PLAIN ") for line in office.said)
    assert SECRET not in repr(server)


@pytest.fixture
def web() -> Iterator[web_server.Server]:
    with web_server.serving() as server:
        yield server


def test_the_webhook_gets_json_and_an_answer_of_500_is_tried_again(
    web: web_server.Server, waits: list[float]
) -> None:
    address = web.tell("/hook", web_server.answer(500), web_server.answer(429), web_server.answer())
    assert post(NOTICE, address, "run 1", waits.append) == ""
    assert waits == list(PAUSES[:2])
    assert len(web.bodies) == 3
    assert json.loads(web.bodies[-1]) == {
        "notice": "missing",
        "quarter": "2025-26 Q2",
        "synthetic": True,
        "subject": NOTICE.subject,
        "text": NOTICE.text,
        "sent_for": "run 1",
    }


@pytest.mark.parametrize("status", [400, 403, 404, 302])
def test_a_webhook_that_refuses_is_not_asked_again_and_not_followed(
    status: int, web: web_server.Server, waits: list[float]
) -> None:
    elsewhere = web.tell("/elsewhere", web_server.answer())
    address = web.tell(f"/{SECRET}", web_server.answer(status, Location=elsewhere))
    assert post(NOTICE, address, "run 1", waits.append) == f"127.0.0.1 answers {status}"
    assert [path for path, _ in web.asked] == [f"/{SECRET}"]
    assert waits == []


def test_a_webhook_that_says_nothing_is_given_up(
    web: web_server.Server, waits: list[float]
) -> None:
    address = web.tell(f"/{SECRET}", web.silent)
    why = post(NOTICE, address, "run 1", waits.append, timeout=0.2)
    assert why == "127.0.0.1 does not answer in time"
    assert waits == list(PAUSES)
    down = f"http://127.0.0.1:1/{SECRET}"
    assert post(NOTICE, down, "run 1", waits.append).startswith("127.0.0.1 cannot be reached (")
    assert SECRET not in why
