// Helpers for all parts of the page.

// A number with three significant digits; an em dash for a missing one.
function short(value) {
  if (value === null || value === undefined) return "—";
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1000 || size < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

function percent(share) {
  if (share === 0 || share === 1) return `${share * 100} %`;
  if (share < 0.01) return "less than 1 %";
  return share > 0.99 ? "more than 99 %" : `${Math.round(share * 100)} %`;
}

// The class of a labeled image, or the predicted class of an unlabeled one.
function shownClass(label) {
  return `${data.labeled ? "class" : "predicted"} ${data.classes[label]}`;
}

const pictures = new Map(); // sheets are decoded when they are first shown

function decoded(uri) {
  if (!pictures.has(uri)) {
    const image = new Image();
    image.src = uri;
    pictures.set(uri, image.decode().then(() => image));
  }
  return pictures.get(uri);
}

// Show one tile of a sheet on a canvas; of several requests, the last one wins.
function show(canvas, sheet, column, row) {
  const request = (canvas.request = {});
  return decoded(sheet.uri).then((image) => {
    if (canvas.request !== request) return;
    const { width, height } = sheet;
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d").drawImage(image, column * width, row * height, width, height, 0, 0, width, height);
  });
}

// `label` describes the picture to screen readers; without it, the text beside the picture does.
function tile(sheet, column, row, label = null) {
  const spoken = label === null ? { "aria-hidden": "true" } : { role: "img", "aria-label": label };
  const kind = sheet.width > 40 ? "smooth" : "pixels";
  const canvas = make("canvas", { class: kind, width: sheet.width, height: sheet.height, ...spoken });
  show(canvas, sheet, column, row);
  return canvas;
}

// A button that shows its article on the whole screen; Esc leaves it.
function enlarger() {
  if (!document.fullscreenEnabled) return "";
  const toggle = (event) => (document.fullscreenElement ? document.exitFullscreen() : event.target.closest("article").requestFullscreen());
  return make("button", { type: "button", class: "enlarge", "aria-label": "Full screen", title: "Full screen", click: toggle },
    draw("svg", { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" }, draw("path", { d: "M1 5V1h4M11 1h4v4M15 11v4h-4M5 15H1v-4" })));
}

// The Tab key stops once at a group; arrow keys, Home and End move between its items.
function rove(group, onMove) {
  const items = () => [...group.children].filter((item) => !item.hidden);
  group.addEventListener("keydown", (event) => {
    const all = items();
    const now = all.indexOf(event.target.closest("[tabindex]"));
    const columns = all.filter((item) => item.offsetTop === all[0].offsetTop).length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const goals = { Home: 0, End: all.length - 1 };
    const goal = event.key in goals ? goals[event.key] : now + steps[event.key];
    if (now < 0 || !(goal >= 0)) return;
    event.preventDefault();
    const next = all[goal];
    if (next === undefined) return;
    makeStop(group, next);
    next.focus();
    onMove(next);
  });
}

function makeStop(group, item) {
  for (const other of group.children) other.tabIndex = other === item ? 0 : -1;
}
