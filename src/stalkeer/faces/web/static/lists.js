// Lists and drawers in the address: filters can be bookmarked, Back closes a drawer, and the menu leads back to the last filter.
(() => {
  "use strict";
  const base = document.documentElement.dataset.base || "";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (name, handler, target = document) => target.addEventListener(name, handler);
  const drawer = () => $("#drawer");

  // --- drawers: the parameter `open` names what the drawer shows -----------------------------------------------------
  const openPath = () => new URL(location.href).searchParams.get("open");
  function withOpen(path) {
    const address = new URL(location.href);
    if (path) address.searchParams.set("open", path); else address.searchParams.delete("open");
    return address.pathname + address.search.replaceAll("%2F", "/") + address.hash;
  }
  const isOwn = (path) => typeof path === "string" && /^\/(wanted|activity|catalogue)\/[\w/-]+$/.test(path);

  on("click", (event) => {
    const link = event.target.closest?.('a[hx-target="#drawer-content"], button[hx-target="#drawer-content"]');
    const path = link?.getAttribute("hx-get");
    if (!path || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const shown = path.slice(base.length);
    if (!isOwn(shown) || shown === openPath()) return;
    const inDrawer = drawer()?.open && history.state?.drawer;
    history[inDrawer ? "replaceState" : "pushState"]({ drawer: true }, "", withOpen(shown));
  });
  function show(path) { if (isOwn(path)) htmx.ajax("GET", base + path, { target: "#drawer-content", swap: "innerHTML" }); }

  // --- filters -------------------------------------------------------------------------------------------------------
  const plain = (address) => { const url = new URL(address, location.href); url.searchParams.delete("open"); return url.pathname + url.search; };
  let listAddress = plain(location.href);
  function filterAddress(form) {
    const chosen = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value !== "") chosen.append(name, String(value));
    const words = chosen.toString();
    return form.getAttribute("action") + (words ? `?${words}` : "");
  }
  function noteFilter(form, typed) {
    const next = filterAddress(form);
    if (next === listAddress) return;
    const page = $("#page-number");
    if (page) page.value = "1";
    history[typed ? "replaceState" : "pushState"](null, "", next);
    listAddress = plain(next);
    for (const chip of $$("a.chip[href]", form)) {
      const url = new URL(chip.href);
      const words = new FormData(form).get("q");
      if (words) url.searchParams.set("q", words); else url.searchParams.delete("q");
      chip.setAttribute("href", url.pathname + url.search);
    }
    remember();
  }
  on("input", (event) => { const form = event.target.closest?.("form.filters"); if (form && event.target.type === "search") noteFilter(form, true); });
  on("change", (event) => { const form = event.target.closest?.("form.filters"); if (form) noteFilter(form, event.target.type === "search"); });
  on("submit", (event) => { if (event.target.matches?.("form.filters[hx-get]")) noteFilter(event.target, true); });
  on("popstate", () => {
    if (plain(location.href) !== listAddress) { location.reload(); return; }
    const path = openPath();
    if (path) show(path); else if (drawer()?.open) drawer().close();
  }, window);

  // --- remembered: the menu leads to a list as it was left -----------------------------------------------------------
  const key = (path) => `stalkeer:list:${path}`;
  function remember() {
    if (!$("form.filters[data-remember]")) return;
    const url = new URL(listAddress, location.href);
    for (const passing of ["page_number", "before", "open", "item", "after"]) url.searchParams.delete(passing);
    keep(sessionStorage, key(url.pathname), url.search || "?");
    url.searchParams.delete("q"); // words are forgotten with the session
    keep(localStorage, key(url.pathname), url.search);
    leadBack();
  }
  function keep(where, name, value) { try { if (value) where.setItem(name, value); else where.removeItem(name); } catch { /* no storage */ } }
  function leadBack() {
    for (const link of $$(".menu a, .tabs a")) {
      const path = link.getAttribute("href").split("?")[0];
      let kept = null;
      try { kept = sessionStorage.getItem(key(path)) ?? localStorage.getItem(key(path)); } catch { /* no storage */ }
      link.setAttribute("href", path + (kept && kept !== "?" ? kept : ""));
    }
  }

  // --- selection: a range with Shift, and all pages at once -----------------------------------------------------------
  const LISTED = "table[data-total], ul[data-total]"; // knows how many rows all pages have
  let lastPick = null;
  on("click", (event) => {
    const box = event.target.closest?.("input.pick");
    if (box) {
      const boxes = $$("input.pick", box.form);
      const from = boxes.findIndex((other) => other.value === lastPick);
      const to = boxes.indexOf(box);
      if (event.shiftKey && from >= 0) {
        for (const other of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) other.checked = box.checked;
        box.dispatchEvent(new Event("change", { bubbles: true }));
      }
      lastPick = box.value;
      return;
    }
    const button = event.target.closest?.("[data-everything]");
    if (button) chooseEverything(button.closest("form"), true);
  });
  function chooseEverything(form, chosen) {
    const field = $('input[name="everything"]', form);
    field.disabled = !chosen;
    field.value = chosen ? listAddress.slice(base.length) : "";
    if (chosen) $("[data-picked]", form).textContent = Number($(LISTED, form).dataset.total).toLocaleString("en");
    offerEverything(form);
  }
  function offerEverything(form) {
    const button = $("[data-everything]", form);
    const table = $(LISTED, form);
    if (!button) return;
    const total = Number(table?.dataset.total || 0);
    const boxes = $$("input.pick", form);
    const isWhole = boxes.length > 0 && boxes.every((box) => box.checked) && total > boxes.length;
    const field = $('input[name="everything"]', form);
    if (!isWhole) { field.disabled = true; field.value = ""; }
    button.hidden = !isWhole || !field.disabled;
    $("[data-total]", button).textContent = total.toLocaleString("en");
    if (isWhole && !field.disabled) $("[data-picked]", form).textContent = total.toLocaleString("en");
  }
  on("change", (event) => { const form = event.target.closest?.("form.many"); if (form) offerEverything(form); });

  // --- keys: j and k walk the rows of a list, y and n press what a row offers under them, x selects it ---------------
  let at = -1;
  const rowsOf = () => $$("#rows tbody tr:has(a.title-line)");
  function stand(index) {
    const rows = rowsOf();
    at = Math.max(0, Math.min(index, rows.length - 1));
    rows[at]?.querySelector("a.title-line").focus();
    rows[at]?.scrollIntoView({ block: "nearest" });
  }
  on("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || $("dialog[open]")) return;
    if (event.target.closest?.("input:not([type=checkbox]), textarea, select")) return;
    const rows = rowsOf();
    if (!rows.length) return;
    const here = rows.findIndex((row) => row.contains(document.activeElement));
    const move = { j: 1, k: -1 }[event.key];
    if (move) { event.preventDefault(); stand(here < 0 ? (at < 0 ? 0 : at) : here + move); return; }
    if (here < 0) return;
    at = here;
    if (event.key === "x") { event.preventDefault(); $("input.pick", rows[here])?.click(); return; }
    const button = /^[a-z]$/.test(event.key) ? $(`[data-row-key="${event.key}"]`, rows[here]) : null;
    if (button) { event.preventDefault(); button.click(); }
  });
  on("htmx:after:swap", () => { if (at >= 0 && document.activeElement === document.body && !$("dialog[open]")) stand(at); });

  // --- columns: chosen for each list, kept by the browser ------------------------------------------------------------
  const columnKey = `stalkeer:columns:${location.pathname.slice(base.length)}`;
  function hiddenColumns() { try { return JSON.parse(localStorage.getItem(columnKey) || "[]"); } catch { return []; } }
  function showColumns() {
    const hidden = hiddenColumns();
    const table = $("#rows table.list");
    if (!table || !$("[data-columns]")) return;
    const heads = $$("thead th", table);
    heads.forEach((head, at) => {
      if (!head.matches(".md, .lg")) return;
      const off = hidden.includes(head.textContent.trim());
      head.hidden = off;
      for (const row of table.tBodies[0].rows) if (row.cells.length === heads.length) row.cells[at].hidden = off;
    });
  }
  function offerColumns() {
    const body = $("[data-columns] .pop-body");
    if (!body) return;
    const hidden = hiddenColumns();
    for (const head of $$("#rows thead th:is(.md, .lg)")) {
      const name = head.textContent.trim();
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.className = "form-check-input";
      box.checked = !hidden.includes(name);
      box.addEventListener("change", () => {
        const off = hiddenColumns().filter((other) => other !== name);
        if (!box.checked) off.push(name);
        try { localStorage.setItem(columnKey, JSON.stringify(off)); } catch { /* no storage */ }
        showColumns();
      });
      label.append(box, name);
      body.append(label);
    }
  }
  on("htmx:after:swap", () => { showColumns(); for (const form of $$("form.many")) offerEverything(form); });

  on("DOMContentLoaded", () => {
    offerColumns();
    showColumns();
    remember();
    leadBack();
    const dialog = drawer();
    if (!dialog) return;
    dialog.addEventListener("close", () => {
      if (!openPath()) return;
      if (history.state?.drawer) history.back(); else history.replaceState(null, "", withOpen(null));
    });
    if (openPath() && !dialog.hasAttribute("data-start-open")) show(openPath());
  });
})();
