"""Asking a web server, politely and patiently.

Belongs here: pauses, retries, redirects, what went wrong in words. Does not belong here: what the
answers hold (`download.py`, `fetch.py`). The only module that imports requests; proxies and CA
files are told to that by the environment. `liia check` does not import this.
"""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from ingestion.published_sources import Requests
from ingestion.region import REGION

_HOPS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_JSON_LIMIT = 1_000_000
# No encoding on the way: a length can then be checked, and a range counts the bytes of the file.
_HEADERS = {
    "User-Agent": f"liia-platform/{version('liia-platform')} ({REGION.alliance} data platform,"
    f" {REGION.name})",
    "Accept-Encoding": "identity",
}
BROKEN = urllib3.exceptions.HTTPError  # what reading an answer raises where the connection fails
_T = TypeVar("_T")


class Failed(Exception):
    """It cannot be had; the message is for a person."""


class NotThere(Failed):
    """The address is refused or leads nowhere (4xx): trying again would not help."""


class Again(Exception):
    """It failed in a way that may pass. `wait`: seconds that the server asked for."""

    def __init__(self, reason: str, wait: float = 0, unreachable: bool = False) -> None:
        super().__init__(reason)
        self.wait = wait
        self.unreachable = unreachable


@dataclass
class Client:
    """Asks one thing at a time. `sleep`, `now` and `jitter` are for tests."""

    rules: Requests
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(tz=UTC)
    jitter: Callable[[], float] = random.random
    _session: requests.Session = field(default_factory=requests.Session)
    _asked: bool = False
    # Hosts without any connection: the data sets after the first need not wait as long.
    _unreachable: set[str] = field(default_factory=set)

    def patiently(self, address: str, attempt: Callable[[], _T]) -> _T:
        """What `attempt` returns; tried again where it raises Again, and then Failed."""
        host = urlsplit(address).hostname or ""
        attempts = 1 if host in self._unreachable else self.rules.attempts
        if self._asked:
            self.sleep(self.rules.seconds_between)
        self._asked = True
        for number in range(1, attempts + 1):
            try:
                result = attempt()
            except Again as error:
                if number < attempts:
                    self.sleep(self._wait(number, error.wait))
                    continue
                if error.unreachable:
                    self._unreachable.add(host)
                tried = f" ({attempts} attempts)" if attempts > 1 else ""
                raise Failed(f"{error}{tried}") from error
            self._unreachable.discard(host)
            return result
        raise AssertionError("there is at least one attempt")

    def ask(self, address: str, headers: dict[str, str]) -> requests.Response:
        """The answer to a GET, redirects followed; 4xx but 416 and 5xx are raised."""
        here = address
        for _ in range(_HOPS + 1):
            response = self._get(here, headers)
            if response.status_code not in _REDIRECTS:
                break
            response.close()
            here = next_address(here, response.headers.get("Location"))
        else:
            raise Failed(f"{address} leads from one address to the next without end")
        status = response.status_code
        if status < 400 or status == 416:
            return response
        response.close()
        if status in (408, 429) or status >= 500:
            wait = self._asked_wait(response.headers.get("Retry-After"))
            raise Again(f"{here} answers {status}", wait)
        raise NotThere(f"{here} answers {status}")

    def json(self, address: str) -> Any:  # noqa: ANN401
        """A short JSON answer."""

        def attempt() -> Any:  # noqa: ANN401
            with self.ask(address, {}) as response:
                try:
                    return json.loads(response.raw.read(_JSON_LIMIT, decode_content=True))
                except (BROKEN, ValueError) as error:
                    raise Again(f"{address} gives no whole JSON answer") from error

        return self.patiently(address, attempt)

    def _wait(self, number: int, asked: float) -> float:
        doubled = self.rules.first_wait_seconds * 2 ** (number - 1) * (0.5 + self.jitter())
        wait = max(doubled, asked, self.rules.seconds_between)
        return min(wait, self.rules.longest_wait_seconds)

    def _asked_wait(self, retry_after: str | None) -> float:
        """Seconds or a date, as HTTP allows; zero for anything else."""
        if retry_after is None:
            return 0
        if retry_after.strip().isdecimal():
            return float(retry_after)
        try:
            return (parsedate_to_datetime(retry_after) - self.now()).total_seconds()
        except (ValueError, TypeError):  # no date, or one without a zone
            return 0

    def _get(self, address: str, headers: dict[str, str]) -> requests.Response:
        host = urlsplit(address).hostname
        try:
            return self._session.get(
                address,
                headers={**_HEADERS, **headers},
                stream=True,
                allow_redirects=False,
                timeout=self.rules.timeout_seconds,
            )
        except requests.exceptions.SSLError as error:
            raise Again(
                f"no secure connection to {host}. If its certificate is not trusted behind a proxy "
                "that inspects traffic, name the proxy's CA file in REQUESTS_CA_BUNDLE",
                unreachable=True,
            ) from error
        except requests.exceptions.ReadTimeout as error:
            raise Again(f"{host} gives no answer in {self.rules.timeout_seconds:g} s") from error
        except requests.ConnectionError as error:
            if error.args and isinstance(error.args[0], urllib3.exceptions.ProtocolError):
                raise Again(f"{host} broke the connection off") from error
            raise Again(
                f"no connection to {host}. Is there a network, and is HTTPS_PROXY set where one "
                "is needed?",
                unreachable=True,
            ) from error
        except (requests.RequestException, BROKEN) as error:
            raise Failed(f"{address} cannot be asked: {error}") from error


def next_address(here: str, location: str | None) -> str:
    """Where a redirect leads. Never to less safety than before, and never off the web."""
    there = urljoin(here, location or "")
    schemes = urlsplit(here).scheme, urlsplit(there).scheme
    allowed = schemes in (("https", "https"), ("http", "https"), ("http", "http"))
    if not location or not allowed or not there.isprintable():
        raise Failed(f"{here} leads to {location!r}, which is not followed")
    return there
