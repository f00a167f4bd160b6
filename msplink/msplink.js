// Links and intents for the payment app of a terminal, by the rules of the Go package beside this file.
//   <script src="msplink.js"></script>            then msplink.link({...})
//   import { link } from "./msplink.mjs"
// No dependencies. Whatever is wrong with the input throws an Error with field and rule.
"use strict";
globalThis.msplink = (() => {
  const MAX_AMOUNT = 999999999999, MAX_LINK = 8192, MAX_URL = 2048, MAX_DESCRIPTION = 200;
  const PACKAGES = ["com.multisafepay.pos.sunmi", "com.multisafepay.pos.nokernels", "com.phonepos.mspsoftposapp"];
  const RESULTS = { 471: "COMPLETED", 17: "CANCELLED", 88: "DECLINED", 875: "EXCEPTION" };

  function wrong(field, rule) {
    return Object.assign(new Error(`${field}: ${rule}`), { field, rule });
  }
  const bytes = (text) => new TextEncoder().encode(text).length;
  const hasControl = (text) => /[\u0000-\u001f\u007f]/.test(text);

  function checkURL(field, raw) {
    if (typeof raw !== "string") throw wrong(field, "must be text");
    if (raw.length > MAX_URL) throw wrong(field, `must have at most ${MAX_URL} characters`);
    if (hasControl(raw)) throw wrong(field, "must not hold a line break or another control character");
    if (/[^\u0021-\u007e]|[\\"<>^`{|}]/.test(raw)) throw wrong(field, "holds a character that must be percent-encoded, or must not be there");
    const scheme = /^([^:/?#]*):/.exec(raw)?.[1].toLowerCase();
    if (scheme === undefined) throw wrong(field, "must be a whole address that begins with https:// or http://");
    if (scheme !== "http" && scheme !== "https") throw wrong(field, `must begin with https:// or http://, not with ${scheme.slice(0, 32)}:`);
    const authority = /^[^:]*:\/\/([^/?#]*)/.exec(raw)?.[1];
    if (authority === undefined || !URL.canParse(raw) || /%(?![0-9a-f]{2})/i.test(raw.split(/[?#]/)[0])) {
      throw wrong(field, "is not an address that can be opened");
    }
    if (authority.includes("@")) throw wrong(field, "must not hold a user name or password");
    if (!authority || authority.startsWith(":") || authority.endsWith(":")) throw wrong(field, "must name a host");
    return raw;
  }

  function check(p) {
    if (!Number.isInteger(p.amount)) throw wrong("amount", p.amount === undefined ? "is missing" : "must be whole cents: 1250 for EUR 12.50");
    if (p.amount <= 0) throw wrong("amount", "must be more than 0 cents");
    if (p.amount > MAX_AMOUNT) throw wrong("amount", `must be at most ${MAX_AMOUNT} cents`);
    if (!p.orderId) throw wrong("order_id", "is missing");
    if (!/^[A-Za-z0-9/_.-]{1,50}$/.test(p.orderId)) throw wrong("order_id", "must have 1 to 50 characters out of A-Z a-z 0-9 / _ . -");
    const description = p.description ?? "";
    if (typeof description !== "string" || bytes(description) > MAX_DESCRIPTION || hasControl(description)) {
      throw wrong("description", `must be text of at most ${MAX_DESCRIPTION} bytes`);
    }
  }

  function truth(field, value) {
    if (value !== undefined && value !== null && typeof value !== "boolean") throw wrong(field, "must be true or false");
    return value ?? undefined;
  }

  // link makes the msp:// link: {amount, orderId, callback, printing?, tipping?, notificationUrl?}.
  function link(p) {
    check(p);
    if (!p.callback) throw wrong("callback", "is missing: the payment app would not know where to return to");
    checkURL("callback", p.callback);
    if (p.notificationUrl) checkURL("notification_url", p.notificationUrl);
    let made = `msp://?amount=${p.amount}`;
    for (const [name, value] of [
      ["order_id", p.orderId], ["callback", p.callback], ["printing", truth("printing", p.printing)],
      ["tipping", truth("tipping", p.tipping)], ["notification_url", p.notificationUrl],
    ]) {
      if (value !== undefined && value !== null && value !== "") made += `&${name}=${encodeURIComponent(value)}`;
    }
    if (made.length > MAX_LINK) throw wrong("link", `must have at most ${MAX_LINK} characters`);
    return made;
  }

  function json(field, text, ok, what) {
    if (!text) return;
    let value;
    try { value = JSON.parse(text); } catch { /* not JSON */ }
    if (typeof text !== "string" || value === undefined || value === null || !ok(value)) throw wrong(field, `must be a JSON ${what}, as a String`);
  }

  function checkApp(p) {
    check(p);
    if (!p.packageName) throw wrong("package_name", "is missing: the payment app would not know which app to return to");
    if (p.packageName.length > 255 || !/^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+$/.test(p.packageName)) {
      throw wrong("package_name", "must be the name of an app's package, like com.example.register");
    }
    if (p.recurringModel && p.recurringModel !== "cardOnFile") throw wrong("recurring_model", "must be cardOnFile");
    if (p.recurringModel && !p.reference) throw wrong("reference", "is missing: recurring_model needs the shopper's");
    if (p.refund && p.recurringModel) throw wrong("refund", "cannot be recurring");
    json("items", p.items, Array.isArray, "array");
    json("checkout_options", p.checkoutOptions, (v) => typeof v === "object" && !Array.isArray(v), "object");
    for (const [name, text] of [["items", p.items], ["checkout_options", p.checkoutOptions], ["reference", p.reference], ["session_id", p.sessionId]]) {
      if (text && bytes(text) > MAX_LINK) throw wrong(name, `must have at most ${MAX_LINK} bytes`);
    }
  }

  // intent makes the intent for the payment app of a terminal. A number among the extras is a long:
  // a bridge to Android must put it with putExtra(String, long).
  function intent(p) {
    checkApp(p);
    const extras = { amount: p.amount, currency: "EUR", order_id: p.orderId, package_name: p.packageName };
    for (const [name, text] of [
      ["order_description", p.description], ["items", p.items], ["checkout_options", p.checkoutOptions],
      ["reference", p.reference], ["recurring_model", p.recurringModel], ["session_id", p.sessionId],
    ]) {
      if (text) extras[name] = text;
    }
    if (p.autoClose) extras.auto_close = true;
    if (p.refund) extras.refund = true;
    const made = { package: PACKAGES[0], class: "com.multisafepay.pos.middleware.IntentActivity", extras };
    if (p.refund) made.action = "com.multisafepay.ACTION_UNREFERENCED_REFUND";
    return made;
  }

  // softPOS makes the intent for the payment app of a phone.
  function softPOS(p, callbackActivity) {
    checkApp(p);
    if (!callbackActivity) throw wrong("callback_activity", "is missing: SoftPOS would not know where to return to");
    const extras = {
      amount: `${Math.floor(p.amount / 100)}.${String(p.amount % 100).padStart(2, "0")}`, currency: "EUR", order_id: p.orderId,
      skip_manual_input: true, callback_package: p.packageName, callback_activity: callbackActivity,
    };
    if (p.description) extras.description = p.description;
    return { action: "com.phonepos.mspsoftposapp.ACTION_MANUAL_PAYMENT", package: PACKAGES[2], extras };
  }

  // returned reads what the payment app added to the callback: a hint to ask the order's status on the
  // server, never the proof that it is paid. null when the page was opened otherwise.
  function returned(address) {
    const query = new URL(address).searchParams, status = query.get("status");
    if (status !== "Completed" && status !== "Cancelled") return null;
    return { status, orderId: query.get("order_id"), transactionId: query.get("transaction_id") };
  }

  return { link, intent, softPOS, returned, PACKAGES, RESULTS };
})();
