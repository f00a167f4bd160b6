// The page of one virtual terminal. The server renders what is shown; this fetches it again when
// the event stream says that something changed, and sends keys, cards and faults.
"use strict";
const id = document.body.dataset.id;
const at = (path) => `${encodeURIComponent(id)}/${path}`;
const $ = (name) => document.getElementById(name);

let toastTimer;
function say(text) {
  $("toast").textContent = text;
  clearTimeout(toastTimer);
  if (text) toastTimer = setTimeout(() => say(""), 6000);
}

async function send(method, path, body) {
  try {
    const answer = await fetch(at(path), {
      method,
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body ? JSON.stringify(body) : undefined,
    });
    if (answer.ok) return say("");
    const problem = await answer.json();
    say(problem.message || `The terminal does not ask for a card now (it shows: ${problem.title || problem.screen}).`);
  } catch {
    say("The terminal's process does not answer.");
  }
}

// Keys go one after the other, so that digits typed fast keep their order.
let queue = Promise.resolve();
function press(key) {
  const field = document.querySelector("[data-text]");
  if (field && key === "ok") return typed(field);
  const button = document.querySelector(`[data-key="${key}"]`);
  button?.classList.add("down");
  setTimeout(() => button?.classList.remove("down"), 120);
  queue = queue.then(() => send("POST", "keys", { key }));
}

// hold puts the hands back on the terminal: the keyboard is its PIN pad again, so that Enter is OK
// and not one more click on a card.
function hold() {
  const handset = $("handset");
  handset.focus({ preventScroll: true });
  const { top, bottom } = $("screen").getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) handset.scrollIntoView({ block: "start" });
}

// wayOf is how a card goes to the reader. A screen that asks for the chip leaves no choice, and the
// cards at hand on a phone are tapped.
function wayOf(button) {
  if (document.querySelector('[data-screen="insertCard"]')) return "insert";
  return button.closest(".wallet") ? "tap" : document.querySelector('input[name="way"]:checked').value;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || !button.closest("#hands, #cards, #wrongs, #wallet")) return;
  event.preventDefault();
  const byMouse = event.detail > 0;
  if (button.dataset.card || (byMouse && button.dataset.key)) hold();
  if (byMouse && button.dataset.fault) button.blur();
  if (button.dataset.key) press(button.dataset.key);
  if (button.dataset.item) touch(button.dataset.item);
  if (button.dataset.hold !== undefined && (event.detail === 0 || heldLong)) send("POST", "menu", { hold: true });
  if (button.dataset.card) {
    const present = wayOf(button);
    send("POST", "card", { present, card: button.dataset.card, wait: false });
  }
  if (button.dataset.fault) {
    const name = button.dataset.fault;
    if (button.getAttribute("aria-pressed") === "true") send("DELETE", `fault?name=${name}`);
    else send("POST", "fault", { name });
  }
});

// The logo wants a long press. The keyboard's Enter on it counts as one.
let heldSince = 0, heldLong = false;
document.addEventListener("pointerdown", (event) => { heldSince = event.target.closest("[data-hold]") ? Date.now() : 0; });
document.addEventListener("pointerup", () => { heldLong = heldSince > 0 && Date.now() - heldSince >= 600; });

// A signature is drawn with a finger or the mouse; each line goes to the terminal when the pen is lifted.
let pen = null;
function penAt(event) {
  const box = pen.ink.getBoundingClientRect();
  const to = (at, size, most) => Math.max(0, Math.min(most - 1, Math.round((at / size) * most)));
  return [to(event.clientX - box.left, box.width, 480), to(event.clientY - box.top, box.height, 200)];
}
document.addEventListener("pointerdown", (event) => {
  const ink = event.target.closest("[data-ink]");
  if (!ink) return;
  event.preventDefault();
  pen = { ink, line: [], path: ink.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "path")) };
  pen.line.push(penAt(event));
});
document.addEventListener("pointermove", (event) => {
  if (!pen || pen.line.length >= 300) return;
  const at = penAt(event), last = pen.line[pen.line.length - 1];
  if (Math.abs(at[0] - last[0]) + Math.abs(at[1] - last[1]) < 3) return;
  pen.line.push(at);
  pen.path.setAttribute("d", "M" + pen.line.map((p) => p.join(" ")).join("L"));
});
document.addEventListener("pointerup", () => {
  if (!pen) return;
  const strokes = [pen.line];
  pen = null;
  queue = queue.then(() => send("POST", "input", { strokes, more: true }));
});

