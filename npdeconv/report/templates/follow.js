// The page of a run that still trains reloads itself, and keeps the reader's place.

function buildFollow() {
  if (data.refresh === null) return;
  $("follow").hidden = false;
  const label = () => {
    $("following").textContent = state.following ? "Stop following" : "Follow";
    $("following").setAttribute("aria-pressed", state.following);
  };
  $("following").addEventListener("click", () => choose({ following: !state.following }));
  listeners.push((changed) => changed.has("following") && label());
  label();
  let busy = false; // no reload while the reader drags a slider
  addEventListener("pointerdown", () => { busy = true; });
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { busy = false; });
  setInterval(() => {
    if (!state.following || busy || playing !== null || document.hidden) return;
    keepPlace();
    location.reload();
  }, 1000 * data.refresh);
}

// The focus: an element with an id, or one of the children of such an element.
function keepPlace() {
  const focused = document.activeElement;
  const holder = focused.closest("[id]");
  if (!holder) return;
  const child = holder === focused ? null : [...holder.children].indexOf(focused);
  sessionStorage.setItem("npdeconv", JSON.stringify({ id: holder.id, child, scroll: scrollY }));
}

function restorePlace() {
  const kept = JSON.parse(sessionStorage.getItem("npdeconv"));
  sessionStorage.removeItem("npdeconv");
  if (kept === null) return;
  const holder = $(kept.id);
  const focused = holder && kept.child !== null ? holder.children[kept.child] : holder;
  if (focused && focused !== document.body) focused.focus({ preventScroll: true });
  scrollTo({ top: kept.scroll, behavior: "instant" });
}
