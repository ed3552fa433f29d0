"""Serves the page until it is stopped."""

from __future__ import annotations

import logging
import os
import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import uvicorn

    from giamdinh.web.desk import Desk
    from giamdinh.web.settings import Settings

_TRIED = 20
_AT_ONCE = 64


def serve(settings: Settings, ready: Callable[[Settings], None]) -> None:
    """Serves until Ctrl-C; `ready` is called with the port that was free.

    Raises:
        OutputError: the data folder cannot be written or is open already, or no port is free.
    """
    import uvicorn

    from giamdinh.web.datalock import held
    from giamdinh.web.desk import Desk

    logging.disable()  # libraries may write what a browser sent; what matters is printed
    with held(settings.data) as tell, _listen(settings) as listening:
        settings = replace(settings, port=listening.getsockname()[1])
        tell(settings.home)
        desk = Desk(settings)
        desk.watcher.open()
        threading.Thread(target=desk.warm_up, daemon=True).start()
        ready(settings)
        uvicorn.Server(_config(desk)).run([listening])


def _config(desk: Desk) -> uvicorn.Config:
    import uvicorn

    from giamdinh.web.app import make_app

    return uvicorn.Config(
        make_app(desk),
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_AT_ONCE,
        timeout_graceful_shutdown=3,
    )


def _listen(settings: Settings) -> socket.socket:
    """A socket on the wanted port, or on the next one that is free."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    ports = range(settings.port, settings.port + _TRIED) if settings.port else (0,)
    for port in ports:
        # The protocol is named, or answers in two pieces wait for each other (Nagle).
        found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name == "posix":  # elsewhere it would let two servers share a port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((settings.host, port))
            found.listen()
        except OSError:
            found.close()
        else:
            return found
    reason = f"không mở được cổng {settings.port} trên {settings.host}"
    raise OutputError(f"{reason}; chọn cổng khác bằng --port hoặc xem lại --host")
