// Stalkeer's own browser code: what HTML and htmx cannot say. No inline script anywhere; everything hangs on data-* attributes.
(() => {
  "use strict";
  const base = document.documentElement.dataset.base || "";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (name, handler, target = document) => target.addEventListener(name, handler);

  // --- toasts ------------------------------------------------------------------------------------------------------
  const sprite = document.documentElement.dataset.icons;
  const toneIcon = { ok: "circle-check", bad: "circle-alert", warn: "triangle-alert", info: "info" };

  function iconOf(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${sprite}#${name}`);
    svg.append(use);
    return svg;
  }

  function toast({ text, tone = "ok", undo = null }) {
    const box = $("#toasts");
    if (!box) return;
    const item = document.createElement("div");
    item.className = `toast show ${tone}`;
    item.setAttribute("role", tone === "bad" ? "alert" : "status");
    const words = document.createElement("div");
    words.textContent = text;
    item.append(iconOf(toneIcon[tone] || "info"), words);
    if (undo) {
      const button = document.createElement("button");
      button.className = "btn btn-sm";
      button.textContent = "Undo";
      button.addEventListener("click", () => { item.remove(); htmx.ajax("POST", undo, { swap: "none" }); });
      item.append(button);
    } else {
      const close = document.createElement("button");
      close.className = "btn btn-ghost btn-sm btn-square";
      close.setAttribute("aria-label", "Close this message");
      close.append(iconOf("x"));
      close.addEventListener("click", () => item.remove());
      item.append(close);
    }
    box.append(item);
    if (box.showPopover) { if (box.matches(":popover-open")) box.hidePopover(); box.showPopover(); }
    while (box.children.length > 4) box.firstElementChild.remove();
    setTimeout(() => item.remove(), tone === "bad" ? 15000 : undo ? 10000 : 5000);
  }

  on("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    const header = ctx.response?.headers?.get("Stalkeer-Toast");
    const wrong = ctx.response?.headers?.get("Stalkeer-Fields");
    const form = ctx.sourceElement?.closest?.("form");
    if (form) clearErrors(form);
    const told = wrong && form ? showErrors(form, JSON.parse(decodeURIComponent(wrong))) : false;
    const create = ctx.response?.headers?.get("Stalkeer-Create");
    if (create && form) for (const name of JSON.parse(decodeURIComponent(create))) offerFolder(form, name);
    if (form && ctx.response?.status < 400 && ctx.sourceElement === form) form.dataset.dirty = "";
    if (told) toast({ tone: "bad", text: "Not saved. Correct the marked fields." });
    else if (header) toast(JSON.parse(decodeURIComponent(header)));
    else if (ctx.response?.status >= 400) {
      toast({ tone: "bad", text: `The server answered ${ctx.response.status}. Reload the page; if it happens again, look at System > Log Files.` });
    }
    if (ctx.response?.status >= 400 && !ctx.response.headers.get("HX-Reswap")) ctx.swap = "none";
    if (ctx.response?.status >= 400) showNotLoaded(ctx);
    const refresh = ctx.response?.headers?.get("Stalkeer-Changed");
    if (refresh) for (const topic of refresh.split(",")) fire(`live:${topic.trim()}`);
  });
  on("htmx:error", (event) => { showNotLoaded(event.detail?.ctx); toast({ tone: "bad", text: "Stalkeer does not answer. Check that it runs and that you are connected; nothing was changed." }); });

  // --- errors beside their fields; whether every one found its field -------------------------------------------------
  function showErrors(form, fields) {
    const marked = Object.entries(fields).map(([name, words]) => {
      const control = $$(`[name="${CSS.escape(name)}"]`, form).find((one) => one.type !== "hidden") || $(`[data-field-of="${CSS.escape(name)}"]`, form);
      if (!control) return null;
      const line = document.createElement("div");
      line.className = "field-error";
      line.id = `error-${name.replace(/\W/g, "-")}`;
      line.setAttribute("role", "alert");
      line.textContent = words;
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-errormessage", line.id);
      control.classList.add("is-invalid");
      (control.closest(".form-check, fieldset.choice, .days") || control).after(line);
      for (let at = control.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
      control.closest(".advanced")?.classList.add("needed");
      return control;
    });
    marked.find(Boolean)?.focus();
    return marked.length > 0 && marked.every(Boolean);
  }
  function offerFolder(form, name) {
    const line = $(`#error-${name.replace(/\W/g, "-")}`, form);
    if (!line) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm";
    button.textContent = "Create it";
    button.addEventListener("click", () => {
      const wish = Object.assign(document.createElement("input"), { type: "hidden", name: `create:${name}`, value: "1" });
      form.append(wish);
      form.requestSubmit();
      setTimeout(() => wish.remove());
    });
    line.append(" ", button);
  }
  function clearErrors(form) {
    for (const line of $$(".field-error", form)) line.remove();
    for (const control of $$("[aria-errormessage]", form)) {
      control.removeAttribute("aria-errormessage");
      control.removeAttribute("aria-invalid");
      control.classList.remove("is-invalid");
    }
  }

  // --- unsaved changes: the form says so, and the browser asks before they are lost ------------------------------------
  const guarded = (event) => { const form = event.target.closest?.("form[data-guard]"); if (form && !event.target.matches("[data-choose], [data-filter]")) form.dataset.dirty = "yes"; };
  on("input", guarded);
  on("change", guarded);
  on("beforeunload", (event) => { if ($("form[data-dirty=yes]")) event.preventDefault(); }, window);

  // --- a list that is narrowed down by what is typed: nothing is asked of the server -----------------------------------
  on("input", (event) => {
    if (!event.target.matches("[data-filter]")) return;
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of $$(event.target.dataset.filter)) item.hidden = !words.every((word) => item.dataset.words.includes(word));
    for (const group of $$("[data-filtered]")) group.hidden = words.length > 0 && !$(`${event.target.dataset.filter}:not([hidden])`, group);
    document.body.classList.toggle("is-filtering", words.length > 0);
  });

  // what a page loads after itself says so where it cannot be loaded, instead of loading for ever
  function showNotLoaded(ctx) {
    const place = ctx?.sourceElement;
    if (!place?.getAttribute?.("hx-trigger")?.startsWith("load") || place.querySelector(":scope > :not(.soft)")) return;
    const words = document.createElement("p");
    words.className = "soft";
    words.textContent = "This could not be loaded. Reload the page to try again.";
    place.replaceChildren(words);
  }

  // --- confirm -----------------------------------------------------------------------------------------------------
  on("htmx:confirm", (event) => {
    event.preventDefault();
    const { ctx, issueRequest, dropRequest } = event.detail;
    const dialog = $("#confirm");
    $("[data-text]", dialog).textContent = ctx.confirm;
    $("[data-yes]", dialog).textContent = ctx.sourceElement.dataset.yes || "Yes";
    dialog.returnValue = "no";
    dialog.addEventListener("close", () => {
      const menu = ctx.sourceElement.closest("details.pop:not([open])"); // it closed when the question was asked
      if (menu) $("summary", menu).focus();
      return dialog.returnValue === "yes" ? issueRequest() : dropRequest();
    }, { once: true });
    dialog.showModal();
  });

  // --- drawer: what is swapped in as its content opens it; a part of it that arrives late must not open it again ---
  on("htmx:after:swap", (event) => {
    const target = event.detail?.ctx?.target;
    const dialog = target?.parentElement?.matches?.("dialog") ? target.parentElement : null;
    if (dialog && !dialog.open && target.childElementCount) dialog.showModal();
    settle(document);
  });
  on("click", (event) => {
    const close = event.target.closest("[data-close]");
    if (close) close.closest("dialog")?.close();
    if (event.target.matches("dialog[open]")) event.target.close();
    const open = event.target.closest("[data-open]");
    if (open) $(open.dataset.open)?.showModal();
    const toggle = event.target.closest("[data-menu]");
    if (toggle) toggleMenu();
    else if (event.target.closest(".scrim")) toggleMenu(false);
    for (const pop of $$("details.pop[open]")) if (!pop.contains(event.target) || event.target.closest(".pop-body a, .pop-body button:not([data-choose])")) pop.open = false;
    const copy = event.target.closest("[data-copy]");
    const check = event.target.closest("[data-check]");
    if (check) {
      $(check.dataset.check).click();
      $(check.dataset.click)?.click();
    }
    if (copy) copyText(copy);
    const reveal = event.target.closest("[data-reveal]");
    if (reveal) {
      const field = $(reveal.dataset.reveal);
      field.type = field.type === "password" ? "text" : "password";
      reveal.setAttribute("aria-pressed", String(field.type === "text"));
    }
    const choice = event.target.closest("[data-choose]");
    if (choice) choose(choice.dataset.choose, choice.value);
    if (!event.target.closest(".topbar .find")) { const found = $("#find-results"); if (found) found.textContent = ""; }
  });

  function toggleMenu(want) {
    const open = want ?? !document.body.classList.contains("menu-open");
    document.body.classList.toggle("menu-open", open);
    $("[data-menu]")?.setAttribute("aria-expanded", String(open));
    if (open) $(".side a")?.focus();
  }

  async function copyText(button) {
    const source = button.dataset.copy.startsWith("#") ? $(button.dataset.copy) : null;
    const value = source ? (source.value ?? source.textContent) : button.dataset.copy;
    try { await navigator.clipboard.writeText(value); toast({ text: "Copied." }); }
    catch { toast({ tone: "warn", text: "The browser does not allow copying here; select the text and copy it yourself." }); }
  }

  function choose(name, value) {
    look.dataset[name] = value;
    document.cookie = `stalkeer_${name}=${value};path=${base || "/"};max-age=31536000;samesite=lax`;
    ({ clock, second, stamp } = clocks());
    document.dispatchEvent(new CustomEvent("theme-chosen"));
    fire("theme");
    settle(document);
  }

  // --- keys: any element with data-key is pressed by that key ------------------------------------------------------
  const typing = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  on("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") {
      if (document.body.classList.contains("menu-open")) { toggleMenu(false); $("[data-menu]")?.focus(); }
      for (const pop of $$("details.pop[open]")) { pop.open = false; $("summary", pop).focus(); }
      const found = $("#find-results");
      if (found?.childElementCount) { found.textContent = ""; $("#find")?.focus(); }
      return;
    }
    if (typing(event.target)) {
      if (event.key === "ArrowDown" && event.target.id === "find") { event.preventDefault(); $("#find-results a")?.focus(); }
      return;
    }
    if (event.target.closest("#find-results") && /^Arrow(Up|Down)$/.test(event.key)) {
      const links = $$("#find-results a");
      const at = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
      (links[at] || $("#find")).focus();
      return;
    }
    if ($("dialog[open]") && !event.target.closest("dialog")) return;
    if (event.key === "/") { event.preventDefault(); $("#find")?.focus(); return; }
    if (event.key === "?") { $("#keys")?.showModal(); return; }
    const scope = $("dialog[open]") || document;
    const button = $(`[data-key~="${CSS.escape(event.key.toLowerCase())}"]`, scope);
    if (button && !button.disabled) { event.preventDefault(); button.click(); }
  });

  // --- selection of many rows --------------------------------------------------------------------------------------
  function countPicks(form) {
    const picked = $$("input.pick:checked", form).length;
    const bar = $(".bulk", form);
    if (bar) { bar.hidden = picked === 0; $("[data-picked]", bar).textContent = String(picked); }
    const all = $("input[data-pick-all]", form);
    if (all) { const total = $$("input.pick", form).length; all.checked = picked > 0 && picked === total; all.indeterminate = picked > 0 && picked < total; }
  }
  on("change", (event) => {
    const form = event.target.closest("form.many");
    if (form && event.target.matches("[data-pick-all]")) for (const box of $$("input.pick", form)) box.checked = event.target.checked;
    if (form) countPicks(form);
    const whole = event.target.dataset.checkAll;
    if (whole) for (const box of $$(`${whole} li input[type=checkbox]`)) box.checked = event.target.checked;
    else { const parent = event.target.closest("li:has([data-check-all])"); if (parent) countChecked(parent); }
    if (event.target.matches("[data-shows]")) showParts(event.target);
  });

  // the box in front of a list stands for all of its boxes
  function countChecked(list) {
    const boxes = $$("li input[type=checkbox]", list);
    const count = boxes.filter((box) => box.checked).length;
    const all = $("[data-check-all]", list);
    all.checked = count > 0 && count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
  }

  // a choice shows the parts of the form that belong to it
  function showParts(control) {
    const value = control.type === "checkbox" ? String(control.checked) : control.value;
    if (control.type === "radio" && !control.checked) return;
    for (const field of $$("[data-placeholders]", control.form || document)) {
      const found = field.dataset.placeholders.split("|").find((one) => one.startsWith(`${value}=`));
      if (found) field.placeholder = found.slice(value.length + 1);
    }
    for (const part of $$(`[data-when^="${control.dataset.shows}="]`)) part.hidden = !part.dataset.when.split("=")[1].split("|").includes(value);
  }

  // --- the order of a queue: dragged by the grip of a row, or moved by the arrow keys on it -----------------------------
  let dragged = null;
  const dropSide = (event, row) => { const box = row.getBoundingClientRect(); return event.clientY < box.top + box.height / 2 ? "before" : "after"; };
  function markDrop(row, side) {
    for (const other of $$("tr[data-drop]")) if (other !== row) other.removeAttribute("data-drop");
    if (row) row.dataset.drop = side;
  }
  on("dragstart", (event) => {
    const grip = event.target.closest?.("[data-grip]");
    if (!grip) return;
    dragged = grip.closest("tr");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.id);
    event.dataTransfer.setDragImage(dragged, 20, 20);
  });
  on("dragover", (event) => {
    const row = dragged && event.target.closest?.("tr[data-movable]");
    if (!row) return;
    event.preventDefault();
    markDrop(row === dragged ? null : row, dropSide(event, row));
  });
  on("drop", (event) => {
    const row = dragged && event.target.closest?.("tr[data-movable]");
    if (!row) return;
    event.preventDefault();
    place(dragged, row, dropSide(event, row));
  });
  on("dragend", () => { dragged = null; markDrop(null); });
  function place(row, target, side) {
    if (target && target !== row) htmx.ajax("POST", `${base}/activity/${row.dataset.download}/place`, { swap: "none", values: { other: target.dataset.download, side } });
  }
  // a finger does not drag as a mouse does: the row under it is looked up
  on("pointerdown", (event) => {
    const grip = event.pointerType === "mouse" ? null : event.target.closest?.("[data-grip]");
    if (!grip) return;
    const row = grip.closest("tr");
    const under = (point) => document.elementFromPoint(point.clientX, point.clientY)?.closest("tr[data-movable]");
    const follow = (point) => { const target = under(point); markDrop(target === row ? null : target, target && dropSide(point, target)); };
    const end = (point) => {
      grip.removeEventListener("pointermove", follow);
      grip.removeEventListener("pointerup", end);
      grip.removeEventListener("pointercancel", end);
      const target = under(point);
      markDrop(null);
      if (point.type === "pointerup" && target) place(row, target, dropSide(point, target));
    };
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
    grip.addEventListener("pointermove", follow);
    grip.addEventListener("pointerup", end);
    grip.addEventListener("pointercancel", end);
  });
  on("keydown", (event) => {
    const grip = event.target.closest?.("[data-grip]");
    const step = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    if (!grip || !step) return;
    event.preventDefault();
    $(`[data-step="${step}"]`, grip.closest("tr")).click();
  });

  // --- times in the reader's own zone ------------------------------------------------------------------------------
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const look = document.documentElement;
  const hours = () => ({ 12: { hour12: true }, 24: { hour12: false } })[look.dataset.clock];
  const clocks = () => ({
    clock: new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", ...hours() }),
    second: new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium", ...hours() }),
    stamp: new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", ...hours() }),
  });
  let { clock, second, stamp } = clocks();
  const dayOnly = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

  function ago(at) {
    const seconds = (at - Date.now()) / 1000;
    if (Math.abs(seconds) < 45) return seconds <= 0 ? "just now" : "in a moment";
    const [unit, size] = units.find(([, s]) => Math.abs(seconds) >= s);
    return relative.format(Math.round(seconds / size), unit);
  }

  // a narrow list is made of cards, in which each cell carries the head of its column
  function labelCells(table) {
    const heads = $$("thead th", table).map((head) => head.textContent.trim());
    for (const row of table.tBodies[0]?.rows ?? []) {
      if (row.cells.length !== heads.length) continue;
      for (const cell of row.cells) {
        cell.dataset.label = heads[cell.cellIndex];
        cell.classList.toggle("bare-cell", !cell.textContent.trim() && !cell.querySelector("input, progress, svg"));
      }
    }
  }

  function settle(root) {
    for (const time of $$("time[datetime]", root)) {
      const at = new Date(time.dateTime);
      const full = stamp.format(at);
      const words = { ago: () => ago(at), clock: () => clock.format(at), second: () => second.format(at), date: () => dayOnly.format(at) }[time.dataset.format]?.() ?? full;
      if (time.textContent !== words) time.textContent = words;
      time.title = full;
    }
    for (const form of $$("form.many", root)) countPicks(form);
    for (const button of $$("[data-choose]", root)) button.setAttribute("aria-pressed", String(look.dataset[button.dataset.choose] === button.value));
    for (const table of $$("table.list", root)) labelCells(table);
    for (const control of $$("[data-shows]", root)) showParts(control);
    for (const image of $$("img[data-fallback]", root)) {
      if (image.dataset.watched) continue;
      image.dataset.watched = "1";
      image.addEventListener("error", () => image.remove());
      if (image.complete && !image.naturalWidth) image.remove();
    }
  }
  setInterval(() => settle(document), 30000);

  // --- live: one document a second, by server-sent events or by polling --------------------------------------------
  const fire = (name) => document.body.dispatchEvent(new CustomEvent(name));
  let marks = null; // as the lists on this page show it
  let source = null;
  let poll = 0;

  function write(element, text) { if (element && element.textContent !== text) element.textContent = text; }

  function showLive(live) {
    for (const badge of $$("[data-count]")) {
      const value = live.counts[badge.dataset.count];
      if (value === undefined) continue;
      write(badge, value > 999 ? "999+" : String(value));
      badge.toggleAttribute("data-zero", value === 0);
    }
    for (const place of $$("[data-live]")) if (live.texts[place.dataset.live] !== undefined) write(place, live.texts[place.dataset.live]);
    for (const row of live.downloads) {
      for (const box of $$(`[data-download="${row.id}"]`)) {
        if (row.percent !== null) for (const bar of $$("progress", box)) bar.value = row.percent;
        for (const name of ["done", "speed", "eta", "label"]) for (const field of $$(`[data-field="${name}"]`, box)) write(field, row[name]);
      }
    }
    for (const row of live.runs) {
      for (const box of $$(`[data-run="${row.id}"]`)) {
        const bar = $("progress", box);
        if (bar && row.percent !== null) bar.value = row.percent;
        write($('[data-field="message"]', box), row.message);
      }
    }
    marks ??= JSON.parse(document.body.dataset.liveMarks || "{}");
    for (const topic of Object.keys(live.marks)) if (marks[topic] !== live.marks[topic]) fire(`live:${topic}`);
    marks = live.marks;
    document.body.dispatchEvent(new CustomEvent("live", { detail: live }));
  }

  function showLink(state) {
    const dot = $("#link-dot");
    if (!dot) return;
    dot.className = `dot ${state}`;
    write($("#link-words"), { ok: "live", warn: "polling", bad: "not connected" }[state]);
  }

  async function pollOnce() {
    try {
      const answer = await fetch(`${base}/live.json`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      showLive(await answer.json());
      showLink("warn");
    } catch { showLink("bad"); }
  }

  function listen() {
    if (document.hidden || source || !document.body.dataset.liveUrl) return;
    if (!window.EventSource) { startPolling(); return; }
    source = new EventSource(document.body.dataset.liveUrl);
    source.addEventListener("live", (event) => { stopPolling(); showLink("ok"); showLive(JSON.parse(event.data)); });
    source.addEventListener("error", () => { showLink("bad"); startPolling(); if (source?.readyState === 2) { source = null; setTimeout(listen, 10000); } });
  }
  function startPolling() { if (!poll) { pollOnce(); poll = setInterval(pollOnce, 4000); } }
  function stopPolling() { clearInterval(poll); poll = 0; }
  on("visibilitychange", () => {
    if (document.hidden) { source?.close(); source = null; stopPolling(); } else listen();
  });
  on("pagehide", () => { source?.close(); source = null; }, window);
  on("pageshow", () => listen(), window);

  on("DOMContentLoaded", () => {
    settle(document);
    const flash = document.body.dataset.flash;
    if (flash) toast(JSON.parse(flash));
    const drawer = $("dialog[data-start-open]");
    if (drawer) drawer.showModal();
    listen();
  });
})();
