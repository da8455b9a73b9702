// What is said about a cell: the cells it came from, the products and their sum.

function product(a, b) {
  return [a, b].map((value) => (value < 0 ? `(${text(value)})` : text(value))).join("\u00a0×\u00a0"); // lines break between products
}

function sumOf(terms, more = []) {
  return [...terms.map(([a, b]) => product(a, b)), ...more].join(" + ");
}

// The terms of a sum as three little tables: numbers, weights, products; null where there is no number.
function tables(numbersName, numbers, weightsName, weights) {
  return [
    { name: numbersName, values: numbers },
    { sign: "×", name: weightsName, values: weights },
    { sign: "=", name: "products", values: numbers.map((value, tap) => (value === null ? null : value * weights[tap])) },
  ];
}

// What the other rules give at a cell, if that is not the same.
function otherRules(grid, k) {
  if (!parts(grid, k)) return [];
  const others = Object.entries(RULES).filter(([rule]) => rule !== state.rule);
  return [`The rules part here: ${others.map(([rule, name]) => `${name} gives ${text(result.ways[wayName(rule)][grid][k])}`).join(", ")}.`];
}

function placesThatSee(count) {
  return count === 1 ? "One place of the filter sees" : `${count} places of the filter see`;
}

const EXPLAIN = {
  picture: (k) => ({
    words: [`A pixel: nothing comes before it. ${placesThatSee(seenBy(k).filter((place) => place !== null).length)} it.`],
    sources: [],
  }),
  weight: () => ({ words: ["A weight. On the way up it multiplies the pixel under it. On the way down it is used again: that way has no weights of its own."], sources: [] }),
  bias: () => ({ words: ["The bias is added to each sum on the way up. It is not used on the way down."], sources: [] }),
  convolved: (k) => {
    const pixels = patchOf(k).map((pixel) => state.picture[pixel]);
    return {
      words: ["The filter lies on nine pixels. Each pixel is multiplied by its weight. The products and the bias are added."],
      formula: `${sumOf(pixels.map((value, tap) => [value, state.weight[tap]]), [`bias\u00a0${text(state.bias)}`])} =\u00a0${text(result.convolved[k])}`,
      tables: tables("pixels", pixels, "filter", state.weight),
      sources: [{ from: "picture", cells: patchOf(k) }],
    };
  },
  rectified: (k) => ({
    words: [result.convolved[k] > 0 ? "Positive values pass." : "Values that are not positive become 0."],
    formula: `max(${text(result.convolved[k])}, 0) = ${text(result.rectified[k])}`,
    sources: [{ from: "convolved", cells: [k] }],
  }),
  pooled: (k) => {
    const values = windowOf(k).map((place) => result.rectified[place]);
    const ties = values.filter((value) => value === result.pooled[k]).length;
    const found = `The largest of four values. It stands at the ${WINDOWS[corner(k)]}: the switch remembers this.`;
    return {
      words: [ties > 1 ? `${found} ${ties} values are equal: the first one wins.` : found],
      formula: `max(${values.map(text).join(", ")}) = ${text(result.pooled[k])}`,
      sources: [{ from: "rectified", cells: windowOf(k) }],
    };
  },
  switches: (k) => ({
    words: [`The largest value of the ${WINDOWS[k]} window stands at its ${WINDOWS[corner(k)]} (${placeOf("rectified", result.switches[k])}). ${state.kept ? "On the way down, the value returns there." : "It is forgotten: the value goes to the upper left instead."}`],
    sources: [{ from: "rectified", cells: [result.switches[k]] }],
  }),
  sent: (k) => {
    const said = {
      own: "You typed this value.",
      map: "The whole pooled map is sent down.",
      signs: "The whole pooled map is sent down. Two signs are turned, as the weights of a layer above may do.",
    };
    const one = result.sent[k] === 0 ? "Only one pooled value is sent down. All others are set to 0." : "This pooled value is sent down. All others are set to 0.";
    return { words: [said[state.send] ?? one], sources: state.send === "own" ? [] : [{ from: "pooled", cells: [k] }] };
  },
  unpooled: (k) => {
    const window = [0, 1, 2, 3].find((w) => windowOf(w).includes(k));
    const goal = state.kept ? result.switches[window] : windowOf(window)[0];
    const here = goal === k;
    const why = state.kept
      ? `The switch of this window points ${here ? "here: the value returns." : `to ${placeOf("unpooled", goal)}, so 0 stays here.`}`
      : `The switches are forgotten. A 2×2 window has no middle cell: npdeconv takes the upper left one. ${here ? "The value goes here." : "0 stays here."}`;
    return {
      words: [why],
      formula: here ? `${text(result.sent[window])} → ${text(result.sent[window])}` : "0",
      sources: [{ from: "sent", cells: [window] }, ...(state.kept ? [{ from: "switches", cells: [window], gate: true }] : [])],
    };
  },
  gated: (k) => {
    const value = valuesOf("unpooled")[k];
    const before = result.convolved[k];
    const passed = valuesOf("gated")[k];
    const sign = (number) => `${text(number)} is ${number > 0 ? "positive" : "not positive"}`;
    const words = {
      deconv: `The deconvnet asks about what comes down: ${sign(value)}.`,
      gradient: `The gradient asks about the way up: ${sign(before)}.`,
      guided: `Guided backpropagation asks twice. What comes down: ${sign(value)}. The way up: ${sign(before)}.`,
    };
    const gate = state.rule === "deconv" ? [] : [{ from: "convolved", cells: [k], gate: true }];
    return {
      words: [words[state.rule], ...otherRules("gated", k)],
      formula: state.rule === "deconv" ? `max(${text(value)}, 0) = ${text(passed)}` : `${text(value)} → ${text(passed)}`,
      sources: [{ from: "unpooled", cells: [k] }, ...gate],
    };
  },
  projection: (k) => {
    // In the order of the map, so the filter is turned: its last weight lies on the pixel from the first place.
    const places = seenBy(k).reverse();
    const weights = [...state.weight].reverse();
    const gated = valuesOf("gated");
    const values = places.map((place) => (place === null ? null : gated[place]));
    const inside = places.filter((place) => place !== null);
    const terms = values.map((value, tap) => [value, weights[tap]]).filter(([value]) => value !== null);
    return {
      words: [
        `${placesThatSee(inside.length)} this pixel. Each brings its value, times the weight that lay on this pixel. That is the filter, turned upside down and left to right. No bias is added.`,
        ...otherRules("projection", k),
      ],
      formula: `${sumOf(terms)} =\u00a0${text(valuesOf("projection")[k])}`,
      tables: tables("values", values, "turned filter", weights),
      sources: [{ from: "gated", cells: inside }],
    };
  },
};

function explain(grid, k) {
  return { title: `${NAMES[grid]}${placeOf(grid, k) && `, ${placeOf(grid, k)}`}`, value: grid === "switches" ? ARROWS[corner(k)] : text(valuesOf(grid)[k]), ...EXPLAIN[grid](k) };
}
