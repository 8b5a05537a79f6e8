// Runs before the page is drawn, so that it never flashes: the theme and the clock that this browser's reader chose.
(() => {
  "use strict";
  const root = document.documentElement;
  const chosen = (name) => document.cookie.match(new RegExp(`(?:^|; )stalkeer_${name}=(\\w+)`))?.[1];
  const system = matchMedia("(prefers-color-scheme: light)");
  const show = () => { root.dataset.bsTheme = { light: "light", dark: "dark" }[root.dataset.theme] ?? (system.matches ? "light" : "dark"); };
  root.dataset.theme = chosen("theme") || "auto";
  root.dataset.clock = chosen("clock") || "auto";
  root.dataset.detail = chosen("detail") || "basic";
  show();
  system.addEventListener("change", () => { show(); document.body?.dispatchEvent(new CustomEvent("theme")); });
  document.addEventListener("theme-chosen", show);
})();
