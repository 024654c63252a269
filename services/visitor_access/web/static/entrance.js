// Keeps the list alive, and goes on without a line: what is entered meanwhile is kept here (numbers and times, no
// names) and brought in later. Every entry has a key of its own, so that nothing is entered twice. What is refused then
// stays here until somebody has dealt with it.
"use strict";
(() => {
  const KEPT = "foyer-entrance-kept", REFUSED = "foyer-entrance-refused", CLOCK = "foyer-entrance-clock", WAIT = 8000, AGAIN = 3000, FRESH = 60000;
  const find = (selector, inside = document) => inside.querySelector(selector);
  const print = find("[data-print]");
  if (print) { print.hidden = false; print.addEventListener("click", () => window.print()); }
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/entrance/worker.js", { scope: "/entrance" }).catch(() => {});
  if (!find("#board")) return;

  const scan = find("#scan"), wanted = find("#wanted"), line = find("#line"), refused = find("#refused");
  const load = (what = KEPT) => JSON.parse(localStorage.getItem(what) || "[]");
  const store = (entries, what = KEPT) => localStorage.setItem(what, JSON.stringify(entries));
  const without = (entry, what = KEPT) => load(what).filter((other) => other.key !== entry.key);
  const asPass = (text) => {
    const number = text.toUpperCase().replace(/[ \t\u2010\u2011\u2013-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
    return /^[0-9A-HJKMNP-TV-Z]{8}$/.test(number) ? number : null;
  };
  let stamp = line ? line.dataset.time : "";

  // The server's clock counts; a second less, since it tells whole seconds and no entry may lie ahead of it.
  const now = () => new Date(Math.floor((Date.now() + Number(localStorage.getItem(CLOCK) || 0)) / 1000) * 1000 - 1000).toISOString();
  const setClock = (said) => said && localStorage.setItem(CLOCK, String(said - Date.now()));
  // A page that was kept tells an old time: then what is known already is the better.
  if (line && Number(line.dataset.now) - Date.now() > Number(localStorage.getItem(CLOCK) ?? -Infinity)) setClock(Number(line.dataset.now));

  async function ask(url, options = {}) {
    const aborted = new AbortController(), timer = setTimeout(() => aborted.abort(), WAIT);
    try {
      const response = await fetch(url, { redirect: "manual", signal: aborted.signal, ...options, headers: { "X-Live": "1" } });
      if (response.status >= 500) return { gone: true };
      if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) return { out: true };
      if (response.headers.get("X-From-Cache")) return { gone: true };
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (!find("#board", page)) return { gone: true };  // not the entrance has answered: a proxy
      setClock(Date.parse(response.headers.get("Date") || ""));
      return { ok: response.ok, page };
    } catch {
      return { gone: true };
    } finally {
      clearTimeout(timer);
    }
  }

  function put(page, names) {
    for (const name of names) {
      const fresh = find(name, page), old = find(name);
      if (fresh && old) old.replaceChildren(...fresh.childNodes);
    }
    if (line && find("#line", page)) stamp = find("#line", page).dataset.time;
    if (names.includes("#board")) narrow();
  }

  const rows = () => [...document.querySelectorAll("tr[data-of]")];
  const isOf = (entry, row) => entry.code === row.dataset.of || asPass(entry.code) === row.dataset.number;
  // The list that is shown knows the name, or knew it when the entry was made.
  const names = new Map();
  function who(entry) {
    const row = rows().find((one) => isOf(entry, one));
    return row ? find(".guest__name", row).textContent.trim() : names.get(entry.key) || entry.number || "";
  }

  function show(state) {
    if (!line) return;
    const kept = load(), out = state === "out", gone = state === "gone";
    line.hidden = !(out || gone || kept.length);
    const text = out ? line.dataset.out : gone ? line.dataset.gone.replace("{time}", stamp) : line.dataset.kept;
    if (find(".kern-title", line).textContent !== text) find(".kern-title", line).textContent = text;
    find(".kept", line).replaceChildren(...kept.map((entry) => {
      const item = document.createElement("li");
      item.textContent = `${new Date(entry.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })} ${who(entry)}`;
      return item;
    }));
    for (const row of rows()) {
      const waits = kept.some((entry) => isOf(entry, row));
      row.classList.toggle("guest--waits", waits);
      if (waits) find(".guest__status", row).textContent = line.dataset.waits;
    }
  }

  // Only what is new is put in, and what is done taken out: whoever is about to press a button keeps it.
  function complain() {
    if (!refused) return;
    const entries = load(REFUSED), list = find(".refused", refused), shown = [...list.children];
    for (const item of shown) if (!entries.some((entry) => entry.key === item.dataset.key)) item.remove();
    list.append(...entries.filter((entry) => !shown.some((item) => item.dataset.key === entry.key)).map(complaint));
    refused.hidden = !entries.length;
  }

  function complaint(entry) {
    const item = find("template", refused).content.firstElementChild.cloneNode(true), button = find("button", item);
    const why = find(".refused__why", item), what = `${refused.dataset[entry.kind]}: ${who(entry)}`;
    item.dataset.key = entry.key;
    find("time", item).textContent = new Date(entry.at).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
    find(".refused__what", item).textContent = what;
    why.textContent = entry.why;
    why.lang = entry.language;
    find(".kern-sr-only", button).textContent = `: ${what}`;
    button.addEventListener("click", () => {
      const next = item.nextElementSibling || item.previousElementSibling;
      store(without(entry, REFUSED), REFUSED);
      complain();
      (next ? find("button", next) : wanted).focus();
    });
    return item;
  }

  // ------------------------------------------------------------------------------------------------------- entering
  let looking = "";  // the key of the entry whose answer is being waited for at the page
  function keep(kind, code, number) {
    const entry = { kind, code, number, at: now(), key: `${Date.now()}-${Math.random()}`, url: scan.action };
    store([...load(), entry]);
    names.set(entry.key, who(entry));
    looking = entry.key;
    show("");
    bring();
  }

  let bringing = false, again = 0;
  async function bring() {
    if (bringing) return;
    bringing = true;
    clearTimeout(again);
    try {
      for (let entry = load()[0]; entry; entry = load()[0]) {
        const token = find("input[name=form_token]");
        const fields = { [entry.kind]: entry.code, at: entry.at, key: entry.key, ...(token && { form_token: token.value }) };
        const answer = await ask(entry.url, { method: "POST", body: new URLSearchParams(fields) });
        const why = answer.page && find("#told", answer.page).dataset.why, later = why && entry.key !== looking;
        if (!answer.ok && !why) { looking = ""; show(answer.out ? "out" : "gone"); again = setTimeout(bring, AGAIN); return; }
        if (later) store([...without(entry, REFUSED), { ...entry, why, language: document.documentElement.lang }], REFUSED);
        store(without(entry));
        complain();  // before the list may lose the guest
        put(answer.page, later ? ["#board"] : ["#told", "#board"]);
        show("");
      }
    } finally {
      bringing = false;
    }
  }

  document.addEventListener("submit", (event) => {
    const button = event.submitter, kind = button && button.name;
    if (["arrival", "departure", "undo"].includes(kind)) {
      event.preventDefault();
      keep(kind, button.value, button.closest("[data-number]").dataset.number);
      wanted && wanted.focus();
    } else if (event.target === scan) {
      event.preventDefault();
      const code = asPass(wanted.value), row = code && find(`tr[data-number="${code}"]`);
      // Eight letters that are nobody's number here may be a name, which is not kept: the server knows.
      if (row || (code && /\d/.test(wanted.value))) {
        keep("arrival", code, code);
        wanted.value = "";
        narrow();
      } else search();
    }
  });

  async function search() {
    const typed = new URLSearchParams(new FormData(scan));
    typed.delete("key");  // the same as long as the page stays: a later arrival would count as a repetition
    const answer = await ask(scan.action, { method: "POST", body: typed });
    if (!answer.page) { show(answer.out ? "out" : "gone"); return; }
    if (find("#wanted", answer.page)) wanted.value = find("#wanted", answer.page).value;
    put(answer.page, ["#told", "#board"]);
    wanted.select();
    show("");
  }

  // While a name is being typed, what is shown is narrowed at once.
  function narrow() {
    if (!wanted) return;
    const words = wanted.value.trim().toLocaleLowerCase().split(/\s+/), number = asPass(wanted.value);
    for (const row of rows()) {
      const text = `${row.textContent} ${row.dataset.number}`.toLocaleLowerCase();
      row.hidden = row.dataset.number !== number && !words.every((word) => text.includes(word));
    }
  }
  wanted && wanted.addEventListener("input", narrow);

  // ------------------------------------------------------------------------------------------------------ staying new
  async function refresh() {
    const answer = await ask(location.pathname + location.search.replace(/(^\?|&)(done|of)=[^&]*/g, ""));
    if (answer.page) put(answer.page, scan && find("#board [role=status]") ? [] : ["#board", "#people"]);
    show(answer.out ? "out" : answer.gone ? "gone" : "");
    if (answer.page) bring();
  }
  const changes = new EventSource(`/entrance/changes${location.search}`);
  changes.addEventListener("changed", refresh);
  changes.addEventListener("error", refresh);
  changes.addEventListener("open", () => show(""));
  setInterval(refresh, FRESH);
  window.addEventListener("online", refresh);
  window.addEventListener("storage", complain);
  show("");
  complain();
  bring();

  // What one may want to look at when the line is gone: the worker keeps it.
  const views = [...document.querySelectorAll(".views a, header nav a")].map((a) => a.href);
  const warm = () => views.forEach((url) => fetch(url, { redirect: "manual" }).catch(() => {}));
  setTimeout(warm, 2000);
  setInterval(warm, 2 * FRESH);

  // ---------------------------------------------------------------------------------------------------------- camera
  const camera = find("#camera"), picture = find("#picture");
  if (!camera || !("BarcodeDetector" in window)) return;
  camera.hidden = false;
  let stream = null;
  const stop = () => { stream && stream.getTracks().forEach((track) => track.stop()); stream = null; picture.hidden = true; };
  camera.addEventListener("click", async () => {
    if (stream) return stop();
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    try { stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }); } catch { return stop(); }
    picture.srcObject = stream;
    picture.hidden = false;
    await picture.play();
    const look = async () => {
      if (!stream) return;
      const [seen] = await detector.detect(picture).catch(() => []);
      if (seen && asPass(seen.rawValue)) { stop(); keep("arrival", asPass(seen.rawValue), asPass(seen.rawValue)); } else setTimeout(look, 250);
    };
    look();
  });
})();
