// Class activation maps, and images that were made to excite a class most.

function buildClassMaps() {
  if (!$("class-maps-examples")) return;
  const { imageIndices, labels, images, likeliest, probability, maps } = data.classMaps;
  imageIndices.forEach((imageIndex, n) => {
    const figures = likeliest[n].map((label, k) => {
      const words = `${data.classes[label]}: ${percent(probability[n][k])}`;
      return make("figure", {}, tile(maps, k, n, `class activation map of ${words}`), make("figcaption", {}, words));
    });
    const image = make("figure", {}, tile(images, 0, n, `image ${imageIndex}`), make("figcaption", {}, "the image"));
    $("class-maps-examples").append(
      make("article", { class: "example" }, make("h3", {}, `Image ${imageIndex}, ${shownClass(labels[n])}`), enlarger(), make("div", { class: "pair" }, image, ...figures))
    );
  });
}

function buildWanted() {
  if (!$("wanted-images")) return;
  const { labels, activation, pixels } = data.wanted;
  labels.forEach((label, n) => {
    const name = data.classes[label];
    $("wanted-images").append(
      make("figure", {}, tile(pixels, 0, n, `image made for class ${name}`), make("figcaption", {}, `${name}: logit ${short(activation[n])}`))
    );
  });
}
