"""What the page is started with: folder, address, password and the bounds of an upload."""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from secrets import token_bytes, token_urlsafe

LOOPBACK = ("127.0.0.1", "localhost", "::1")
SHORTEST_PASSWORD = 8
_COST = 2**14


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one upload may ask for.

    Attributes:
        files: files of one upload.
        file_bytes, upload_bytes: of one file and of all.
        seconds: for the whole upload.
        idle_seconds: without a single byte.
        form_bytes: of a form without files.
    """

    files: int = 50 * 1024
    file_bytes: int = 2 * 2**30
    upload_bytes: int = 4 * 2**30
    seconds: int = 60 * 60
    idle_seconds: int = 60
    form_bytes: int = 2**20


@dataclass(frozen=True, slots=True)
class Password:
    """A password that can be compared with but not read."""

    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, text: str) -> Password:
        """The password behind `text`."""
        salt = token_bytes(16)
        return cls(salt, _digest(text, salt))

    def fits(self, text: str) -> bool:
        """Whether `text` is the password."""
        return hmac.compare_digest(_digest(text, self.salt), self.digest)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the page is started with.

    Attributes:
        data: folder for uploads, results, decisions and catalogues.
        host, port: where it listens.
        password: needed from other machines; None when only this machine can reach it.
        token: stands in the address that is printed, and lets this machine in.
        rules: folders with a facility's own cards.
        watch: folder whose new files are audited by themselves; None: the one set on a page.
        watch_seconds: how often it is looked at.
        own_store: the store of months, unless it is the one in the data folder.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8765
    password: Password | None = None
    token: str = field(default_factory=lambda: token_urlsafe(32))
    rules: tuple[Path, ...] = ()
    watch: Path | None = None
    watch_seconds: float = 5.0
    own_store: Path | None = None
    bounds: Bounds = Bounds()

    @property
    def catalogues(self) -> Path:
        """The folder of the facility's lists."""
        return self.data / "danh_muc"

    @property
    def store(self) -> Path:
        """The months of claims kept for questions over time; it need not exist."""
        return self.own_store or self.data / "kho"

    @property
    def profile(self) -> Path:
        """What was decided about rules; it need not exist."""
        return self.data / "cau_hinh.toml"

    @property
    def address(self) -> str:
        """What a person of this machine opens."""
        return f"{self.home}?ma={self.token}"

    @property
    def home(self) -> str:
        """Where the page is, without what lets somebody in."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self.port}/"

    def serves(self, host: str) -> bool:
        """Whether a Host header names this page and not a foreign name that leads here."""
        name, _, port = host.rpartition(":")
        if not name or port != str(self.port):
            return False
        bare = name.strip("[]").lower()
        if bare in LOOPBACK:
            return True
        return self.host not in LOOPBACK and (bare == self.host.lower() or _is_number(bare))


def default_data() -> Path:
    """Where this user's runs are kept unless another folder is named."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
        return Path(base) / "giamdinh" / "du_lieu"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "giamdinh"


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _digest(text: str, salt: bytes) -> bytes:
    return hashlib.scrypt(text.encode(), salt=salt, n=_COST, r=8, p=1)
