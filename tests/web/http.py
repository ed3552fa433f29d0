"""Requests that no browser would send."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from tests.web.conftest import Server


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: dict[str, str]


@dataclass
class Client:
    """Speaks to a page; `headers` go with every request."""

    server: Server
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def let_in(cls, server: Server) -> Client:
        client = cls(server)
        split = urlsplit(server.address)
        cookie = client.get(f"{split.path}?{split.query}").headers["set-cookie"]
        client.headers = {"Cookie": cookie.partition(";")[0], "Origin": server.home}
        return client

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/").text)
        assert found
        return found.group(1)

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, form: dict[str, str], **headers: str) -> Answer:
        body = urlencode(form).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, body, {**kind, **headers})

    def upload(self, files: dict[str, bytes], csrf: str, path: str = "/tai-len") -> Answer:
        parts = [b'--X\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + csrf.encode()]
        for name, content in files.items():
            head = f'--X\r\nContent-Disposition: form-data; name="tep"; filename="{name}"\r\n\r\n'
            parts.append(head.encode() + content)
        body = b"\r\n".join([*parts, b"--X--\r\n"])
        kind = {"Content-Type": "multipart/form-data; boundary=X", "Accept": "application/json"}
        return self._ask("POST", path, body, kind)

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        place = urlsplit(self.server.home)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
        try:
            connection.request(method, path, body, {**self.headers, **headers})
            found = connection.getresponse()
            given = {name.lower(): value for name, value in found.getheaders()}
            return Answer(found.status, found.read().decode("utf-8", "replace"), given)
        finally:
            connection.close()
