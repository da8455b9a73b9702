// The panel that explains one cell, and edits it.

let pinned = ["convolved", 5]; // the cell that was clicked or reached by keyboard: its grid and number
let shown = pinned; // that, or the cell under the pointer

function tableOf({ sign, name, values }) {
  const cells = values.map((value) => make("span", { class: value === null ? "none" : "" }, value === null ? "·" : brief(value)));
  return [sign && make("span", { class: "sign" }, sign), make("figure", {}, make("div", { class: "numbers" }, ...cells), make("figcaption", {}, name))].filter(Boolean);
}

function show(cell) {
  shown = cell;
  const [grid, k] = cell;
  const { title, value, words, formula, tables: parts = [], sources } = explain(grid, k);
  const heading = make("h2", {}, title, make("span", { class: "value" }, value));
  $("words").replaceChildren(heading, formula ? make("p", { class: "formula" }, formula) : "", ...words.map((one) => make("p", {}, one)));
  $("tables").replaceChildren(...parts.flatMap(tableOf));
  $("editor").hidden = !(grid in LIMITS);
  $("entry").value = grid in LIMITS ? text(valuesOf(grid)[k]) : "";
  $("entry").setAttribute("aria-label", `New value for ${title}`);
  $("entry").removeAttribute("aria-invalid");
  $("only").hidden = grid !== "pooled";
  point(grid, k, sources);
}

function pin(cell) {
  const [grid, k] = (pinned = cell);
  for (const one of document.querySelectorAll("[aria-selected]")) one.removeAttribute("aria-selected");
  cellOf(grid, k).setAttribute("aria-selected", "true");
  for (const one of document.querySelectorAll(`[data-grid="${grid}"] [data-cell]`)) one.tabIndex = Number(one.dataset.cell) === k ? 0 : -1;
  show(cell);
}

function focusPinned() {
  cellOf(...pinned).focus();
}

// A number that may be entered; null if it may not.
function parse(entry, limit) {
  const written = entry.trim().replace("−", "-").replace(",", ".");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(written)) return null;
  const value = Number(written) + 0; // without the sign of −0
  return Math.abs(value) <= limit && Number.isInteger(value * 4) ? value : null;
}

// Take a number into the state, or say why not; returns whether it was taken.
function enter(entry) {
  const [grid, k] = pinned;
  const value = parse(entry, LIMITS[grid]);
  $("complaint").textContent = "";
  if (value === null) {
    const limit = LIMITS[grid];
    $("complaint").textContent = `“${entry.trim().slice(0, 20)}” can't be used here. Type a number from −${limit} to ${limit} in quarters, such as 3, −1 or 0.25. The cell keeps ${text(valuesOf(grid)[k])}.`;
    $("entry").setAttribute("aria-invalid", "true");
    return false;
  }
  if (value !== valuesOf(grid)[k]) change(grid, k, value);
  show(pinned);
  return true;
}

function change(grid, k, value) {
  if (grid === "bias") state.bias = value;
  else if (grid === "sent") [state.own, state.send] = [result.sent.with(k, value), "own"];
  else state[grid] = state[grid].with(k, value);
  if (grid !== "sent") state.preset = null;
  refresh();
}

function listenToPanel() {
  const entry = $("entry");
  entry.addEventListener("change", () => enter(entry.value));
  entry.addEventListener("keydown", (event) => {
    if (event.key === "Escape") entry.value = text(valuesOf(pinned[0])[pinned[1]]);
    else if (event.key !== "Enter") return;
    event.preventDefault();
    if (enter(entry.value)) focusPinned();
  });
  for (const [id, step] of [["less", -1], ["more", 1]]) $(id).addEventListener("click", () => enter(String(valuesOf(pinned[0])[pinned[1]] + step)));
  $("only").addEventListener("click", () => choose({ send: String(pinned[1]) }));
}
