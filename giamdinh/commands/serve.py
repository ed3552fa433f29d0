"""`serve`: the local page."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from giamdinh.commands.options import PATH, command
from giamdinh.errors import UsageError

if TYPE_CHECKING:
    from giamdinh.web.settings import Settings

_PASSWORD = "GIAMDINH_PASSWORD"  # noqa: S105 - the name of a variable


@command(help="Mở trang web trên máy này: kéo thả tệp, xem lỗi, sửa, xuất Excel.")
@click.option("--data", type=PATH, help="Thư mục giữ tệp tải lên, kết quả, quyết định, danh mục.")
@click.option("--port", type=click.IntRange(0, 2**16 - 1), default=8765,
              help="Cổng (mặc định 8765, bận thì lấy cổng kế tiếp).")  # fmt: skip
@click.option("--host", default="127.0.0.1",
              help="Địa chỉ để máy khác trong mạng vào được; cần mật khẩu.")  # fmt: skip
@click.option("--rules", "rule_folders", type=PATH, multiple=True,
              help="Thư mục thẻ quy tắc riêng của cơ sở (dùng thêm).")  # fmt: skip
@click.option("--store", type=PATH, help="Kho hồ sơ nhiều tháng cho trang Tăng trưởng, Dự toán "
                                         "(mặc định kho trong thư mục dữ liệu).")  # fmt: skip
@click.option("--watch", type=PATH, help="Thư mục theo dõi: tệp mới tự được kiểm.")
@click.option("--watch-seconds", type=click.FloatRange(0.1), default=5.0,
              help="Cứ bao nhiêu giây xem thư mục theo dõi một lần (mặc định 5).")  # fmt: skip
@click.option("--browser/--no-browser", default=True, help="Tự mở trình duyệt (mặc định có).")
def serve(*, browser: bool, **options: Any) -> None:  # noqa: ANN401 - click's options
    """Serves until Ctrl-C."""
    settings = _settings(options)
    from giamdinh.web.server import serve as run

    def ready(found: Settings) -> None:
        click.echo(f"Trang đang chạy, dữ liệu ở {found.data}")
        click.echo(f"Mở địa chỉ này (chỉ dùng được khi cửa sổ này còn mở): {found.address}")
        if found.password is not None:
            click.echo(
                "CẢNH BÁO: máy khác trong mạng vào được bằng mật khẩu, đường truyền không mã hóa. "
                "Chỉ dùng trong mạng nội bộ tin cậy. "
                f"Máy khác mở: http://<địa chỉ máy này>:{found.port}/"
            )
        click.echo("Dừng: Ctrl-C")
        if browser:
            import webbrowser

            webbrowser.open(found.address)

    run(settings, ready)


def _settings(options: dict[str, Any]) -> Settings:
    try:
        import jinja2
        import python_multipart
        import starlette
        import uvicorn
    except ImportError as error:
        raise UsageError(
            f"thiếu thư viện '{error.name}' của trang; cài: pip install 'giamdinh[web]'"
        ) from None
    del jinja2, python_multipart, starlette, uvicorn
    from giamdinh.web.settings import LOOPBACK, Password, Settings, default_data

    host = options["host"]
    return Settings(
        options["data"] or default_data(),
        host,
        options["port"],
        None if host in LOOPBACK else Password.of(_asked()),
        rules=options["rule_folders"],
        watch=options["watch"],
        watch_seconds=options["watch_seconds"],
        own_store=options["store"],
    )


def _asked() -> str:
    """The password from the environment or the keyboard, never from the command line.

    Raises:
        UsageError: too short.
    """
    from giamdinh.web.settings import SHORTEST_PASSWORD

    text = os.environ.get(_PASSWORD) or str(
        click.prompt("Mật khẩu cho máy khác", hide_input=True, confirmation_prompt="Nhập lại")
    )
    if len(text) < SHORTEST_PASSWORD:
        raise UsageError(f"mật khẩu phải từ {SHORTEST_PASSWORD} ký tự")
    return text
