// The figure: grids of cells, their marks, and the lines from a cell to the cells it came from.

const state = {}; // what can be edited and chosen: picture, weight, bias, send, own, rule, kept, preset
let result = null; // of `compute`
const WINDOWS = ["upper left", "upper right", "lower left", "lower right"];
const ARROWS = ["↖", "↗", "↙", "↘"];
const NAMES = {
  picture: "Picture", weight: "Filter", bias: "Bias", convolved: "Filtered", rectified: "Rectified", pooled: "Pooled", switches: "Switches",
  sent: "Sent down", unpooled: "Unpooled", gated: "Rectified again", projection: "Projection",
};
const LIMITS = { picture: 9, weight: 9, bias: 99, sent: 999 }; // of what can be edited

function wayName(rule = state.rule, kept = state.kept) {
  return `${rule} ${kept ? "kept" : "forgotten"}`;
}

function valuesOf(grid) {
  if (grid === "bias") return [state.bias];
  return state[grid] ?? result[grid] ?? result.ways[wayName()][grid];
}

// Where the switch of a window points: 0 to 3, see `WINDOWS`.
function corner(k) {
  return windowOf(k).indexOf(result.switches[k]);
}

// A number in full, with a real minus sign.
function text(value) {
  return String(value).replace("-", "−");
}

// A number in a cell: at most two decimals.
function brief(value) {
  return text(Math.round(value * 100) / 100);
}

function placeOf(grid, k) {
  const side = SIDES[grid];
  if (side === 2) return WINDOWS[k];
  return side === 1 ? "" : `row ${Math.floor(k / side) + 1}, column ${(k % side) + 1}`;
}

// Whether the three rules give different values at a cell, with the switches as they are now.
function parts(grid, k) {
  if (grid !== "gated" && grid !== "projection") return false;
  return new Set(Object.keys(RULES).map((rule) => result.ways[wayName(rule)][grid][k])).size > 1;
}

// What a cell's corner shows besides its number, and how it is read aloud.
function marksOf(grid, k) {
  const way = result.ways[wayName()];
  const marks = [];
  if (grid === "rectified" && result.switches.includes(k)) marks.push(["◆", "winner of its window"]);
  if (grid === "unpooled" && (state.kept ? result.switches.includes(k) : [0, 1, 2, 3].some((w) => windowOf(w)[0] === k)))
    marks.push(state.kept ? ["◆", "a switch points here"] : ["◇", "center of its window"]);
  if (grid === "gated" && way.unpooled[k] !== way.gated[k]) marks.push(["⊘", "stopped"]);
  if (parts(grid, k)) marks.push(["≠", "the rules part here"]);
  return marks;
}

// The strength of a cell's color, from 0 to 1. 0 has no color, and the grid's largest number has the full one.
function shade(grid, value) {
  const peak = Math.max(...valuesOf(grid).map(Math.abs));
  return peak ? Math.abs(value) / peak : 0;
}

function cellOf(grid, k) {
  return document.querySelector(`[data-grid="${grid}"] [data-cell="${k}"]`);
}

function buildGrid(element) {
  const grid = element.dataset.grid;
  const side = SIDES[grid];
  const size = side === 1 ? "" : `, ${side} rows and ${side} columns`;
  fill(element, { role: "grid", "aria-label": NAMES[grid] + size, "aria-readonly": String(!(grid in LIMITS)) }, map2(side, (r, c) => r * side + c)
    .filter((k) => k % side === 0)
    .map((first) => make("div", { role: "row" }, ...Array.from({ length: side }, (_, c) =>
      make("div", { role: "gridcell", "data-cell": first + c, tabindex: first + c ? -1 : 0 }, make("span", { class: "number" }), make("span", { class: "marks", "aria-hidden": "true" }))))));
}

function drawGrid(element) {
  const grid = element.dataset.grid;
  const values = valuesOf(grid);
  for (const cell of element.querySelectorAll("[data-cell]")) {
    const k = Number(cell.dataset.cell);
    const marks = marksOf(grid, k);
    const shown = grid === "switches" ? ARROWS[corner(k)] : brief(values[k]);
    const spoken = grid === "switches" ? `points to the ${WINDOWS[corner(k)]}` : text(values[k]);
    const place = placeOf(grid, k);
    cell.firstChild.textContent = shown;
    cell.lastChild.textContent = marks.map(([sign]) => sign).join("");
    cell.setAttribute("aria-label", `${NAMES[grid]}${place && `, ${place}`}: ${[spoken, ...marks.map(([, words]) => words)].join(", ")}`);
    cell.className = grid === "switches" || values[k] === 0 ? "" : values[k] > 0 ? "positive" : "negative";
    cell.style.setProperty("--shade", grid === "switches" ? 0 : shade(grid, values[k]));
    cell.style.setProperty("--letters", Math.max(2, shown.length));
  }
}

// Mark a cell and the cells it came from, and connect them.
function point(grid, k, sources) {
  for (const cell of document.querySelectorAll("[data-cell]")) cell.classList.remove("source", "gate", "chosen");
  for (const { from, cells, gate } of sources) for (const one of cells) cellOf(from, one).classList.add(gate ? "gate" : "source");
  cellOf(grid, k).classList.add("chosen");
  connect(cellOf(grid, k), sources.map(({ from, cells, gate }) => ({ cells: cells.map((one) => cellOf(from, one)), gate })));
}

// The box around cells inside the figure: left, top, right, bottom.
function boxOf(cells) {
  const frame = $("figure").getBoundingClientRect();
  const boxes = cells.map((cell) => cell.getBoundingClientRect());
  const least = (edge) => Math.min(...boxes.map((box) => box[edge]));
  const most = (edge) => Math.max(...boxes.map((box) => box[edge]));
  return [least("left") - frame.left, least("top") - frame.top, most("right") - frame.left, most("bottom") - frame.top];
}

// Draw a cone between the edges that face each other.
function connect(target, groups) {
  const [left, top, right, bottom] = boxOf([target]);
  const cones = groups.filter(({ cells }) => cells.length).map(({ cells, gate }) => {
    const [l, t, r, b] = boxOf(cells);
    const corners = t >= bottom ? [left, bottom, right, bottom, r, t, l, t]
      : b <= top ? [left, top, right, top, r, b, l, b]
      : l >= right ? [right, top, right, bottom, l, b, l, t]
      : [left, top, left, bottom, r, b, r, t];
    return [draw("polygon", { points: corners.join(" "), class: gate ? "gate" : "source" }), draw("rect", { x: l, y: t, width: r - l, height: b - t, rx: 4, class: gate ? "gate" : "source" })];
  });
  $("lines").replaceChildren(...cones.flat());
}
