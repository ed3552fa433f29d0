"""`docs/benchmarks.md` from a result: no figure on that page is typed by hand.

Run as `python -m giamdinh.bench.page RESULT.json > docs/benchmarks.md`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from giamdinh import console
from giamdinh.bench.data import REALISTIC
from giamdinh.bench.tables import Table, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PARTS = {
    "Đọc": "parse",
    "100 quy tắc": "rules",
    "Giám định": "audit",
    "Kiểm": "check",
    "Thời gian": "scale",
}
"""First words of a table's title → part."""
_INTRODUCTION = """\
# Đo tốc độ

Trang này do `python -m giamdinh.bench.page` viết từ kết quả của `giamdinh bench`; không sửa số
bằng tay.

**Cách đọc số.** Tỷ lệ đứng trước, vì số giây phụ thuộc máy. Mỗi phép đo chạy trong một tiến
trình riêng; các bên thay phiên nhau từng vòng (A B C, A B C…), nên việc khác của máy làm chậm
mọi bên như nhau. Số ghi là trung vị, trong ngoặc là thấp nhất–cao nhất; tỷ lệ được tính trong
từng vòng rồi mới lấy trung vị. Giây CPU gồm cả tiến trình con; nơi so hai tiến trình với một
thì dùng giây đồng hồ. Bộ nhớ là đỉnh của tiến trình lớn nhất. Khi máy đang làm việc khác (xem dòng
"Việc khác đang chạy"), giây đồng hồ và tỷ lệ hai tiến trình không nói được gì.

**Chạy lại.**

```bash
pip install 'giamdinh[bench]'
giamdinh bench --out ket_qua_do.json
python -m giamdinh.bench.page ket_qua_do.json > docs/benchmarks.md
giamdinh bench --sizes 1k --repeat 1 --parts parse,check
```

Dòng cuối là bản ngắn. Thiếu polars, duckdb hay xml2arrow thì dòng đó ghi "không đo được", phần
còn lại vẫn chạy. Dữ liệu được sinh trong thư mục tạm và xóa khi xong; `TMPDIR` chọn ổ đĩa khác.
"""
_FAIRNESS = {
    "parse": """\
**Dữ liệu.** {base} hồ sơ của tháng giả (hạt giống cố định), nhân lên bằng cách đổi MA_LK, mã
người bệnh, số thẻ, số định danh bằng số mới cùng độ dài; dòng của XML2, XML3, XML4 được lặp
(STT mới) đến khi trung bình mỗi hồ sơ có {drugs} dòng thuốc, {services} dịch vụ, {results} kết
quả. Kích thước trung bình mỗi hồ sơ: {size}.

**Chỗ chưa công bằng.**

- Các cách khác chỉ tách thẻ thành cột chữ. Của ta còn kiểm vỏ tệp, đổi số và ngày thành số
  nguyên, mã hóa chữ, ghi sổ đối soát: phần hơn bị nói thấp đi.
- Bản sao chỉ khác nhau ở danh tính, nên chữ lặp lại nhiều hơn dữ liệu thật: có lợi cho cách nào
  mã hóa chữ (của ta, pandas với Arrow).
- lxml đơn giản và pandas giữ mọi dòng trong bộ nhớ để dựng bảng; của ta bỏ từng lô sau khi đọc.
  Cột bộ nhớ vì vậy không cùng một việc, và các cách chậm chỉ đọc một phần số hồ sơ (cột "Hồ sơ
  đã đọc").
- xml2arrow đọc nghìn tệp ghép dưới một gốc; việc ghép, giải base64 bằng Python nằm trong thời
  gian của nó.""",
    "rules": """\
**Dữ liệu.** Cột số nguyên sinh từ hạt giống cố định; 100 điều kiện được mô tả một lần rồi viết
sang từng thư viện; số dòng bị bắt phải bằng nhau.

**Chỗ chưa công bằng.**

- Vòng lặp lý tưởng là hàm numba viết riêng cho đúng 100 điều kiện này, dịch trước khi đo. Nó là
  mức sàn, không phải cách làm được: đổi một thẻ là phải dịch lại.
- polars và DuckDB chạy một luồng, dữ liệu đã nằm sẵn trong bảng của chúng; chúng được thiết kế
  cho nhiều luồng và cho dữ liệu lớn hơn bộ nhớ.
- Số ở pandas là float64 với NaN, ở polars và DuckDB là số nguyên với null, ở ta là số nguyên
  với mặt nạ; so sánh với giá trị thiếu không bao giờ bắt. pandas và numpy tính từng điều kiện
  trên cả cột.
- DuckDB chỉ đếm số dòng, vòng lặp lý tưởng chỉ đánh dấu bit; các bên khác đưa ra số thứ tự
  dòng.""",
    "audit": """\
**Dữ liệu.** Tháng giả có lỗi cài sẵn, nhân lên như trên nhưng giữ nguyên số dòng để tiền vẫn
khớp, nên mỗi hồ sơ ít dòng hơn thực tế; mỗi tệp là một cơ sở một ngày; danh mục đầy đủ, kể cả
tra cứu thẻ của mọi bản sao. Kích thước trung bình mỗi hồ sơ: {size}. Các quy tắc so nhiều hồ sơ
với nhau không chạy ở đây: bản sao trùng bác sĩ, giường và giờ với bản gốc nên sẽ vi phạm hàng loạt.

**Chỗ chưa công bằng.**

- Python từng hồ sơ chỉ chạy các thẻ viết bằng biểu thức ({checked} trong {all} quy tắc), và
  dòng "cùng quy tắc" chạy đúng các thẻ đó. Nó không viết câu giải thích, không tính tiền, không
  đối soát; ở dòng "mọi quy tắc" ta còn chạy các hàm kiểm tra trên cột, kiểm định dạng và nạp,
  tra danh mục: nó được lợi.
- Nó được sinh từ thẻ thành mã Python thẳng, cắt ngắn `and`/`or`, tổng của hồ sơ tính một lần,
  số và ngày đã đọc thì nhớ: nhanh hơn mã thường gặp.
- Cả hai được tính cả khởi động và nạp thư viện. Cỡ lớn hơn 10 000 hồ sơ thì lấy tốc độ của nó ở
  cỡ lớn nhất đã đo.""",
    "check": """\
**Dữ liệu.** Một tệp một hồ sơ, không danh mục. Thời gian là cả tiến trình, từ lúc gọi đến lúc
thoát, bộ nhớ đệm đã ấm (đã chạy một lần). Hai dòng import là phần không thể bớt và phần mà
`check` tránh.""",
    "scale": """\
**Dữ liệu.** Như phần giám định, ba cỡ gấp đôi nhau, một tiến trình.""",
}


