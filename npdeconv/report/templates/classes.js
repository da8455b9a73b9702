// Class activation maps, and images that were made to excite a class most.

function buildClassMaps() {
  if (!$("class-maps-examples")) return;
  const { positions, labels, images, classes, probability, maps } = data.classMaps;
  positions.forEach((position, n) => {
    const figures = classes[n].map((number, k) => {
      const words = `${data.classes[number]}: ${percent(probability[n][k])}`;
      return make("figure", {}, tile(maps, k, n, `class activation map of ${words}`), make("figcaption", {}, words));
    });
    const image = make("figure", {}, tile(images, 0, n, `image ${position}`), make("figcaption", {}, "the image"));
    $("class-maps-examples").append(
      make("article", { class: "example" }, make("h3", {}, `Image ${position}, ${shownClass(labels[n])}`), enlarger(), make("div", { class: "pair" }, image, ...figures))
    );
  });
}

function buildWanted() {
  if (!$("wanted-images")) return;
  const { classes, activation, pixels } = data.wanted;
  classes.forEach((number, n) => {
    const name = data.classes[number];
    $("wanted-images").append(
      make("figure", {}, tile(pixels, 0, n, `image made for class ${name}`), make("figcaption", {}, `${name}: logit ${short(activation[n])}`))
    );
  });
}
