"use strict";
// The pages work without this script; it adds dropping, progress and ticking all rows.
document.documentElement.classList.add("js");

function say(text, bad) {
  const place = document.getElementById("tin");
  place.textContent = text;
  place.className = bad ? "say bad" : "";
}

// Files of everything dropped, folders included.
async function dropped(items) {
  const entries = Array.from(items, (item) => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean);
  const files = [];
  while (entries.length) {
    const entry = entries.shift();
    if (entry.isFile) {
      files.push(await new Promise((done, failed) => entry.file(done, failed)));
      continue;
    }
    const reader = entry.createReader();
    let part;
    do {
      part = await new Promise((done, failed) => reader.readEntries(done, failed));
      entries.push(...part);
    } while (part.length);
  }
  return files;
}

function send(form, files) {
  if (!files.length) {
    say("Chưa chọn tệp nào: kéo tệp vào khung hoặc bấm Chọn tệp.", true);
    return;
  }
  const body = new FormData();
  body.append("csrf", form.elements.csrf.value);
  files.forEach((file) => body.append("tep", file, file.name));
  const bar = document.getElementById("thanh");
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.upload.onprogress = (event) => {
    bar.hidden = false;
    bar.value = event.lengthComputable ? (100 * event.loaded) / event.total : 0;
    say(`Đang nhận ${files.length} tệp…`);
  };
  request.onerror = () => say("Mất kết nối với trang. Xem cửa sổ lệnh giamdinh serve còn mở không, rồi thử lại.", true);
  request.onload = () => {
    bar.hidden = true;
    let told = {};
    try { told = JSON.parse(request.responseText); } catch { /* not for us */ }
    if (request.status === 200 && told.toi) location.assign(told.toi);
    else say(told.loi || "Không tải lên được. Tải lại trang rồi thử lại.", true);
  };
  request.send(body);
}

const form = document.getElementById("tai-len");
if (form) {
  const inputs = Array.from(form.querySelectorAll("input[type=file]"));
  document.getElementById("chon-thu-muc").hidden = false;
  document.getElementById("gui").hidden = true;
  inputs.forEach((input) => input.addEventListener("change", () => {
    const files = Array.from(input.files);
    if (files.length) send(form, files);
    input.value = "";
  }));
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", async (event) => {
    event.preventDefault();
    form.classList.remove("over");
    try { send(form, await dropped(event.dataTransfer.items)); } catch { say("Không đọc được tệp vừa kéo vào; dùng nút Chọn tệp.", true); }
  });
}

const running = document.getElementById("tien-do");
if (running) {
  const words = { nhan: "Đang nhận tệp", cho: "Đang chờ lượt trước", chay: "Đang giám định", nap: "Đang nạp vào kho" };
  const bar = document.getElementById("thanh");
  const look = async () => {
    try {
      const answer = await fetch(running.dataset.xem, { headers: { Accept: "application/json" } });
      if (!answer.ok) { location.reload(); return; }
      const told = await answer.json();
      if (!(told.trang_thai in words)) { location.reload(); return; }
      document.getElementById("viec").textContent = words[told.trang_thai];
      document.getElementById("so").textContent = told.ho_so.toLocaleString("vi");
      if (told.phan > 1) {
        document.getElementById("phan").textContent = told.trang_thai === "nap" ? ` trong ${told.phan}` : `, xong ${told.xong}/${told.phan} phần`;
        bar.max = told.phan;
        bar.value = told.xong;
      }
    } catch { /* the server is busy or gone; the next look tells */ }
    setTimeout(look, 400);
  };
  setTimeout(look, 400);
}

document.querySelectorAll("[data-chon-het]").forEach((box) => box.addEventListener("change", () => {
  document.querySelectorAll(`input[type=checkbox][form=${box.dataset.chonHet}]`).forEach((one) => { one.checked = box.checked; });
}));

document.querySelectorAll("[data-in]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});
