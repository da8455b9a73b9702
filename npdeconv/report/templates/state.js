// The choices are kept in the address, after the #: a reload or a copied address shows the same.

// `map` is the place among the shown maps; the address has the map's number in the layer.
const state = { layer: 0, map: 0, stage: data.stages.length - 1, alive: false, following: true };
const listeners = [];

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const layer = data.layers.findIndex((candidate) => candidate.name === given.get("layer"));
  state.layer = Math.max(layer, 0);
  const map = data.layers[state.layer].maps.indexOf(Number.parseInt(given.get("map"), 10));
  state.map = map < 0 ? firstAlive(data.layers[state.layer]) : map;
  state.stage = within(given.get("stage"), data.stages.length, data.stages.length - 1);
  state.alive = given.get("alive") === "1";
  state.following = given.get("following") !== "0";
}

function within(text, count, otherwise) {
  const number = Number.parseInt(text, 10);
  return number >= 0 && number < count ? number : otherwise;
}

function writeAddress() {
  const layer = data.layers[state.layer];
  const chosen = new URLSearchParams({ layer: layer.name, map: layer.maps[state.map] });
  // The last stage is not written: after a reload, the new last stage is shown.
  if (state.stage < data.stages.length - 1) chosen.set("stage", state.stage);
  if (state.alive) chosen.set("alive", "1");
  if (!state.following) chosen.set("following", "0");
  history.replaceState(null, "", `#${chosen}`);
}

// Change some of the state, and notify all parts of the page.
function choose(changes) {
  const changed = new Set(Object.keys(changes).filter((name) => state[name] !== changes[name]));
  Object.assign(state, changes);
  if (!changed.size) return;
  writeAddress();
  for (const listener of listeners) listener(changed);
}

function firstAlive(layer) {
  return Math.max(layer.firing.findIndex((share) => share > 0), 0);
}
