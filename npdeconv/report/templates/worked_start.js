// The controls, the comparison of the six ways down, and the start.

function refresh() {
  result = compute(state);
  for (const element of document.querySelectorAll("[data-grid]")) drawGrid(element);
  for (const button of $("presets").children) button.setAttribute("aria-pressed", String(button.dataset.preset === String(state.preset)));
  $("preset-words").textContent = state.preset === null ? "Your own numbers." : data.presets[state.preset].words;
  for (const input of document.querySelectorAll("[name=rule]")) input.checked = input.value === state.rule;
  for (const input of document.querySelectorAll("[name=switches]")) input.checked = (input.value === "kept") === state.kept;
  $("send").value = state.send;
  $("send").querySelector("[value=own]").hidden = state.send !== "own";
  $("figure").dataset.rule = state.rule;
  $("figure").dataset.switches = state.kept ? "kept" : "forgotten";
  $("unpool-words").textContent = state.kept ? "back to the winner's place" : "to each window's upper left";
  $("rule-words").textContent = { deconv: "keep what is positive", gradient: "keep what was positive on the way up", guided: "keep what is positive, and was on the way up" }[state.rule];
  drawWays();
  show(shown);
}

function choose(changes) {
  Object.assign(state, changes);
  refresh();
}

function takePreset(number) {
  $("complaint").textContent = "";
  const { picture, weight, bias, send } = data.presets[number];
  choose({ picture, weight, bias, send, own: [0, 0, 0, 0], preset: number });
}

function reset() {
  Object.assign(state, { rule: "deconv", kept: true });
  takePreset(0);
  pin(["convolved", 5]);
}

// Six small projections: three rules, with switches and without. Each is compared with the one in the figure.
function drawWays() {
  const now = result.ways[wayName()].projection;
  const peak = Math.max(...Object.values(result.ways).flatMap((way) => way.projection.map(Math.abs))) || 1;
  for (const button of document.querySelectorAll("#ways button")) {
    const { rule, switches } = button.dataset;
    const projection = result.ways[`${rule} ${switches}`].projection;
    const differing = projection.filter((value, k) => value !== now[k]).length;
    const isShown = rule === state.rule && (switches === "kept") === state.kept;
    button.setAttribute("aria-pressed", String(isShown));
    const said = isShown ? "shown above" : differing ? `${differing} of 36 pixels differ` : "the same";
    button.querySelector(".small").replaceChildren(...projection.map((value, k) => {
      const cell = make("span", { class: value > 0 ? "positive" : value < 0 ? "negative" : "" }, value !== now[k] ? "≠" : "");
      cell.style.setProperty("--shade", Math.abs(value) / peak);
      return cell;
    }));
    button.querySelector(".said").textContent = said;
  }
}

function cellAt(event) {
  const cell = event.target.closest?.("[data-cell]");
  return cell && [cell.closest("[data-grid]").dataset.grid, Number(cell.dataset.cell)];
}

// Arrow keys, Home and End move inside a grid; a digit or Enter begins to edit.
function onKey(event) {
  const cell = cellAt(event);
  if (!cell || event.altKey || event.metaKey) return;
  const [grid, k] = cell;
  const side = SIDES[grid];
  const row = Math.floor(k / side);
  const column = k % side;
  const goals = {
    ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
    Home: [event.ctrlKey ? 0 : row, 0], End: [event.ctrlKey ? side - 1 : row, side - 1],
  };
  if (event.key in goals) {
    event.preventDefault();
    const [r, c] = goals[event.key].map((place) => Math.min(Math.max(place, 0), side - 1));
    cellOf(grid, r * side + c).focus();
  } else if (grid in LIMITS && !event.ctrlKey && /^([-−+.,\d]|Enter|F2)$/.test(event.key)) {
    if (event.key.length > 1) event.preventDefault(); // a character is typed into the entry
    $("entry").select();
  }
}

function listenToFigure() {
  const figure = $("figure");
  figure.addEventListener("keydown", onKey);
  figure.addEventListener("focusin", (event) => {
    if (event.relatedTarget !== $("entry")) $("complaint").textContent = ""; // else it is about the entry just left
    if (!cellAt(event)) return;
    $("panel").classList.add("docked"); // on narrow screens; before, the whole figure is in sight
    pin(cellAt(event));
  });
  figure.addEventListener("click", (event) => cellAt(event) && pin(cellAt(event)));
  figure.addEventListener("pointerover", (event) => {
    if (cellAt(event) && event.pointerType === "mouse" && document.activeElement !== $("entry")) show(cellAt(event));
  });
  figure.addEventListener("pointerleave", () => shown !== pinned && show(pinned));
  new ResizeObserver(() => point(...shown, explain(...shown).sources)).observe(figure);
}

function listenToControls() {
  $("presets").append(...data.presets.map(({ name }, k) => make("button", { type: "button", "data-preset": k, click: () => takePreset(k) }, name)));
  for (const input of document.querySelectorAll("[name=rule]")) input.addEventListener("change", () => choose({ rule: input.value }));
  for (const input of document.querySelectorAll("[name=switches]")) input.addEventListener("change", () => choose({ kept: input.value === "kept" }));
  for (const button of document.querySelectorAll("#ways button")) button.addEventListener("click", () => choose({ rule: button.dataset.rule, kept: button.dataset.switches === "kept" }));
  $("send").addEventListener("change", () => choose({ send: $("send").value }));
  $("reset").addEventListener("click", reset);
  $("larger").addEventListener("click", () => $("larger").setAttribute("aria-pressed", String(document.documentElement.classList.toggle("large"))));
}

function sayComparison() {
  const { compared, unequal } = compareWithPackage();
  $("compared").textContent = unequal
    ? `Do not trust this page: ${unequal} of ${compared} numbers differ from npdeconv's.`
    : `When this page opened, it computed ${compared} numbers of its examples. All are equal to npdeconv's.`;
}

for (const element of document.querySelectorAll("[data-grid]")) buildGrid(element);
listenToControls();
listenToPanel();
listenToFigure();
reset();
sayComparison();