def page(result: dict[str, Any]) -> str:
    """The whole page as Markdown."""
    summary, *rest = tables(result)
    lines = [_INTRODUCTION, "## Máy đo", ""]
    machine = {**result["machine"], "giamdinh": result["version"], "Ngày": result["date"]}
    lines += _markdown(Table("", ("", ""), tuple(machine.items())))
    lines += ["", f"{result['repeat']} vòng, cả lượt {result['seconds'] // 60 + 1} phút.", ""]
    lines += ["## Tóm tắt", "", *_markdown(summary)]
    part = ""
    for table in rest:
        own = next(name for start, name in _PARTS.items() if table.title.startswith(start))
        if part not in ("", own):
            lines += ["", _fairness(part, result)]
        part = own
        lines += ["", f"## {table.title}", "", *_markdown(table), ""]
        lines += [*table.notes]
    if part:
        lines += ["", _fairness(part, result)]
    return "\n".join(line.rstrip() for line in "\n".join(lines).splitlines()) + "\n"


def _fairness(part: str, result: dict[str, Any]) -> str:
    text = _FAIRNESS[part]
    facts = {"base": str(result["base"]), **dict(_facts(part, result["parts"][part]))}
    for name, value in facts.items():
        text = text.replace("{" + name + "}", value)
    return text


def _facts(part: str, measured: dict[str, Any]) -> Iterator[tuple[str, str]]:
    names = zip(("drugs", "services", "results"), REALISTIC.values(), strict=True)
    yield from ((name, str(mean).replace(".", ",").removesuffix(",0")) for name, mean in names)
    sizes = [key for key in measured["data"] if key.endswith("-bytes")]
    if sizes:
        key = max(sizes, key=lambda key: measured["data"][key])
        claims = measured["data"][key.removesuffix("bytes") + "claims"]
        yield "size", f"{measured['data'][key] / claims / 1000:.0f} KB"
    rules = {
        (run["name"], sample["rules"])
        for runs in measured["groups"].values()
        for run in runs
        for sample in run["samples"]
        if part == "audit"
    }
    counts = sorted({count for _, count in rules})
    yield "checked", str(counts[0]) if counts else "?"
    yield "all", str(counts[-1]) if counts else "?"


def _markdown(table: Table) -> Iterable[str]:
    yield f"| {' | '.join(table.header)} |"
    yield f"|{'|'.join('---' if i == 0 else '--:' for i in range(len(table.header)))}|"
    for row in table.rows:
        yield f"| {' | '.join(row)} |"


def main() -> None:
    """Writes the page of the result named on the command line to standard output."""
    console.use_utf8()
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    sys.stdout.write(page(json.loads(text)))


if __name__ == "__main__":
    main()
