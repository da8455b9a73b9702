// The layers, the maps of one of them, and the slider through the stages of training.

function buildMaps() {
  $("layers").append(
    ...data.layers.map((layer, n) =>
      make(
        "button",
        { type: "button", "data-layer": layer.name, click: () => openLayer(n) },
        make("strong", {}, layer.name),
        make("span", {}, describeMaps(layer))
      )
    )
  );
  $("stage").addEventListener("input", (event) => choose({ stage: Number(event.target.value) }));
  $("alive").addEventListener("change", (event) => choose({ alive: event.target.checked }));
  $("play").addEventListener("click", play);
  rove($("grid"), (item) => choose({ map: Number(item.dataset.map) }));
  listeners.push((changed) => {
    if (changed.has("layer")) fillGrid();
    if (changed.has("layer") || changed.has("alive")) filterGrid();
    if (changed.has("stage")) showStage();
    if (changed.has("layer") || changed.has("map")) markChosen();
  });
  fillGrid();
  filterGrid();
  showStage();
  markChosen();
}

function openLayer(n) {
  choose({ layer: n, map: firstAlive(data.layers[n]) });
}

function describeMaps({ shape, maps, total }) {
  const many = maps.length < total ? `${maps.length} of ${total}` : total;
  return shape.length === 1 ? `${many} units` : `${many} maps, ${shape[0]}×${shape[1]}`;
}

// Which maps are shown of a layer that has more than fit into a page.
function describeChoice({ shape, maps, total, dead }) {
  if (maps.length === total) return "";
  const kind = shape.length === 1 ? "units" : "maps";
  const silent = dead ? ` ${dead} of all ${total} never fire${dead === 1 ? "s" : ""}.` : "";
  return ` ${maps.length} of ${total} ${kind} are shown, those with the largest activations.${silent}`;
}

// Of which maps there is more to see than patches and projections.
function describeExtras(layer) {
  const listed = ({ maps }) => maps.map((m) => (layer.classes.length ? layer.classes[layer.maps.indexOf(m)] : m)).join(", ");
  const made = layer.made === null ? "" : ` Images were made for the most active: ${listed(layer.made)}.`;
  const alive = layer.firing.filter((share) => share > 0).length;
  const whole = layer.whole === null || layer.whole.maps.length === alive ? "" : ` Whole images are shown for the most active: ${listed(layer.whole)}.`;
  return made + whole;
}

function mapName(layer, map) {
  if (layer.classes.length) return `class ${layer.classes[map]}`;
  return `${layer.shape.length === 1 ? "unit" : "map"} ${layer.maps[map]}`;
}

function fillGrid() {
  const layer = data.layers[state.layer];
  const [high, wide] = layer.field;
  const sees = layer.shape.length === 1 ? "each unit sees the whole image" : `each place in a map sees ${high}×${wide} pixels`;
  $("layer-note").textContent = `${layer.name} (${layer.kind}): ${sees}. The bar under a picture is the share of images on which it fires.${describeChoice(layer)}${describeExtras(layer)}`;
  $("grid").replaceChildren(
    ...layer.firing.map((share, map) => {
      const bar = make("span", { class: "bar" });
      bar.style.setProperty("--share", share);
      const spoken = `${mapName(layer, map)}, ${share ? `fires on ${percent(share)} of the images` : "never fires"}`;
      return make(
        "button",
        { type: "button", "data-map": map, class: share ? "map" : "map dead", title: spoken, "aria-label": spoken, click: () => openMap(map) },
        tile(layer.evolving, map, state.stage),
        make("span", { class: "name" }, layer.classes.length ? layer.classes[map] : String(layer.maps[map])),
        bar
      );
    })
  );
}

function openMap(map) {
  choose({ map });
  // On a narrow screen the detail is below the maps: scroll there.
  const top = $("detail").getBoundingClientRect().top;
  const isBelow = top >= $("grid").getBoundingClientRect().bottom;
  if (isBelow && top > innerHeight / 2) $("detail").scrollIntoView({ behavior: calm() ? "auto" : "smooth" });
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function filterGrid() {
  const layer = data.layers[state.layer];
  const dead = layer.firing.filter((share) => share === 0).length;
  $("alive").checked = state.alive;
  $("dead-count").textContent = dead ? `(${dead} of ${layer.firing.length} here)` : "(none here)";
  for (const item of $("grid").children) item.hidden = state.alive && item.classList.contains("dead");
  if (state.alive && layer.firing[state.map] === 0) choose({ map: firstAlive(layer) });
  markChosen();
}

function markChosen() {
  for (const [n, button] of [...$("layers").children].entries()) button.setAttribute("aria-pressed", n === state.layer);
  for (const [map, item] of [...$("grid").children].entries()) item.setAttribute("aria-pressed", map === state.map);
  makeStop($("grid"), $("grid").children[state.map]);
}

function showStage() {
  const layer = data.layers[state.layer];
  $("stage").value = state.stage;
  $("stage").setAttribute("aria-valuetext", data.stages[state.stage]);
  $("stage-name").textContent = data.stages[state.stage];
  for (const [map, item] of [...$("grid").children].entries()) show(item.firstChild, layer.evolving, map, state.stage);
}

let playing = null;

function play() {
  if (playing !== null) return pause();
  if (state.stage === data.stages.length - 1) choose({ stage: 0 });
  $("play").textContent = "Pause";
  playing = setInterval(() => {
    choose({ stage: Math.min(state.stage + 1, data.stages.length - 1) });
    if (state.stage === data.stages.length - 1) pause();
  }, 700);
}

function pause() {
  clearInterval(playing);
  playing = null;
  $("play").textContent = "Play";
}
