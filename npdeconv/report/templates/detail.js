// One map: its strongest patches beside their projections, its classes, an image made for it, its filter, its evolution.

function buildDetail() {
  listeners.push((changed) => {
    if (changed.has("layer") || changed.has("map")) fillDetail();
    else if (changed.has("stage")) markStage();
  });
  fillDetail();
}

function fillDetail() {
  const layer = data.layers[state.layer];
  const map = state.map;
  const share = layer.firing[map];
  const count = data.searched.toLocaleString("en");
  const meter = make("span", { class: "meter", "aria-hidden": "true" }, make("span"));
  meter.firstChild.style.setProperty("--share", share);
  const firing = share
    ? `Fires on ${percent(share)} of the ${count} images.`
    : `Dead: fires on none of the ${count} images.`;
  $("detail").replaceChildren(
    make("h3", { id: "detail-title" }, `${layer.name}, ${mapName(layer, map)}`),
    enlarger(),
    make("p", { class: "firing" }, meter, firing),
    ...(share && layer.verdicts.length ? verdict(layer.verdicts[map]) : []),
    ...(share ? [...strongest(layer, map), ...whole(layer, map), ...classes(layer, map)] : []),
    ...made(layer, map),
    ...filter(layer, map),
    ...(data.stages.length > 1 ? evolution(layer, map) : []),
    make("p", { class: "back" }, make("button", { type: "button", click: () => $("grid").children[map].focus() }, "Back to the maps"))
  );
  markStage();
}

function verdict(sentence) {
  return [
    make("p", { class: "verdict" }, `Its strongest projection: ${sentence}.`),
    make(
      "details", {},
      make("summary", {}, "What these numbers mean"),
      make("p", { class: "note" },
        "Is the picture the unit's, or would any other have drawn it, too? Once, random values start at the same place in the other maps of the layer. Once, the unit's own weights " +
        "are replaced by random ones. The numbers say how alike the pictures are: 1 is the same picture, 0 has nothing in common, −1 is the same with black and white exchanged. " +
        "The larger one decides: from 0.7, the picture says little about the unit; below 0.3, it is the unit's own. Two small numbers do not prove that a picture explains anything.")
    ),
  ];
}

function strongest(layer, map) {
  const ranks = layer.imageIndices[map].map((_, rank) => rank).filter((rank) => layer.imageIndices[map][rank] >= 0);
  const words = (rank) =>
    `image ${layer.imageIndices[map][rank]}, ${shownClass(layer.labels[map][rank])}, activation ${short(layer.activations[map][rank])}`;
  const readout = make("p", { class: "readout", "aria-live": "polite" });
  const scene = tile(data.scenes, 0, 0);
  const box = make("span", { class: "field", "aria-hidden": "true" });
  const point = (rank) => {
    showScene(scene, box, layer.imageIndices[map][rank], layer.fields[map][rank]);
    readout.textContent = `Number ${rank + 1}: ${words(rank)}`;
    for (const nine of [left, right]) for (const [n, cell] of [...nine.children].entries()) cell.classList.toggle("pointed", n === rank);
  };
  const cell = (kind, rank) =>
    make(
      kind === "patches" ? "button" : "div",
      kind === "patches"
        ? { type: "button", tabindex: rank ? -1 : 0, "aria-label": words(rank), focus: () => point(rank), click: () => point(rank), pointerenter: () => point(rank) }
        : { pointerenter: () => point(rank) },
      tile(layer[kind], rank, map)
    );
  const limit = short(layer.scales[map]);
  const left = make("div", { class: "nine", id: "patches", role: "group", "aria-label": "The strongest patches; arrow keys move between them" }, ...ranks.map((rank) => cell("patches", rank)));
  const right = make("div", { class: "nine", id: "projections" }, ...ranks.map((rank) => cell("projections", rank)));
  rove(left, () => {});
  point(0);
  const many = ranks.length === 1 ? "The only image on which it fires" : `Its ${ranks.length} strongest images`;
  return [
    make("h4", {}, `${many}, with projections`),
    make("div", { class: "pair" }, make("figure", {}, left, make("figcaption", {}, "patches")), make("figure", {}, right, make("figcaption", {}, `projections: mid-gray is 0, white ${limit}, black −${limit}`))),
    make(
      "div", { class: "whole" },
      make("div", { class: "scene" }, scene, box),
      make("div", {}, readout, make("p", { class: "note" }, "The whole image; the frame is what the unit sees of it."))
    ),
  ];
}

// Show the image of a patch, and frame the patch.
function showScene(canvas, box, imageIndex, [top, bottom, left, right]) {
  const { imageIndices, columns, full } = data.scenes;
  const n = imageIndices.indexOf(imageIndex);
  show(canvas, data.scenes, n % columns, Math.floor(n / columns));
  put(box, top / full[0], left / full[1], (bottom - top) / full[0], (right - left) / full[1]);
}

