// Loss and accuracy by epoch, as SVG.

const CHART = { width: 420, height: 230, left: 50, right: 12, top: 12, bottom: 34 };
const CHARTS = [
  { column: "loss", title: "Cross-entropy (nats)", format: short, floor: 0 },
  { column: "accuracy", title: "Accuracy", format: (value) => (value === null ? "—" : `${(100 * value).toFixed(2)} %`) },
];
const SERIES = [
  { prefix: "", name: "training, during the epoch", kind: "training" },
  { prefix: "validation_", name: "validation", kind: "validation" },
];

function buildCurves() {
  if (!$("charts")) return;
  $("charts").append(...CHARTS.map(chart));
  const columns = Object.keys(data.history);
  const cells = (tag, values) => make("tr", {}, ...values.map((value) => make(tag, {}, value)));
  $("history").append(
    make("thead", {}, cells("th", columns.map((name) => name.replaceAll("_", " ")))),
    make("tbody", {}, ...data.history.epoch.map((_, n) => cells("td", columns.map((name) => short(data.history[name][n])))))
  );
}

function chart({ column, title, format, floor }) {
  const epochs = data.history.epoch;
  const series = SERIES.map((kind) => ({ ...kind, values: data.history[kind.prefix + column] })).filter(
    ({ values }) => values && values.some((value) => value !== null)
  );
  const [x, y, marks] = scales(epochs, series.flatMap(({ values }) => values.filter((value) => value !== null)), floor);
  const cursor = draw("line", { class: "cursor", y1: CHART.top, y2: CHART.height - CHART.bottom, visibility: "hidden" });
  const picture = draw(
    "svg",
    { viewBox: `0 0 ${CHART.width} ${CHART.height}`, "aria-hidden": "true" },
    ...marks.map((value) => yMark(y(value), column === "accuracy" ? `${Number((100 * value).toFixed(2))} %` : short(value))),
    ...ticks(1, epochs.at(-1), 6, 1).map((epoch) => xMark(x(epoch), epoch)),
    draw("text", { x: CHART.left - 6, y: CHART.height - CHART.bottom + 18, "text-anchor": "end" }, "epoch"),
    cursor,
    ...series.flatMap(({ kind, values }) => line(kind, epochs, values, x, y))
  );
  const readout = make("output", { class: "readout", "aria-live": "polite" });
  let place = epochs.length - 1;
  const read = (n) => {
    place = Math.min(Math.max(n, 0), epochs.length - 1);
    for (const name of ["x1", "x2"]) cursor.setAttribute(name, x(epochs[place]));
    cursor.setAttribute("visibility", "visible");
    const parts = series.map(({ kind, values }) => `${kind} ${format(values[place])}`);
    readout.textContent = `epoch ${epochs[place]}: ${parts.join(", ")}`;
  };
  const keys = { ArrowLeft: () => place - 1, ArrowRight: () => place + 1, Home: () => 0, End: () => epochs.length - 1 };
  const plot = make(
    "div",
    {
      class: "plot", tabindex: "0", role: "group", "aria-label": `${title} by epoch; arrow keys read the values`,
      pointermove: (event) => {
        const box = picture.getBoundingClientRect();
        const at = ((event.clientX - box.left) / box.width) * CHART.width;
        read(epochs.reduce((best, epoch, n) => (Math.abs(x(epoch) - at) < Math.abs(x(epochs[best]) - at) ? n : best), 0));
      },
      focus: () => read(place),
      keydown: (event) => {
        if (!(event.key in keys)) return;
        event.preventDefault();
        read(keys[event.key]());
      },
    },
    picture
  );
  read(place);
  const legend = series.map(({ kind, name }) => make("span", { class: `key ${kind}` }, name));
  return make("figure", {}, make("figcaption", {}, make("strong", {}, title), ...legend), plot, readout);
}

function scales(epochs, values, floor) {
  const low = floor ?? Math.min(...values);
  const high = Math.max(...values, low + 1e-9);
  const marks = ticks(low, high, 5);
  const [bottom, top] = [Math.min(low, marks[0]), Math.max(high, marks.at(-1))];
  const span = Math.max(epochs.at(-1) - epochs[0], 1);
  const [wide, tall] = [CHART.width - CHART.left - CHART.right, CHART.height - CHART.top - CHART.bottom];
  const x = (epoch) => CHART.left + (epochs.length > 1 ? (epoch - epochs[0]) / span : 0.5) * wide;
  const y = (value) => CHART.top + (1 - (value - bottom) / (top - bottom)) * tall;
  return [x, y, marks];
}

// Round numbers from at most `low` to `high`, about `count` of them.
function ticks(low, high, count, least = 0) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = Math.max(least, [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? power);
  const found = [];
  for (let n = Math.floor(low / step + 1e-9); n * step <= high + step * 1e-6; n += 1) found.push(Number((n * step).toPrecision(12)));
  return least ? found.filter((value) => value >= low) : found;
}

function yMark(y, label) {
  const across = { class: "gridline", x1: CHART.left, x2: CHART.width - CHART.right, y1: y, y2: y };
  return draw("g", {}, draw("line", across), draw("text", { x: CHART.left - 6, y: y + 4, "text-anchor": "end" }, label));
}

function xMark(x, epoch) {
  return draw("text", { x, y: CHART.height - CHART.bottom + 18, "text-anchor": "middle" }, String(epoch));
}

function line(kind, epochs, values, x, y) {
  const points = epochs.map((epoch, n) => [x(epoch), values[n]]).filter(([, value]) => value !== null);
  const path = points.map(([at, value]) => `${at.toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const dots = points.length > 40 ? [] : points.map(([at, value]) => draw("circle", { class: `dot ${kind}`, cx: at, cy: y(value), r: 3 }));
  return [draw("polyline", { class: `curve ${kind}`, points: path }), ...dots];
}
