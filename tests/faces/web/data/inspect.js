// Looks at the page that is open as a critical reader would, and returns the faults as sentences; none means a clean page.
() => {
  const faults = [];
  const width = document.documentElement.clientWidth;
  const name = (element) => {
    const id = element.id ? `#${element.id}` : "";
    const classes = typeof element.className === "string" && element.className ? `.${element.className.trim().split(/\s+/).join(".")}` : "";
    const words = (element.textContent || element.getAttribute("aria-label") || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `${element.tagName.toLowerCase()}${id}${classes} "${words}"`;
  };
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true });
  const dialog = document.querySelector("dialog[open]");
  const root = dialog || document.body;
  const hidden = (element) => element.closest(".visually-hidden, .skip-link, [popover]:not(:popover-open), .u-over");
  const floats = (element) => {
    for (let at = element; at && at !== root; at = at.parentElement) if (/fixed|sticky/.test(getComputedStyle(at).position)) return at;
    return null;
  };
  const all = [...root.querySelectorAll("*")].filter((element) => seen(element) && !hidden(element));

  // --- nothing is wider than the window --------------------------------------------------------------------------
  if (document.documentElement.scrollWidth > width + 1) faults.push(`overflow: the page is ${document.documentElement.scrollWidth} px wide in a window of ${width}`);
  const clipped = (element) => {
    let box = element.getBoundingClientRect();
    box = { left: box.left, right: box.right, top: box.top, bottom: box.bottom };
    for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const outer = at.getBoundingClientRect();
      box = { left: Math.max(box.left, outer.left), right: Math.min(box.right, outer.right), top: Math.max(box.top, outer.top), bottom: Math.min(box.bottom, outer.bottom) };
    }
    return box;
  };
  for (const element of all) {
    const box = element.getBoundingClientRect();
    if (box.width < 1 || box.height < 1 || element.closest("svg") !== null && element.tagName !== "svg") continue;
    const real = clipped(element);
    if (real.right > width + 1 && real.right - real.left > 1) faults.push(`overflow: ${name(element)} reaches ${Math.round(real.right)} px of ${width}`);
  }

  // --- no scrollbar but where a list is meant to scroll -----------------------------------------------------------
  const mayScroll = (element) => element.closest("[data-scrolls], dialog") === element || element.matches("textarea, .log, .group-list, .side, select");
  for (const element of all) {
    const style = getComputedStyle(element);
    const sideways = /auto|scroll/.test(style.overflowX) && element.scrollWidth > element.clientWidth;
    const upright = /auto|scroll/.test(style.overflowY) && element.scrollHeight > element.clientHeight;
    if (mayScroll(element) ? sideways : sideways || upright) faults.push(`scrollbar: ${name(element)} (${element.scrollWidth}x${element.scrollHeight} in ${element.clientWidth}x${element.clientHeight})`);
  }

  // --- no box lies on another ------------------------------------------------------------------------------------
  const boxes = [];
  const add = (kind, element, rect, shrink = 0) => {
    const cut = clipped(element);
    const box = {
      kind, element, left: Math.max(rect.left, cut.left), right: Math.min(rect.right, cut.right),
      top: Math.max(rect.top + shrink, cut.top), bottom: Math.min(rect.bottom - shrink, cut.bottom),
    };
    if (box.right - box.left > 2 && box.bottom - box.top > 2) boxes.push(box);
  };
  for (const element of all) {
    if (floats(element) || element.closest(".chart, .poster, .backdrop")) continue;
    if (element.matches("a, button, input, select, textarea, summary")) for (const rect of element.getClientRects()) add("control", element, rect);
    if (element.matches("svg, img, progress, .dot")) add("ink", element, element.getBoundingClientRect(), 1);
    for (const child of element.childNodes) {
      if (child.nodeType !== Node.TEXT_NODE || !child.textContent.trim() || element.closest("select, option, script, style, template, svg")) continue;
      const range = document.createRange();
      range.selectNodeContents(child);
      for (const rect of range.getClientRects()) add("ink", element, rect, rect.height * 0.2);
    }
  }
  boxes.sort((one, other) => one.top - other.top);
  const told = new Set();
  for (let at = 0; at < boxes.length; at += 1) {
    const one = boxes[at];
    for (let next = at + 1; next < boxes.length && boxes[next].top < one.bottom - 2; next += 1) {
      const other = boxes[next];
      if (one.kind !== other.kind || one.element === other.element) continue;
      if ([one, other].some((box) => box.element.matches(".work > .pick"))) continue; // lies on its poster
      if (one.kind === "control" && (one.element.contains(other.element) || other.element.contains(one.element))) continue;
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (across <= 2 || down <= 2) continue;
      const words = `overlap: ${name(one.element)} and ${name(other.element)} by ${Math.round(across)}x${Math.round(down)}`;
      if (!told.has(words)) { told.add(words); faults.push(words); }
    }
  }

  // --- no text is squeezed into a column of letters -----------------------------------------------------------------
  for (const element of all) {
    if (element.closest("svg, .poster, select, option")) continue;
    for (const child of element.childNodes) {
      if (child.nodeType !== Node.TEXT_NODE || child.textContent.trim().length < 3) continue;
      const range = document.createRange();
      range.selectNodeContents(child);
      const lines = [...range.getClientRects()].filter((line) => line.width > 1);
      const size = parseFloat(getComputedStyle(element).fontSize);
      if (lines.length > 2 && Math.max(...lines.map((line) => line.width)) < 3 * size) faults.push(`squeezed: ${name(element)} has ${lines.length} lines`);
    }
  }

  // --- no short word is cut off -----------------------------------------------------------------------------------
  for (const element of all) {
    if (!element.matches(".badge, .tag, .count, .btn, .chip, th, label, h1, h2, h3") || element.closest(".poster")) continue;
    const style = getComputedStyle(element);
    if (style.overflowX !== "hidden" && style.overflowX !== "clip" || style.clipPath !== "none") continue;
    if (element.scrollWidth > element.clientWidth + 1 && style.textOverflow !== "ellipsis") faults.push(`cut: ${name(element)} shows ${element.clientWidth} of ${element.scrollWidth} px`);
  }

  // --- every word can be read -------------------------------------------------------------------------------------
  const brush = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = colour;
      brush.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };
  const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3])).concat(1);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => { const share = part / 255; return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") return null; // a picture or a gradient: judged by eye
      const colour = rgba(style.backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  for (const element of all) {
    const own = [...element.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.textContent.trim());
    if (!own || element.closest("[disabled], [aria-disabled=true], .poster, svg, option, script, style")) continue;
    const ground = behind(element);
    if (!ground) continue;
    let share = 1;
    for (let at = element; at; at = at.parentElement) share *= Number(getComputedStyle(at).opacity);
    if (share < 1 && element.closest(".htmx-request, :disabled")) continue;
    const ink = rgba(getComputedStyle(element).color).slice();
    ink[3] *= share;
    const [bright, dark] = [light(over(ink, ground)), light(ground)].sort((x, y) => y - x);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < 4.5) faults.push(`contrast: ${name(element)} has ${contrast.toFixed(2)}`);
  }
  return [...new Set(faults)];
}
