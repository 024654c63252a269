// Keeps the day alive, and lets the week be drawn. Everything is saved by the forms: what is drawn only fills them.
"use strict";
(() => {
  document.documentElement.classList.add("js");

  // ---------------------------------------------------------------------------------------------------------- the day
  const day = document.querySelector("#day[data-live]");
  if (day) {
    let again = 0;
    const refresh = async () => {
      clearTimeout(again);
      const response = await fetch(location.pathname + location.search.replace(/(^\?|&)said=[^&]*/, ""), { headers: { "X-Live": "1" } }).catch(() => null);
      if (!response || !response.ok || response.redirected) { again = setTimeout(refresh, 5000); return; }
      const page = new DOMParser().parseFromString(await response.text(), "text/html"), fresh = page.querySelector("#day");
      if (!fresh) return;
      const focused = document.activeElement && document.activeElement.id;
      const open = [...day.querySelectorAll("details[open]")].map((one) => one.closest("li").id);
      day.replaceChildren(...fresh.childNodes);
      for (const id of open) { const list = document.getElementById(id); if (list && list.querySelector("details")) list.querySelector("details").open = true; }
      const back = focused && document.getElementById(focused);
      if (back) back.focus({ preventScroll: true });
    };
    const changes = new EventSource(day.dataset.live);
    changes.addEventListener("changed", refresh);
    let lost = false;
    changes.addEventListener("error", () => { lost = true; });
    changes.addEventListener("open", () => { if (lost) refresh(); lost = false; });
  }

  // --------------------------------------------------------------------------------------------------------- the week
  const week = document.querySelector(".week[data-form]");
  if (!week || !week.dataset.form) return;
  const ROW = 15, wide = matchMedia("(min-width: 62rem)");
  const clock = (rows) => `${String(Math.floor((rows * ROW) / 60)).padStart(2, "0")}:${String((rows * ROW) % 60).padStart(2, "0")}`;
  const open = (values) => {
    const url = new URL(week.dataset.form, location.href);
    for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
    location.href = url;
  };
  const place = (block, row, rows) => {
    block.className = block.className.replace(/\br\d+\b/, `r${row}`).replace(/\bs\d+\b/, `s${rows}`);
    block.dataset.row = row; block.dataset.rows = rows;
    const time = block.querySelector(".block__time");
    if (time) time.textContent = `${clock(row)}–${clock(row + rows)}`;
  };
  const asked = (block) => ({ n: block.dataset.n, weekday: block.closest(".week__day").dataset.day, from: clock(Number(block.dataset.row)), until: clock(Number(block.dataset.row) + Number(block.dataset.rows)) });
  const moved = document.querySelector("#moved");

  for (const hours of week.querySelectorAll(".week__hours")) {
    const first = Math.min(28, ...[...hours.querySelectorAll(".block")].map((block) => Number(block.dataset.row)));
    hours.scrollTop = first * 12;
  }

  week.addEventListener("keydown", (event) => {
    const block = event.target.closest(".block[data-n]"), by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!block || !wide.matches) return;
    let row = Number(block.dataset.row), rows = Number(block.dataset.rows);
    if (by) {
      event.preventDefault();
      if (event.shiftKey) rows = Math.min(Math.max(rows + by, 1), 95 - row);
      else row = Math.min(Math.max(row + by, 0), 95 - rows);
      place(block, row, rows);
      block.dataset.changed = "1";
      moved.textContent = moved.dataset.text.replace("{from}", clock(row)).replace("{until}", clock(row + rows));
      block.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && block.dataset.changed) {
      event.preventDefault();
      open(asked(block));
    }
  });

  let drag = null;
  const rowAt = (hours, y) => Math.min(Math.max(Math.floor((y - hours.getBoundingClientRect().top + hours.scrollTop) / 12), 0), 94);
  week.addEventListener("pointerdown", (event) => {
    const hours = event.target.closest(".week__hours");
    if (!hours || !wide.matches || event.button !== 0) return;
    const block = event.target.closest(".block[data-n]"), at = rowAt(hours, event.clientY);
    if (block) drag = { block, hours, at, row: Number(block.dataset.row), rows: Number(block.dataset.rows), ends: block.getBoundingClientRect().bottom - event.clientY < 10 };
    else drag = { hours, at };
  });
  addEventListener("pointermove", (event) => {
    if (!drag) return;
    const by = rowAt(drag.hours, event.clientY) - drag.at;
    if (!by && !drag.moved) return;
    drag.moved = true;
    event.preventDefault();
    if (drag.block) {
      if (drag.ends) place(drag.block, drag.row, Math.min(Math.max(drag.rows + by, 1), 95 - drag.row));
      else place(drag.block, Math.min(Math.max(drag.row + by, 0), 95 - drag.rows), drag.rows);
      return;
    }
    if (!drag.ghost) {
      drag.ghost = document.createElement("div");
      drag.ghost.className = "block block--drawn r0 s1";
      drag.ghost.append(Object.assign(document.createElement("span"), { className: "block__time" }));
      drag.hours.append(drag.ghost);
    }
    place(drag.ghost, Math.min(drag.at, drag.at + by), Math.abs(by) + 1);
  });
  addEventListener("pointerup", () => {
    if (!drag) return;
    const { block, ghost, hours, moved: did } = drag;
    drag = null;
    if (!did) return;
    if (block) { addEventListener("click", (event) => event.preventDefault(), { once: true, capture: true }); open(asked(block)); }
    else if (ghost) open({ weekday: hours.closest(".week__day").dataset.day, from: clock(Number(ghost.dataset.row)), until: clock(Number(ghost.dataset.row) + Number(ghost.dataset.rows)) });
  });
  week.addEventListener("dragstart", (event) => event.preventDefault());
})();
