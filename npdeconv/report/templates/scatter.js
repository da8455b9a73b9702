// The images as points in the space of the last hidden layer; pointing at one shows its image.

const CLOUD = { side: 600, edge: 26, radius: 4.5 };

function buildScatter() {
  if (!$("scatter")) return;
  const { points, axes, labels, neighbors } = data.scatter;
  let method = Object.keys(points).at(-1);
  let place = 0;
  const at = (n) => points[method][n].map((share) => CLOUD.edge + share * (CLOUD.side - 2 * CLOUD.edge));
  const lines = draw("g", { class: "threads" });
  const dots = labels.map((label) => draw("circle", { r: CLOUD.radius, fill: classColor(label) }));
  const names = [...new Set(labels)].map((label) => draw("text", { "text-anchor": "middle", "data-label": label }, data.classes[label]));
  const ring = draw("circle", { class: "ring", r: 2 * CLOUD.radius });
  const across = draw("text", { class: "axis", "text-anchor": "middle", x: CLOUD.side / 2, y: CLOUD.side - 6 });
  const upward = draw("text", { class: "axis", "text-anchor": "middle", transform: `translate(14 ${CLOUD.side / 2}) rotate(-90)` });
  const picture = draw("svg", { viewBox: `0 0 ${CLOUD.side} ${CLOUD.side}`, "aria-hidden": "true" }, across, upward, lines, ...dots, ...names, ring);

  const read = (n) => {
    place = n;
    const [x, y] = at(n);
    fill(ring, { cx: x, cy: y }, []);
    lines.replaceChildren(...neighbors[n].map((other) => draw("line", { x1: x, y1: y, x2: at(other)[0], y2: at(other)[1] })));
    showPoint(n);
  };
  const spread = () => {
    dots.forEach((dot, n) => fill(dot, { cx: at(n)[0], cy: at(n)[1] }, []));
    for (const name of names) {
      const own = labels.flatMap((label, n) => (label === Number(name.dataset.label) ? [at(n)] : []));
      const half = name.getComputedTextLength() / 2 + 4;
      const x = Math.max(half, Math.min(CLOUD.side - half, median(own.map(([x]) => x))));
      fill(name, { x, y: median(own.map(([, y]) => y)) }, []);
    }
    read(place);
  };
  const point = (event) => {
    const box = picture.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top].map((value) => (value / box.width) * CLOUD.side);
    read(closest(labels.map((_, n) => Math.hypot(at(n)[0] - x, at(n)[1] - y))));
  };
  const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const stage = make(
    "div",
    {
      class: "plot", id: "scatter-points", tabindex: "0", role: "group",
      "aria-label": "Images as points; arrow keys move to the nearest image in their direction",
      pointermove: point,
      pointerdown: point,
      focus: () => read(place),
      keydown: (event) => {
        if (!(event.key in directions)) return;
        event.preventDefault();
        read(neighborTowards(labels.map((_, n) => at(n)), place, directions[event.key]));
      },
    },
    picture
  );
  const buttons = Object.keys(points).map((name) =>
    make("button", { type: "button", click: () => choose(name) }, name)
  );
  const choose = (name) => {
    method = name;
    [across.textContent, upward.textContent] = axes[name];
    for (const button of buttons) button.setAttribute("aria-pressed", button.textContent === name);
    spread();
  };
  if (buttons.length > 1) $("scatter-methods").append(...buttons);
  $("scatter").prepend(stage);
  choose(method);
}

// The nearest point within 45 degrees of a direction; the same one if there is none.
function neighborTowards(places, from, [dx, dy]) {
  const [x, y] = places[from];
  return closest(
    places.map(([px, py], n) => {
      const ahead = (px - x) * dx + (py - y) * dy;
      const aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
      return n === from ? 1e9 : ahead > 0 && ahead >= aside ? Math.hypot(ahead, aside) : Infinity;
    })
  );
}

const closest = (distances) => distances.indexOf(Math.min(...distances));

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

const classColor = (label) => `hsl(${Math.round((360 * label) / data.classes.length)} 65% 50%)`;

function showPoint(n) {
  const { layer, imageIndices, labels, seen, neighbors, pixelNeighbors } = data.scatter;
  const name = (m) => `image ${imageIndices[m]}, ${shownClass(labels[m])}`;
  const row = (others, space) => {
    const same = others.filter((m) => labels[m] === labels[n]).length;
    return [
      make("h4", {}, `Nearest by ${space}: ${same} of ${others.length} of its ${data.labeled ? "class" : "predicted class"}`),
      make("div", { class: "kin" }, ...others.map((m) => make("span", { class: labels[m] === labels[n] ? null : "other", title: name(m) }, tile(seen, m, 0, name(m))))),
    ];
  };
  $("scatter-image").replaceChildren(tile(seen, n, 0, name(n)));
  $("scatter-words").textContent = `I${name(n).slice(1)}`;
  $("scatter-kin").replaceChildren(...row(neighbors[n], layer), ...row(pixelNeighbors[n], "pixels"));
}