// The strongest images, whole, and beneath them what the whole map, or its strongest unit, projects to.
function whole(layer, map) {
  const row = layer.whole === null ? -1 : layer.whole.maps.indexOf(layer.maps[map]);
  if (row < 0) return [];
  const { select, images, scales } = layer.whole;
  const all = select === "map";
  const limit = short(scales[row]);
  const figures = layer.imageIndices[map].slice(0, images).flatMap((imageIndex, rank) => {
    if (imageIndex < 0) return [];
    const scene = tile(data.scenes, 0, 0);
    const box = make("span", { class: "field", "aria-hidden": "true", hidden: all ? "" : null });
    showScene(scene, box, imageIndex, layer.fields[map][rank]);
    const words = `whole projection over image ${imageIndex}`;
    return [make("figure", {}, make("div", { class: "scene" }, scene, box), tile(layer.whole, rank, row, words), make("figcaption", {}, short(layer.activations[map][rank])))];
  });
  const told = all ? "all activations of the map at once, not only the strongest" : "the strongest activation of the map, whose unit sees the frame";
  return [
    make("h4", {}, all ? "Whole images, and the whole map projected" : "Whole images, and the strongest unit projected"),
    make("div", { class: "wholes", id: "whole" }, ...figures),
    make("p", { class: "note" }, `Above, its strongest images; beneath, the projections of ${told}; the numbers are the largest activations. Mid-gray is 0, white ${limit}, black −${limit}.`),
  ];
}

function classes(layer, map) {
  const counts = new Map();
  const labels = layer.labels[map].filter((label) => label >= 0);
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const rows = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([label, count]) => {
    const bar = make("span", { class: "meter", "aria-hidden": "true" }, make("span"));
    bar.firstChild.style.setProperty("--share", count / labels.length);
    return make("li", {}, make("span", {}, data.classes[label]), bar, make("span", {}, `${count} of ${labels.length}`));
  });
  return [make("h4", {}, data.labeled ? "Their classes" : "Their predicted classes"), make("ul", { class: "classes", id: "classes" }, ...rows)];
}

function made(layer, map) {
  const row = layer.made === null ? -1 : layer.made.maps.indexOf(layer.maps[map]);
  if (row < 0) return [];
  const words = `activation ${short(layer.made.activation[row])}`;
  return [
    make("h4", {}, "An image made for it"),
    make(
      "div", { class: "filter", id: "made" },
      tile(layer.made, 0, row, `an image that excites the map most: ${words}`),
      make("p", {}, `Made from noise by many small steps that raise its activation (gradient ascent): ${words}; the strongest image above has ${short(layer.activations[map][0])}.`)
    ),
  ];
}

function filter(layer, map) {
  const filters = layer.filters;
  if (filters === null) return [];
  const [high, wide] = filters.size;
  const limit = short(filters.scales[map]);
  const shape = high * wide === 1 ? "one weight" : `${high}×${wide} weights`;
  const what = filters.reads ? `${shape} for each of the ${filters.slices} ${high * wide === 1 ? "outputs" : "maps"} of ${filters.reads}` : `${shape} over the pixels`;
  return [
    make("h4", {}, `Its filter, in ${filters.source}`),
    make(
      "div", { class: "filter" },
      tile(filters, 0, map, `the filter: ${what}`),
      make("p", {}, `${what[0].toUpperCase()}${what.slice(1)}. Mid-gray is 0, white ${limit}, black −${limit}.`)
    ),
  ];
}

function evolution(layer, map) {
  const { imageIndices, activations, jumped } = layer.evolving;
  const items = data.stages.map((stage, n) => {
    const silent = imageIndices[n][map] < 0;
    const words = silent ? `${stage}: silent` : `${stage}: image ${imageIndices[n][map]}, activation ${short(activations[n][map])}${jumped[n][map] ? "; another image than before" : ""}`;
    return make(
      "button",
      { type: "button", class: jumped[n][map] ? "jumped" : null, title: words, "aria-label": words, click: () => choose({ stage: n }) },
      tile(layer.evolving, map, n),
      make("span", {}, silent ? "silent" : stage.replace("epoch ", "").replace(/ .*/, ""))
    );
  });
  const strip = make("div", { class: "strip", id: "strip", role: "group", "aria-label": "Stages of training; arrow keys move between them" }, ...items);
  rove(strip, (item) => choose({ stage: items.indexOf(item) }));
  const caption = make("p", { class: "readout", id: "stage-words" });
  return [make("h4", {}, "Through the epochs"), strip, caption];
}

function markStage() {
  const strip = $("strip");
  if (!strip) return;
  for (const [n, item] of [...strip.children].entries()) item.setAttribute("aria-pressed", n === state.stage);
  makeStop(strip, strip.children[state.stage]);
  $("stage-words").textContent = strip.children[state.stage].title;
}
