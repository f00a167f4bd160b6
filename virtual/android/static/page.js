// Runs first in each page that the virtual terminal's browser shows. It gives the browser what a page
// cannot do in a frame: open the payment app, go to another site, say where it is.
"use strict";
(() => {
  const { target, parents, go } = document.currentScript.dataset;
  if (parent === window || parent !== top) return; // opened on its own, or a frame within the page
  const above = location.ancestorOrigins?.[0];
  const known = parents.split(" ");
  const to = above === undefined ? known.at(-1) : known.find((origin) => origin === above);
  if (!to) return;
  const tell = (message) => parent.postMessage({ terminalBrowser: message }, to);
  const ours = (url) => url.protocol === "msp:" || url.protocol === "intent:";
  const web = (url) => url.protocol === "http:" || url.protocol === "https:";

  // route takes an address that the frame cannot go to by itself, and tells whether it did.
  function route(address, posts) {
    let url;
    try { url = new URL(address, document.baseURI); } catch { return false; }
    if (ours(url)) tell({ link: url.href });
    else if (!web(url) || url.origin === location.origin) return false;
    else if (posts) tell({ problem: `A form posts to ${url.origin}, and this browser shows one site at a time.` });
    else if (url.origin === target) location.assign(url.pathname + url.search + url.hash);
    else tell({ open: url.href });
    return true;
  }

  if (go) {
    if (!route(go, false)) location.replace("/");
    return;
  }

  window.open = (address) => {
    if (address && !route(address, false)) location.assign(address);
    return null; // a terminal has one window
  };
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href], area[href]");
    if (!link || event.defaultPrevented || event.button !== 0) return;
    const elsewhere = link.target && link.target !== "_self";
    if (route(link.href, false)) event.preventDefault();
    else if (elsewhere) { event.preventDefault(); location.assign(link.href); }
  });
  addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    const of = button?.hasAttribute("formaction") ? button : form;
    const name = of === form ? "action" : "formaction";
    const url = new URL(of.getAttribute(name) || location.href, document.baseURI);
    const method = (button?.getAttribute("formmethod") || form.getAttribute("method") || "get").toLowerCase();
    form.removeAttribute("target");
    if (url.origin === target) of.setAttribute(name, url.pathname + url.search);
    if (event.defaultPrevented || !ours(url) || method !== "get") return;
    event.preventDefault(); // a browser writes the fields behind the ?, which its page may not read back
    const fields = new URLSearchParams(new FormData(form, button)).toString();
    route(`${url.href.split("?")[0]}?${fields}`, false);
  });
  globalThis.navigation?.addEventListener("navigate", (event) => {
    if (!event.cancelable || event.hashChange || event.downloadRequest !== null) return;
    if (route(event.destination.url, Boolean(event.formData))) event.preventDefault();
  });

  const where = () => tell({ at: target + location.pathname + location.search + location.hash, title: document.title });
  addEventListener("pageshow", where);
  addEventListener("popstate", where);
  addEventListener("hashchange", where);
  globalThis.navigation?.addEventListener("currententrychange", where);
  addEventListener("message", (event) => {
    if (event.source !== parent || event.origin !== to) return;
    if (event.data?.terminalBrowser === "back") history.back();
    if (event.data?.terminalBrowser === "reload") location.reload();
  });
})();
