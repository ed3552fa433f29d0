"""Who is let in: sessions behind a cookie, and a brake on guessing passwords."""

from __future__ import annotations

import hmac
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from secrets import token_urlsafe
from threading import Lock

IDLE_SECONDS = 12 * 60 * 60
_MOST = 200
_SEARCHES = 100
_FREE_TRIES = 5
_WAIT_SECONDS = 30


@dataclass(slots=True)
class Session:
    """One browser that was let in.

    Attributes:
        csrf: must come back with everything the browser changes.
        user: how the person called himself; "" on the own machine.
        searches: texts looked for, by key: names of patients stay out of addresses.
        masked: pages and downloads hide who the patients are.
    """

    id: str
    csrf: str
    user: str = ""
    used: float = field(default_factory=time.monotonic)
    searches: OrderedDict[str, str] = field(default_factory=OrderedDict)
    masked: bool = False

    def remember(self, text: str) -> str:
        """A key for a text that may not stand in an address; "" for none."""
        text = " ".join(text.split())[:200]
        if not text:
            return ""
        for key, known in self.searches.items():
            if known == text:
                return key
        key = token_urlsafe(6)
        self.searches[key] = text
        while len(self.searches) > _SEARCHES:
            self.searches.popitem(last=False)
        return key

    def meant(self, key: str) -> str:
        """The text behind a key, "" when it is not known."""
        return self.searches.get(key, "")


class Sessions:
    """All sessions of a server; they end with it."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = Lock()
        self._failed = 0
        self._closed_until = 0.0

    def begin(self, user: str = "") -> Session:
        """A new session."""
        session = Session(token_urlsafe(32), token_urlsafe(32), user[:60])
        with self._lock:
            self._sessions[session.id] = session
            while len(self._sessions) > _MOST:
                self._sessions.popitem(last=False)
        return session

    def find(self, key: str) -> Session | None:
        """The session of a cookie, None when it is unknown or was not used for too long."""
        now = time.monotonic()
        with self._lock:
            session = self._sessions.get(key)
            if session is None:
                return None
            if now - session.used > IDLE_SECONDS:
                del self._sessions[key]
                return None
            session.used = now
            self._sessions.move_to_end(key)
            return session

    def end(self, session: Session) -> None:
        """Forgets a session."""
        with self._lock:
            self._sessions.pop(session.id, None)

    def wait(self) -> int:
        """Seconds until the next password may be tried."""
        return max(round(self._closed_until - time.monotonic()), 0)

    def failed(self) -> None:
        """Counts a wrong password."""
        with self._lock:
            self._failed += 1
            if self._failed >= _FREE_TRIES:
                self._closed_until = time.monotonic() + _WAIT_SECONDS

    def succeeded(self) -> None:
        """Forgets wrong passwords."""
        self._failed = 0


def same(given: str, right: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell how far."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())
