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
  const button = document.querySelector(`[data-key="${key}"]`);
  button.classList.add("down");
  setTimeout(() => button.classList.remove("down"), 120);
  queue = queue.then(() => send("POST", "keys", { key }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.key) press(button.dataset.key);
  if (button.dataset.card) {
    const present = document.querySelector('input[name="way"]:checked').value;
    send("POST", "card", { present, card: button.dataset.card, wait: false });
  }
  if (button.dataset.fault) {
    const name = button.dataset.fault;
    if (button.getAttribute("aria-pressed") === "true") send("DELETE", `fault?name=${name}`);
    else send("POST", "fault", { name });
  }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=radio]), summary, a")) return;
  const onButton = event.target.closest("button");
  const keys = { Enter: "ok", Backspace: "corr", Escape: "stop" };
  const key = /^[0-9]$/.test(event.key) ? event.key : keys[event.key];
  if (!key || (onButton && event.key === "Enter")) return;
  event.preventDefault();
  press(key);
});

$("activate").addEventListener("submit", (event) => {
  event.preventDefault();
  send("POST", "activate", { code: $("code").value.trim() });
});

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
      for (const part of ["screen", "status", "paper"]) {
        const fresh = view.getElementById(`new-${part}`);
        if (!fresh || fresh.innerHTML === $(part).innerHTML) continue;
        $(part).innerHTML = fresh.innerHTML;
        if (part === "paper") feed();
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

const stream = new EventSource(at("events"));
stream.addEventListener("state", refresh);
stream.onopen = () => document.body.classList.remove("stale");
stream.onerror = () => document.body.classList.add("stale");
