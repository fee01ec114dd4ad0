#include "results/page.hpp"

namespace hillock {

const std::string_view page_style = R"css(
:root {
  color-scheme: light dark;
  --ink: #1b1b1b; --soft: #6a6a6a; --line: #d9d9d9; --faint: #f4f4f2; --page: #ffffff; --link: #00579b;
  --text: system-ui, "DejaVu Sans", Verdana, Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --soft: #a0a0a0; --line: #3c3c3c; --faint: #222426; --page: #17181a; --link: #7fb8e6; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 var(--text); }
main { max-width: 1100px; margin: 0 auto; padding: 28px 24px 60px; }
h1 { font-size: 25px; line-height: 1.25; margin: 0 0 6px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 38px 0 10px; overflow-wrap: anywhere; }
h3 { font-size: 14px; font-weight: 600; margin: 0; overflow-wrap: anywhere; }
p { margin: 6px 0; max-width: 48em; overflow-wrap: anywhere; }
a { color: var(--link); }
.soft { color: var(--soft); font-size: 13px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; border-bottom: 1px solid var(--ink); vertical-align: bottom; }
th, td { padding: 4px 18px 4px 0; }
td { border-bottom: 1px solid var(--line); vertical-align: top; }
th.number, td.number { text-align: right; }
td.number { white-space: nowrap; }
.many { font-size: 12.5px; }
.many th, .many td { padding-right: 11px; }
pre { background: var(--faint); padding: 12px 14px; overflow-x: auto; }
pre { font: 12.5px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
summary { cursor: pointer; }
details { margin: 8px 0; }
.grid { display: grid; gap: 18px 22px; }
.panel { min-width: 0; }
.head, .key { display: flex; flex-wrap: wrap; gap: 0 16px; }
.head { align-items: center; min-height: 25px; }
.key { margin-left: auto; font-size: 12.5px; font-variant-numeric: tabular-nums; }
.key i { display: inline-block; width: 18px; border-top: 2px solid; margin-right: 5px; vertical-align: 4px; }
.key i.dash { border-top-style: dashed; }
.key i.points { width: 6px; height: 6px; border: 0; border-radius: 3px; background: currentColor; vertical-align: 1px; }
.key i.rings { width: 7px; height: 7px; border: 1.5px solid; border-radius: 4px; vertical-align: 1px; }
.key i.scale { width: 120px; height: 9px; border: 0; margin: 0 6px; vertical-align: -1px; }
.key i.ticks { width: 0; height: 11px; border-top: 0; border-left: 2px solid; vertical-align: -1px; }
.plot { width: 100%; }
.picture { max-width: 100%; background: #fff; padding: 6px; }
.dygraph-axis-label { color: var(--ink); font-size: 12px; }
.dygraph-xlabel, .dygraph-ylabel { color: var(--ink); font-size: 12.5px; }
.dygraph-xlabel { white-space: nowrap; }
.dygraph-ylabel { line-height: 16px; }
@media (max-width: 700px) { .grid { grid-template-columns: 1fr !important; } }
@media print { .plots { display: none; } }
)css";

const std::string_view page_script = R"js(
(() => {
"use strict";
const figures = JSON.parse(document.getElementById("figures").textContent);
const dark = window.matchMedia("(prefers-color-scheme: dark)");

// --- Small things

const look = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
// Data are drawn in the colour of text, black on white or white on black.
// All other colours have a second one for dark ground.
const colour = (curve) => (dark.matches && curve.dark) || curve.colour || "var(--ink)";
const inked = (curve) => (dark.matches && curve.dark) || curve.colour || look("--ink");  // for a canvas
const minus = (text) => text.replace(/-/g, "\u2212");

// dygraphs takes its labels for HTML.
const plain = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function node(kind, parent, name, text) {
  const made = document.createElement(kind);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  parent.appendChild(made);
  return made;
}

function axisNumber(value) {
  const size = Math.abs(value);
  if (size < 1e6 && (size >= 1e-3 || size === 0)) return minus(String(Number(value.toPrecision(10))));
  const [mantissa, exponent] = value.toExponential(2).split("e");
  return minus(Number(mantissa) + "e" + Number(exponent));
}

// Of counts only whole numbers have a tick.
const whole = (value) => Math.abs(value - Math.round(value)) < 1e-9 ? axisNumber(Math.round(value)) : "";

// "mV" of "Membrane potential (mV)"
function unit(label) {
  const found = /\(([^()]*)\)\s*$/.exec(label);
  return found ? "\u00a0" + found[1] : "";
}

// The label of a y axis runs along it, some 7 px a letter: in one line or two, else briefly; never cut.
const widest = (lines) => Math.max(...lines.map((line) => 7 * line.length));
function wrapped(text, room) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1, longer = lines[last] ? lines[last] + " " + word : word;
    if (!lines[last] || 7 * longer.length <= room) lines[last] = longer; else lines.push(word);
  }
  return lines;
}
function labelLines(panel, room) {
  for (const text of [panel.y_label, panel.y_brief || panel.y_label]) {
    const lines = wrapped(text, room);
    if (lines.length < 3 && widest(lines) <= room) return lines;
  }
  // two lines of what it takes, the unit whole
  const text = panel.y_brief || panel.y_label;
  return wrapped(text, Math.max(widest(text.split(" ")), 3.5 * text.length + 21));
}

const ascends = (x) => x.every((value, i) => i === 0 || x[i - 1] <= value);

// The index of the last x that is not above `at`; x ascends.
function before(x, at) {
  let low = -1, high = x.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= at) low = middle; else high = middle;
  }
  return low;
}

function valueAt(curve, at) {
  let i = before(curve.x, at);
  const next = curve.x[i + 1];
  if (curve.style !== "steps" && next !== undefined && (i < 0 || next - at < at - curve.x[i])) ++i;
  const y = curve.y[i];
  return y === undefined || y === null ? "" : minus(String(Number(y.toPrecision(5))));
}

function extent(lists, least = 0) {
  let low = Infinity, high = -Infinity;
  for (const list of lists) for (const value of list) {
    if (value === null) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return [0, 1];
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const room = high - low > Math.max(1e-12 * largest, least) ? 0 : largest > least ? largest * 0.1 : 1;
  return [low - room, high + room];
}

function padded([low, high], part, logarithmic) {
  const by = logarithmic ? Math.pow(high / low, part) : part * (high - low);
  return logarithmic ? [low / by, high * by] : [low - by, high + by];
}

// --- Data for dygraphs

// One row for each x of any curve. null is joined over, NaN breaks the line.
function rows(panel) {
  const curves = panel.curves, at = curves.map(() => 0), out = [];
  const due = (c, x) => at[c] < curves[c].x.length && curves[c].x[at[c]] === x;
  for (;;) {
    let x = Infinity;
    curves.forEach((curve, c) => { if (at[c] < curve.x.length) x = Math.min(x, curve.x[at[c]]); });
    if (x === Infinity) return out;
    do {  // a second value at one x is a row of its own
      const row = [x];
      curves.forEach((curve, c) => {
        if (!due(c, x)) return row.push(null);
        const y = curve.y[at[c]++];
        // row 0 of a raster is on top
        row.push(y === null ? NaN : panel.rows.length ? panel.rows.length - 1 - y : y);
      });
      out.push(row);
    } while (curves.some((curve, c) => due(c, x)));
  }
}

// A raster: each point a vertical stroke.
function strokes(e) {
  const context = e.drawingContext, half = 0.36 * (e.dygraph.toDomYCoord(0) - e.dygraph.toDomYCoord(1));
  context.strokeStyle = e.color;
  context.lineWidth = e.strokeWidth;
  context.beginPath();
  for (const point of e.points) {
    if (point.yval === null || isNaN(point.yval)) continue;
    context.moveTo(point.canvasx, point.canvasy - half);
    context.lineTo(point.canvasx, point.canvasy + half);
  }
  context.stroke();
}

// Where there is no number: strokes at the lower edge.
const rug = (curve) => (e) => {
  const context = e.drawingContext, bottom = e.plotArea.y + e.plotArea.h;
  context.strokeStyle = e.color;
  context.lineWidth = 2;
  context.beginPath();
  for (const value of curve.x) {
    const x = e.dygraph.toDomXCoord(value);
    context.moveTo(x, bottom);
    context.lineTo(x, bottom - 6);
  }
  context.stroke();
};

// A phase plane: x goes back and forth, so the curve is drawn as it runs.
const plane = (curve, rows) => (e) => {
  const context = e.drawingContext, open = curve.style === "rings";
  const marks = open || curve.style === "points" || curve.x.length === 1, size = curve.strong ? 5.5 : open ? 5 : 3.2;
  let down = false;
  context.save();
  if ((curve.dash || curve.upon) && !marks) context.setLineDash(curve.dash ? [7, 4] : [10, 10]);
  context.strokeStyle = context.fillStyle = e.color;
  context.lineWidth = e.strokeWidth;
  context.beginPath();
  curve.x.forEach((value, i) => {
    if (value === null || curve.y[i] === null) { down = false; return; }
    const x = e.dygraph.toDomXCoord(value), y = e.dygraph.toDomYCoord(rows ? rows - 1 - curve.y[i] : curve.y[i]);
    if (marks || !down) context.moveTo(marks ? x + size : x, y); else context.lineTo(x, y);
    if (marks) context.arc(x, y, size, 0, 2 * Math.PI);
    down = true;
  });
  if (marks && !open) context.fill(); else context.stroke();
  context.restore();
};

function seriesOf(curve, sorted, rows) {
  const options = { color: inked(curve), strokeWidth: curve.strong ? 2.4 : 1.3, pointSize: curve.strong ? 5 : 3.2 };
  if (curve.style === "rug") return Object.assign(options, { plotter: rug(curve) });
  if (!sorted || curve.style === "rings")
    return Object.assign(options, {
      plotter: plane(curve, rows), strokeWidth: 1.5 * (options.strokeWidth > 2 ? 1.5 : 1) });
  if (curve.style === "ticks") return Object.assign(options, { plotter: strokes, strokeWidth: 1.5 });
  options.stepPlot = curve.style === "steps";
  options.drawPoints = curve.style === "points" || curve.x.length === 1;
  if (curve.style === "points") options.strokeWidth = 0;
  if (curve.dash && curve.style === "line") options.strokePattern = [7, 4];
  // the line below shows in between
  else if (curve.upon) options.strokePattern = curve.upon === 1 ? [10, 10] : [4, 16];
  return options;
}

function paint(scale) {
  const colours = dark.matches ? scale.dark : scale.colours;
  scale.bar.style.background = `linear-gradient(to right, ${colours.join()})`;
}

// --- Figures

const all = [];

figures.forEach((figure, number) => {
  const holder = document.getElementById("plots-" + number);
  if (!holder) return;  // a picture alone
  const panels = figure.panels, entries = [];
  const columns = Math.max(1, Math.min(figure.columns, panels.length)), stack = figure.columns === 1;
  const labels = panels.map((panel) => panel.x_label).filter((label) => label);
  // panels of one column show the same stretch of the same x
  const shared = stack && labels.every((label) => label === labels[0]);
  // those below one another in one place of the grid do too
  const group = [];
  panels.forEach((panel, p) => group.push(p > 0 && (shared || panel.below) ? group[p - 1] : p));
  // a trace runs from edge to edge; marks and phase planes keep off it
  const isMark = (curve) => curve.style === "points" || curve.style === "rings";
  const sameX = (a, b) => a.x.length === b.x.length && a.x.every((x, i) => x === b.x[i]);
  const spanOf = (panel) => {
    const range = extent(panel.curves.map((curve) => curve.x).concat(panel.span ? [panel.span] : []));
    const isLine = (curve) => curve.style === "line" || curve.style === "steps";
    const trace = panel.curves.some((curve) => isLine(curve) && ascends(curve.x) &&
      !panel.curves.some((other) => isMark(other) && sameX(other, curve)));
    return trace ? range : padded(range, 0.03, panel.x_log);
  };
  const xs = (list) => extent(list.filter((panel) => panel.curves.length || panel.span).map(spanOf));
  const rasters = panels.some((panel) => panel.rows.length > 0);
  const longest = Math.max(0, ...panels.flatMap((panel) => panel.rows.map((name) => name.length)));
  const nameWidth = Math.min(Math.max(110, 6.4 * longest + 8), 220);  // of the rows of a raster
  const unitHeight = stack ? [260, 260, 200, 175, 170][Math.min(panels.length, 4)] : 190;
  let busy = false, place = null;
  holder.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;

  const heightOf = (panel) => Math.max(unitHeight * panel.height, 60);
  const yLabels = panels.map((panel) => panel.rows.length ? [panel.y_label] : labelLines(panel, heightOf(panel)));
  const lines = Math.max(...yLabels.map((label) => label.length));

  panels.forEach((panel, p) => {
    const curves = panel.curves, raster = panel.rows.length > 0, sorted = curves.every((curve) => ascends(curve.x));
    if (!panel.below) place = node("div", holder, "panel");
    const box = place, head = node("div", box, "head");
    if (panel.title) node("h3", head, "", panel.title);
    const key = node("div", head, "key"), where = node("span", key, "soft"), values = [];
    if (curves.length <= 12) curves.forEach((curve, c) => {
      if (!curve.label && curves.length > 1) return;
      const entry = node("span", key);
      if (curve.label) {
        const dashed = curve.style === "line" && curve.dash;
        curve.sample = node("i", entry, dashed ? "dash" : curve.style);
        curve.sample.style.color = colour(curve);
        node("span", entry, "", curve.label);
      }
      values[c] = node("span", entry);
    });

    if (panel.scale) {
      const entry = node("span", key), { label, low, high } = panel.scale;
      node("span", entry, "", (label ? label + ": " : "") + axisNumber(low));
      panel.scale.bar = node("i", entry, "scale");
      paint(panel.scale);
      node("span", entry, "", axisNumber(high));
    }

    let height = unitHeight * panel.height;
    if (raster) height = Math.min(Math.max(height, 14 * panel.rows.length), 26 * panel.rows.length + 10);
    const numbered = group[p + 1] !== group[p];  // the x axis
    const label = numbered ? (shared ? labels[0] : panel.x_label) || "" : "";
    const plot = node("div", box, "plot");
    if (!raster) height = Math.max(height, widest(yLabels[p]));
    plot.style.height = Math.round(Math.max(height, 60) + (label ? 44 : numbered ? 24 : 0)) + "px";

    let [low, high] = xs(panels.filter((other, o) => group[o] === group[p]));
    // a hair more, so that a trace whose last sample is at 999.9 shows the tick at 1000
    high += 1e-3 * (high - low);
    const compared = figure.one_y ? panels.filter((other) => other.rows.length === 0) : [panel];
    const straight = compared.flatMap((other) => other.curves.filter((curve) => !curve.beyond));
    const ys = (straight.length ? straight : curves).map((curve) => curve.y);
    let yRange = raster ? [-0.5, panel.rows.length - 0.5] : padded(extent(ys, panel.least), 0.06, panel.y_log);
    if (!raster && curves.some((curve) => curve.style === "ticks")) yRange = [yRange[0] - 0.5, yRange[1] + 0.5];

    let data = sorted ? rows(panel) : [];
    if (data.length === 0) data = [low, high].map((x) => [x].concat(curves.length ? curves.map(() => NaN) : [null]));
    const series = {};
    curves.forEach((curve, c) => { series["y" + c] = seriesOf(curve, sorted, panel.rows.length); });
    const axes = {
      x: { drawGrid: false, logscale: !!panel.x_log, axisLabelWidth: 56, pixelsPerLabel: stack ? 70 : 52,
           axisLabelFormatter: !numbered ? () => "" : panel.x_whole ? whole : axisNumber },
      y: { drawGrid: !raster, logscale: !!panel.y_log, axisLabelWidth: raster || (stack && rasters) ? nameWidth : 60,
           pixelsPerLabel: height > 150 ? 34 : 20,
           axisLabelFormatter: panel.y_whole ? whole : axisNumber },
    };
    if (raster) axes.y.ticker = () =>
      panel.rows.map((name, row) => ({ v: panel.rows.length - 1 - row, label: plain(name) }));
    const options = {
      labels: ["x"].concat(curves.length ? Object.keys(series) : ["y"]), series, axes,
      dateWindow: [low, high], valueRange: yRange.slice(), xlabel: plain(label),
      ylabel: plain(yLabels[p].join(" ")).replace(/ /g, yLabels[p].length > 1 ? " " : "\u00a0"),
      xLabelHeight: 18, yLabelWidth: 16 * lines, rightGap: 28, gridLineWidth: 0.5,
      gridLineColor: look("--line"), axisLineColor: look("--soft"),
      legend: "never", connectSeparatedPoints: true, animatedZooms: false,
      highlightCircleSize: raster || !sorted ? 0 : 3,
      highlightCallback: (event, x) => show(p, x), unhighlightCallback: () => show(-1),
      drawCallback: (graph, first) => { if (!first) follow(p); },
    };
    if (!numbered) options.xAxisHeight = 6;
    const graph = new Dygraph(plot, data, options);
    const home = { dateWindow: [low, high], valueRange: yRange };
    entries.push({ graph, panel, series, values, where, sorted, home });
    plot.addEventListener("dblclick", () => reset(p));
  });
  all.push(...entries);

  // The values of all curves at one x: of every panel that shares it, else of the panel under the pointer.
  function show(from, x) {
    entries.forEach((entry, p) => {
      const on = from >= 0 && group[p] === group[from] && entry.sorted;
      const { panel, values } = entry;
      entry.where.textContent = on && p === from ? axisNumber(x) + unit(panel.x_label || labels[0] || "") : "";
      panel.curves.forEach((curve, c) => {
        if (!values[c]) return;
        const text = on && curve.style !== "ticks" ? valueAt(curve, x) : "";
        values[c].textContent = text && (curve.label ? ": " : "") + text + unit(panel.y_label);
      });
    });
  }

  function follow(from) {
    if (busy || !entries[from]) return;
    busy = true;
    const [low, high] = entries[from].graph.xAxisRange();
    entries.forEach(({ graph }, p) => {
      if (group[p] !== group[from]) return;
      const own = graph.xAxisRange();
      if (own[0] !== low || own[1] !== high) graph.updateOptions({ dateWindow: [low, high] });
    });
    busy = false;
  }

  function reset(from) {
    busy = true;
    entries.forEach((entry, p) => {
      const { dateWindow, valueRange } = entry.home;
      if (group[p] === group[from])
        entry.graph.updateOptions({ dateWindow: dateWindow.slice(), valueRange: valueRange.slice() });
    });
    busy = false;
  }
});

dark.addEventListener("change", () => all.forEach(({ graph, panel, series }) => {
  panel.curves.forEach((curve, c) => {
    series["y" + c].color = inked(curve);
    if (curve.sample) curve.sample.style.color = colour(curve);
  });
  if (panel.scale) paint(panel.scale);
  graph.updateOptions({ series, gridLineColor: look("--line"), axisLineColor: look("--soft") });
}));

// The pictures are open for those who have no scripts; with scripts they wait to be asked for.
for (const details of document.querySelectorAll("details.picture-of")) details.open = false;
for (const link of document.querySelectorAll("a[data-picture]"))
  link.href = document.getElementById(link.dataset.picture).src;
window.hillockGraphs = all;
})();
)js";

}  // namespace hillock
