// Probability of an image's class for each place of an occluder.

// Colors of a scale from dark to light that keeps its order in gray and for the color-blind.
const RAMP = [[20, 11, 53], [91, 22, 106], [169, 46, 94], [228, 90, 49], [251, 180, 60], [252, 253, 191]];

function heat(value) {
  const at = Math.min(Math.max(value, 0), 1) * (RAMP.length - 1);
  const low = Math.min(Math.floor(at), RAMP.length - 2);
  return RAMP[low].map((channel, n) => Math.round(channel + (at - low) * (RAMP[low + 1][n] - channel)));
}

function paint(canvas, rows) {
  canvas.width = rows[0].length;
  canvas.height = rows.length;
  const colors = rows.flat().flatMap((value) => [...heat(value), 255]);
  canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(colors), canvas.width), 0, 0);
}

function buildOcclusion() {
  if (!$("examples")) return;
  paint($("ramp"), [Array.from({ length: 128 }, (_, n) => n / 127)]);
  $("examples").append(...data.examples.map(occlusionExample));
}

function occlusionExample(example) {
  const { rows, columns, probability, likely, clean, full, size } = example;
  const name = data.classes[example.label];
  const map = make("canvas", { class: "pixels", "aria-hidden": "true" });
  paint(map, probability);
  const mark = make("span", { class: "mark", "aria-hidden": "true" });
  const occluder = make("span", { class: "occluder", "aria-hidden": "true", hidden: "" });
  const readout = make("p", { class: "readout", "aria-live": "polite" });
  let place = worst(probability);

  const read = (p, q) => {
    place = [Math.min(Math.max(p, 0), rows.length - 1), Math.min(Math.max(q, 0), columns.length - 1)];
    const [row, column] = place;
    put(mark, row / rows.length, column / columns.length, 1 / rows.length, 1 / columns.length);
    put(occluder, rows[row] / full[0], columns[column] / full[1], size[0] / full[0], size[1] / full[1]);
    occluder.hidden = false;
    const said = likely[row][column] === example.label ? "still most likely" : `it says ${data.classes[likely[row][column]]}`;
    readout.textContent = `Hidden from row ${rows[row]}, column ${columns[column]}: probability of ${name} is ${probability[row][column].toFixed(3)}, ${said}.`;
  };
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const stage = make(
    "div",
    {
      class: "heat", tabindex: "0", role: "group",
      "aria-label": `Probability of ${name} by place of the occluder; arrow keys read it`,
      pointermove: (event) => {
        const box = map.getBoundingClientRect();
        read(Math.floor(((event.clientY - box.top) / box.height) * rows.length), Math.floor(((event.clientX - box.left) / box.width) * columns.length));
      },
      focus: () => read(...place),
      keydown: (event) => {
        if (!(event.key in moves)) return;
        event.preventDefault();
        read(place[0] + moves[event.key][0], place[1] + moves[event.key][1]);
      },
    },
    map, mark
  );
  read(...place);
  return make(
    "article", { class: "example" },
    make("h3", {}, `Image ${example.imageIndex}, ${shownClass(example.label)}`),
    enlarger(),
    make("div", { class: "pair" }, make("div", { class: "scene" }, tile(example.image, 0, 0, `image ${example.imageIndex}`), occluder), stage),
    make("p", { class: "note" }, `Nothing hidden: ${clean.toFixed(3)}.`),
    readout
  );
}

function worst(probability) {
  const flat = probability.flat();
  const at = flat.indexOf(Math.min(...flat));
  return [Math.floor(at / probability[0].length), at % probability[0].length];
}

function put(element, top, left, height, width) {
  for (const [side, share] of Object.entries({ top, left, height, width })) element.style[side] = `${100 * share}%`;
}
