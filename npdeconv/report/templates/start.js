// The links scroll to sections without changing the address, which holds the state.
for (const link of document.querySelectorAll("nav a, .skip")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const section = $(link.getAttribute("href").slice(1));
    section.scrollIntoView({ behavior: calm() ? "auto" : "smooth" });
    section.focus({ preventScroll: true });
  });
}

readAddress();
buildCurves();
buildMaps();
buildDetail();
buildMistakes();
buildScatter();
buildOcclusion();
buildClassMaps();
buildWanted();
buildFollow();
restorePlace();
