// The pages are whole without this. It puts times in the reader's zone, and when the live stream says
// that the journal has grown it fetches the same page again and puts in place what differs.
"use strict";
const page = document.body.dataset;
const $ = (id) => document.getElementById(id);

// Times. What the server wrote stays readable in the title.
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
function ago(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} days ago`;
}
const two = (n, width = 2) => String(n).padStart(width, "0");
let skew = 0; // of this machine's clock against the server's, which a test may move on
function measure(root) {
  const served = root.querySelector(".live time[data-clock]");
  if (!served) return;
  const off = Date.now() - new Date(served.dateTime);
  skew = Math.abs(off) < 2000 ? 0 : off;
}
measure(document);
function tell(time) {
  const at = new Date(time.dateTime);
  if (time.dataset.age !== undefined) {
    const text = ago(Math.max(0, (Date.now() - skew - at) / 1000));
    time.textContent = time.dataset.age === "for" ? `for ${text.replace(" ago", "")}` : text;
  }
  else if (time.dataset.clock) {
    const ms = time.dataset.clock === "ms" ? `.${two(at.getMilliseconds(), 3)}` : "";
    time.textContent = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}${ms}`;
  } else time.textContent = day.format(at);
  if (!time.dataset.told) {
    time.title = `${day.format(at)} · ${time.dateTime}`;
    time.dataset.told = "yes";
  }
}
function tellAll(root) { for (const t of root.querySelectorAll("time")) tell(t); }
tellAll(document);
setInterval(() => { for (const t of document.querySelectorAll("time[data-age]")) tell(t); }, 1000);

// same tells whether two elements say the same, whatever this script has made of them.
function bare(element) {
  const copy = element.cloneNode(true);
  copy.classList.remove("fresh");
  for (const t of copy.querySelectorAll("time")) { t.textContent = ""; t.removeAttribute("title"); t.removeAttribute("data-told"); }
  for (const d of copy.querySelectorAll("details")) d.removeAttribute("open");
  return copy.outerHTML;
}
const same = (a, b) => bare(a) === bare(b);

function highlight(element) {
  element.classList.add("fresh");
  setTimeout(() => element.classList.remove("fresh"), 1900);
}

// place puts the fresh element where the old one is; what was open stays open, what had the focus has it.
function place(old, fresh) {
  const focus = old.contains(document.activeElement) && document.activeElement.id;
  const open = [...old.querySelectorAll("details")].map((d) => d.open);
  [...fresh.querySelectorAll("details")].forEach((d, i) => { d.open = open[i] || false; });
  tellAll(fresh);
  old.replaceWith(fresh);
  if (focus) $(focus)?.focus({ preventScroll: true });
}

function rows(old, fresh) {
  const had = new Map([...old.children].map((row) => [row.id, row]));
  const list = [...fresh.children];
  const ids = new Set(list.map((row) => row.id));
  for (const [id, row] of had) if (!ids.has(id)) row.remove();
  let before = null;
  for (const row of list.reverse()) {
    const known = had.get(row.id);
    if (known && same(known, row)) { before = known; continue; }
    if (known) place(known, row);
    else { tellAll(row); old.insertBefore(row, before); }
    highlight(row);
    before = row;
  }
}

function part(old, fresh) {
  if (same(old, fresh)) return;
  if (old.dataset.rows !== undefined) return rows(old, fresh);
  const [a, b] = [old, fresh].map((e) => e.querySelector(":scope > [data-rows]"));
  if (old.dataset.nested !== undefined && a && b) {
    rows(a, b);
    for (const e of [...old.children]) if (e !== a) e.remove();
    for (const e of [...fresh.children]) if (e !== b) { tellAll(e); old.append(e); }
    return;
  }
  place(old, fresh);
}

// One fetch at a time; what happens meanwhile asks for one more.
let fetching = false, again = false;
async function refresh() {
  if (fetching) { again = true; return; }
  fetching = true;
  do {
    again = false;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) break;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const old of document.querySelectorAll("[data-part]")) {
        const now = fresh.getElementById(old.id);
        if (now) part(old, document.importNode(now, true));
      }
      document.title = fresh.title;
      measure(fresh);
      page.seq = fresh.body.dataset.seq;
    } catch { break; }
  } while (again);
  fetching = false;
}

// The stream. A page that nobody sees gives its connection back: a browser has six for one server.
const say = $("live"), pause = $("pause");
let stream, paused = false;
function show(state, text) { say.className = state; if (say.textContent !== text) say.textContent = text; }
function follow() {
  stream?.close();
  if (paused) return show("", "Paused");
  if (document.hidden) return;
  stream = new EventSource(`/live?after=${page.seq}`);
  stream.onopen = () => show("is-live", "Live");
  stream.onerror = () => show("is-lost", "Not connected, trying again");
  stream.addEventListener("change", (event) => {
    const change = JSON.parse(event.data);
    const about = page.about ? change.orders?.includes(page.about) || change.whole : change.orders || change.others;
    page.seq = event.lastEventId;
    if (about || (change.calls && page.calls === "true")) refresh();
  });
}
pause.hidden = false;
pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  pause.textContent = paused ? "Go on" : "Pause";
  if (!paused) refresh();
  follow();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); follow(); });
addEventListener("pageshow", (event) => { if (event.persisted) { refresh(); follow(); } });
follow();

// The connection test, rung by rung as it is climbed.
const marks = { pass: "check", fail: "cross", skipped: "dash" };
async function climb(form) {
  const button = form.querySelector("button"), ladder = $("ladder");
  button.disabled = true;
  ladder.replaceChildren();
  $("verdict").textContent = "Testing…";
  $("fix").textContent = "";
  $("tested").hidden = false;
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/x-ndjson" } });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ;) {
      const { value, done } = await reader.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line) step(JSON.parse(line), ladder);
    }
    if ($("verdict").textContent === "Testing…") throw new Error("no verdict");
  } catch { $("verdict").textContent = "The test broke off; try again"; }
  button.disabled = false;
}
function step(it, ladder) {
  if (it.verdict) {
    $("verdict").textContent = it.verdict;
    $("verdict").className = it.connected ? "good" : "bad";
    $("fix").textContent = it.fix ? `${it.headline}. ${it.fix}.` : "";
    return;
  }
  const row = document.createElement("li"), text = document.createElement("span");
  row.className = it.result;
  row.innerHTML = document.querySelector(`#marks .i-${marks[it.result]}`).outerHTML;
  const title = document.createElement("b"), more = document.createElement("small");
  title.textContent = it.title;
  more.textContent = it.detail + (it.ms ? ` · ${it.ms} ms` : "");
  text.append(title, " ", more);
  row.append(text);
  ladder.append(row);
}
$("test")?.addEventListener("submit", (event) => { event.preventDefault(); climb(event.target); });

$("refresh").addEventListener("click", (event) => { event.preventDefault(); refresh(); });
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  const box = document.querySelector("input[type=search]");
  if (box) { event.preventDefault(); box.focus(); box.select(); }
});

// Copying. Without a secure origin there is no clipboard, and the old way needs a selection.
async function copy(text, from) {
  try { await navigator.clipboard.writeText(text); return true; } catch { /* the old way */ }
  getSelection().selectAllChildren(from);
  return document.execCommand("copy");
}
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const from = $(button.dataset.copy);
    button.textContent = (await copy(from.textContent, from)) ? "Copied" : "Select it and copy by hand";
    setTimeout(() => { button.textContent = label; }, 2500);
  });
}
