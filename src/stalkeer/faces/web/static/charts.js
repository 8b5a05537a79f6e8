// Graphs: uPlot in the colours of the theme. A place asks for one with data-chart and data-url.
(() => {
  "use strict";
  const drawn = new Map();
  const colour = (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const size = (value) => {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let at = 0;
    while (Math.abs(value) >= 1000 && at < units.length - 1) { value /= 1000; at += 1; }
    return `${value >= 100 || at === 0 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
  };
  const say = { rate: (value) => `${size(value)}/s`, bytes: size, count: String, percent: (value) => `${Math.round(value)} %` };

  const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
  const hours = () => ({ 12: { hour12: true }, 24: { hour12: false } })[document.documentElement.dataset.clock];
  const clock = () => new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", ...hours() });
  const sayTimes = (_plot, ticks, _axis, _space, step) => { const words = step >= 86400 ? day : clock(); return ticks.map((tick) => words.format(new Date(tick * 1000))); };
  const HALF_A_DAY = 43200;

  function axes(unit) {
    const soft = colour("--sk-soft");
    const line = colour("--sk-line");
    const shared = { stroke: soft, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "11px system-ui" };
    return [{ ...shared, space: 80, size: 34, values: sayTimes }, { ...shared, size: 76, values: (_, ticks) => ticks.map((tick) => say[unit](tick)) }];
  }

  function options(place, unit, bars) {
    const accent = colour(place.dataset.tone || "--sk-accent");
    return {
      width: place.clientWidth,
      height: place.clientHeight,
      cursor: { points: { size: 7 }, drag: { x: false, y: false } },
      legend: { show: false },
      scales: { x: { time: true, range: (_, low, high) => (bars ? [low - HALF_A_DAY, high + HALF_A_DAY] : [low, high]) }, y: { range: (_, low, high) => [0, Math.max(high * 1.1, unit === "count" ? 4 : 1000)] } },
      axes: axes(unit),
      series: [{}, {
        stroke: accent, width: 2, fill: accent.replace("rgb(", "rgba(").replace(")", ", 0.16)"), points: { show: false },
        ...(bars ? { paths: uPlot.paths.bars({ size: [0.7, 40], radius: 0.15 }), fill: accent } : {}),
      }],
    };
  }

  function draw(place, times, values) {
    const unit = place.dataset.unit || "rate";
    drawn.get(place)?.destroy();
    place.textContent = "";
    drawn.delete(place);
    if (values.some((value) => value > 0)) {
      drawn.set(place, new uPlot(options(place, unit, place.dataset.kind === "bars"), [times, values], place));
      return;
    }
    const words = document.createElement("div");
    words.className = "chart-empty";
    words.textContent = place.dataset.empty || "Nothing was downloaded in this time";
    place.append(words);
  }

  async function load(place) {
    try {
      const answer = await fetch(place.dataset.url);
      if (!answer.ok) return;
      const { times, rates } = await answer.json();
      draw(place, times, rates);
    } catch { /* the line above the graph says that the connection is lost */ }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const places = [...document.querySelectorAll("[data-chart]")];
    places.forEach(load);
    if (places.some((place) => place.dataset.chart === "rate")) setInterval(() => { if (!document.hidden) places.forEach(load); }, 10000);
    document.body.addEventListener("theme", () => places.forEach(load));
    let waiting = 0;
    window.addEventListener("resize", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { for (const [place, plot] of drawn) plot.setSize({ width: place.clientWidth, height: place.clientHeight }); }, 120);
    });
  });
})();
