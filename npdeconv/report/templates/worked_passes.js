// The arithmetic, up and down. Grids are flat arrays, row after row. All entries are quarters, so no
// sum is rounded, and the order of summation does not matter.

const SIDES = { picture: 6, weight: 3, bias: 1, convolved: 4, rectified: 4, pooled: 2, switches: 2, sent: 2, unpooled: 4, gated: 4, projection: 6 };
const RULES = { deconv: "deconvnet", gradient: "gradient", guided: "guided" };

function map2(side, value) {
  return Array.from({ length: side * side }, (_, k) => value(Math.floor(k / side), k % side));
}

// The four places of a pooling window in the 4x4 map, row after row.
function windowOf(k) {
  const first = Math.floor(k / 2) * 8 + (k % 2) * 2;
  return [first, first + 1, first + 4, first + 5];
}

// The nine pixels under the filter at one of its 4x4 places.
function patchOf(k) {
  return map2(3, (i, j) => (Math.floor(k / 4) + i) * 6 + (k % 4) + j);
}

// The nine places of the filter that see a pixel, by the weight that lies on it; null outside the map.
function seenBy(k) {
  return map2(3, (i, j) => {
    const [row, column] = [Math.floor(k / 6) - i, (k % 6) - j];
    return row < 0 || row > 3 || column < 0 || column > 3 ? null : row * 4 + column;
  });
}

function goUp({ picture, weight, bias }) {
  const convolved = map2(4, (r, c) => patchOf(r * 4 + c).reduce((sum, pixel, tap) => sum + picture[pixel] * weight[tap], bias));
  const rectified = convolved.map((value) => Math.max(value, 0));
  const switches = map2(2, (r, c) => windowOf(r * 2 + c).reduce((best, place) => (rectified[place] > rectified[best] ? place : best)));
  return { convolved, rectified, switches, pooled: switches.map((place) => rectified[place]) };
}

// Which pooled values come down: "strongest", "map", "signs", the number of one of them, or own values.
function startOf(pooled, send, own) {
  if (send === "own") return [...own];
  if (send === "map") return [...pooled];
  if (send === "signs") return pooled.map((value, k) => (k === 1 || k === 2 ? 0 - value : value));
  const chosen = send === "strongest" ? pooled.indexOf(Math.max(...pooled)) : Number(send);
  return pooled.map((value, k) => (k === chosen ? value : 0));
}

// Whether the value at a place of the map is stopped on its way down.
function stops(rule, value, convolved) {
  return (rule !== "gradient" && value < 0) || (rule !== "deconv" && convolved <= 0);
}

// Without switches, each value goes to its window's center: of a 2x2 window, that is the upper left place.
function goDown(up, sent, weight, rule, kept) {
  const unpooled = Array(16).fill(0);
  sent.forEach((value, k) => (unpooled[kept ? up.switches[k] : windowOf(k)[0]] += value));
  const gated = unpooled.map((value, k) => (stops(rule, value, up.convolved[k]) ? 0 : value));
  const projection = map2(6, (r, c) => seenBy(r * 6 + c).reduce((sum, place, tap) => (place === null ? sum : sum + gated[place] * weight[tap]), 0));
  return { unpooled, gated, projection };
}

function compute(state) {
  const up = goUp(state);
  const sent = startOf(up.pooled, state.send, state.own);
  const ways = {};
  for (const name of ["kept", "forgotten"])
    for (const rule of Object.keys(RULES)) ways[`${rule} ${name}`] = goDown(up, sent, state.weight, rule, name === "kept");
  return { ...up, sent, ways };
}

// How many numbers of the presets were compared with npdeconv's, and how many are not equal.
function compareWithPackage() {
  let [compared, unequal] = [0, 0];
  const compare = (mine, theirs) => {
    if (typeof theirs === "object") return Object.keys(theirs).forEach((key) => compare(mine[key], theirs[key]));
    compared += 1;
    unequal += mine !== theirs;
  };
  for (const preset of data.presets) compare(compute(preset), preset.expected);
  return { compared, unequal };
}
