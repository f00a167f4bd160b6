// The page of a terminal as a device that runs apps. What the browser shows and what the payment app
// answered is the server's to know; this draws it, and passes on what people and pages do.
"use strict";
const $ = (name) => document.getElementById(name);
const app = document.body.dataset.app;
const base = location.pathname.replace(/\/[^/]*$/, ""); // …/{id}

async function post(path, body) {
  try {
    const answer = await fetch(`${base}/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (answer.ok) return answer.body?.cancel(); // the event stream tells the rest
    say((await answer.json()).message);
  } catch { say("The terminal's process does not answer."); }
}

function say(text) {
  $("problem").querySelector("span").textContent = text ?? "";
  $("problem").hidden = !text;
}
$("problem").querySelector("button").addEventListener("click", () => say(""));

// The payment app comes to the front while it pays, and gives the screen back afterwards.
let paying = false;
function payment(started) {
  $("paying").hidden = !started;
  if (started) $("paying").textContent = `The payment app has ${started.order_id}: EUR ${(started.amount / 100).toFixed(2)}`;
  if (Boolean(started) === paying) return;
  paying = Boolean(started);
  if (paying) {
    $("terminal").focus({ preventScroll: true });
    $("terminal").contentDocument?.getElementById("handset")?.focus({ preventScroll: true });
  }
  if (matchMedia("(max-width: 52rem)").matches) (paying ? $("pay") : document.querySelector(".device")).scrollIntoView();
}

$("terminal").addEventListener("load", () => {
  const inside = $("terminal").contentDocument;
  if (!inside?.head) return;
  const sheet = inside.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = new URL("../static/embedded.css", location.href).href;
  inside.head.append(sheet);
});

// The browser.
let seq = 0, site = "";
function browse(view) {
  if (!view.seq || view.seq === seq) return;
  seq = view.seq;
  $("url").value = view.url;
  $("blank").hidden = true;
  if (location.hostname !== "127.0.0.1" && location.hostname !== "localhost") {
    return say("Sites are shown on the machine itself only: open this page there, at localhost.");
  }
  site = `http://${location.hostname}:${view.port}`;
  const frame = $("site"), address = site + view.path;
  frame.hidden = false;
  // An address that differs in its fragment alone would not be loaded anew.
  if (frame.src.split("#")[0] === address.split("#")[0]) frame.src = "about:blank";
  frame.src = address;
}

function browser() {
  const tell = (what) => $("site").contentWindow.postMessage({ terminalBrowser: what }, site);
  $("back").addEventListener("click", () => site && tell("back"));
  $("reload").addEventListener("click", () => site && tell("reload"));
  $("address").addEventListener("submit", (event) => {
    event.preventDefault();
    say("");
    post("browser", { url: $("url").value });
  });
  addEventListener("message", (event) => {
    if (!site || event.origin !== site || event.source !== $("site").contentWindow) return;
    const message = event.data?.terminalBrowser;
    if (typeof message?.at === "string") $("url").value = message.at;
    else if (typeof message?.link === "string") { say(""); post("link", { url: message.link }); }
    else if (typeof message?.open === "string") post("browser", { url: message.open });
    else if (typeof message?.problem === "string") say(message.problem);
  });
}

// The sample register.
const fresh = () => `app-${Date.now().toString(36)}`;

function built() {
  const form = $("register").elements;
  const text = form.amount.value.trim().replace(",", ".");
  const p = {
    amount: /^\d+(\.\d{1,2})?$/.test(text) ? Math.round(Number(text) * 100) : NaN,
    orderId: form.orderId.value.trim(), description: form.description.value, packageName: form.packageName.value.trim(),
    sessionId: form.sessionId.value.trim(), autoClose: form.autoClose.checked, refund: form.kind.value === "refund",
  };
  return form.kind.value === "softpos" ? msplink.softPOS(p, `${p.packageName}.PaidActivity`) : msplink.intent(p);
}

function register() {
  $("register").elements.orderId.value = fresh();
  const draw = () => {
    try { $("intent").textContent = JSON.stringify(built(), null, 2); } catch (e) { $("intent").textContent = e.message; }
  };
  $("register").addEventListener("input", draw);
  $("register").addEventListener("submit", (event) => {
    event.preventDefault();
    say("");
    $("answer").replaceChildren();
    try { post("intent", built()); } catch (e) { say(e.message); }
  });
  draw();
}

let answered;
function answer(view) {
  document.querySelector(".go").disabled = Boolean(view.paying);
  const text = view.intent && JSON.stringify(view.intent);
  if (!text || text === answered) return;
  const first = answered === undefined;
  answered = text;
  const line = document.createElement("p"), small = document.createElement("small");
  line.className = view.intent.name;
  line.textContent = `${view.intent.status} ${view.intent.name}: ${view.intent.message}`;
  small.textContent = `onNewIntent of ${view.intent.intent.package}, for ${view.intent.order_id}. Ask your server for the order before you hand anything over.`;
  line.append(small);
  $("answer").replaceChildren(line);
  if (!first || $("register").elements.orderId.value === view.intent.order_id) {
    $("register").elements.orderId.value = fresh(); // the next order is another one
    $("register").dispatchEvent(new Event("input"));
  }
}

if (app === "browser") browser(); else register();

// A page that nobody sees gives its connection back: a browser has six for one server.
// A problem of before this page was opened is not this page's.
let stream, known;
function follow() {
  stream?.close();
  if (document.hidden) return;
  stream = new EventSource(`${base}/browser/events`);
  stream.addEventListener("view", (event) => {
    const view = JSON.parse(event.data);
    payment(view.paying);
    const text = view.problem ? [view.problem.field, view.problem.rule].filter(Boolean).join(": ") : "";
    if (known !== undefined && text && text !== known) say(text);
    known = text;
    if (app === "browser") browse(view); else answer(view);
  });
}
document.addEventListener("visibilitychange", follow);
follow();