function touch(item) { queue = queue.then(() => send("POST", "menu", { touch: item })); }

// typed sends what stands in a text field, and then OK.
function typed(field) {
  const text = field.value;
  queue = queue.then(() => send("POST", "menu", { text })).then(() => send("POST", "keys", { key: "ok" }));
}

// keyOf is the key of the terminal that a key of the computer stands for. Only an activation code
// has letters.
function keyOf(name) {
  const keys = { Enter: "ok", Backspace: "corr", Escape: "stop" };
  const letters = document.querySelector('[data-screen="start"], [data-screen="activation"]');
  if (/^[0-9]$/.test(name) || (letters && /^[a-z]$/i.test(name))) return name.toUpperCase();
  return keys[name];
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.closest("input:not([type=radio]), select")) {
    if (event.key !== "Enter" || !event.target.matches("[data-text]")) return;
    event.preventDefault();
    return typed(event.target);
  }
  const key = keyOf(event.key);
  if (!key || (event.key === "Enter" && event.target.closest("button, summary, a"))) return;
  event.preventDefault();
  press(key);
});

$("activate").addEventListener("submit", (event) => {
  event.preventDefault();
  send("POST", "activate", { code: $("code").value.trim() });
});

$("camera").addEventListener("submit", async (event) => {
  event.preventDefault();
  const picture = $("picture").files[0];
  if (!picture) return send("POST", "menu", { scan: $("scan").value.trim() });
  try {
    const answer = await fetch(at("scan"), { method: "POST", body: picture });
    say(answer.ok ? "" : (await answer.json()).message);
  } catch { say("The terminal's process does not answer."); }
  $("picture").value = "";
});

// keepTyping brings what is being typed over to the fresh screen, where that is the same field.
function keepTyping(before) {
  const now = document.querySelector("[data-text]");
  if (!now) return;
  if (before && before.page === now.closest("[data-page]").dataset.page) now.value = before.text;
  if (!document.activeElement || document.activeElement === document.body || before) now.focus({ preventScroll: true });
}

// feed lets a new receipt slide out of the printer, once.
function feed() {
  $("paper").classList.add("fresh");
  setTimeout(() => $("paper").classList.remove("fresh"), 900);
}

// One fetch at a time; what happens meanwhile asks for one more.
let fetching = false, again = false;
async function refresh() {
  if (fetching) { again = true; return; }
  fetching = true;
  do {
    again = false;
    try {
      const answer = await fetch(at("view"));
      if (!answer.ok) break;
      const view = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of ["name", "status", "screen", "paper"]) {
        const fresh = view.getElementById(`new-${part}`);
        if (!fresh || fresh.innerHTML === $(part).innerHTML) continue;
        const field = part === "screen" && document.querySelector("[data-text]");
        const before = field && { page: field.closest("[data-page]").dataset.page, text: field.value };
        $(part).innerHTML = fresh.innerHTML;
        if (part === "screen") keepTyping(before);
        if (part === "paper") feed();
        if (part === "name") document.title = `${$(part).textContent} · virtual terminal`;
      }
      const facts = view.getElementById("new-facts").dataset;
      $("activate").hidden = facts.active === "true";
      for (const button of document.querySelectorAll("[data-fault]")) {
        button.setAttribute("aria-pressed", String(facts.faults.split(" ").includes(button.dataset.fault)));
      }
    } catch { break; }
  } while (again);
  fetching = false;
}

// A page that nobody sees gives its connection back: a browser has six for one server, and more tabs
// than that would wait for each other.
let stream;
function follow() {
  stream?.close();
  if (document.hidden) return;
  stream = new EventSource(at("events"));
  stream.addEventListener("state", refresh);
  stream.onopen = () => document.body.classList.remove("stale");
  stream.onerror = () => document.body.classList.add("stale");
}
document.addEventListener("visibilitychange", follow);
follow();
