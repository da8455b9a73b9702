// The confusion matrix, and the most confident wrong answers.

function buildMistakes() {
  if (!$("wrong")) return;
  const { confusion, imageIndices, answers: total, right } = data.wrong;
  const all = total.toLocaleString("en");
  $("wrong-count").textContent =
    right === total
      ? `All ${all} answers are right.`
      : `${(total - right).toLocaleString("en")} of ${all} answers are wrong. The pictures are the most confident mistakes, ` +
        "each with the projections of the network's answer and of the true class.";
  if (confusion !== null) $("confusion").append(confusionTable(confusion));
  else $("confusion").hidden = true;
  $("wrong").append(...imageIndices.map((_, n) => mistake(n)));
}

function confusionTable(confusion) {
  const most = Math.max(1, ...confusion.flatMap((row, truth) => row.filter((_, answer) => answer !== truth)));
  const cell = (count, truth, answer) => {
    const kind = truth === answer ? "right" : count ? "wrong" : "none";
    const words = `${data.classes[truth]} taken for ${data.classes[answer]}: ${count}`;
    const made = make("td", { class: kind, title: words }, count ? String(count) : "·");
    made.style.setProperty("--share", count / most);
    return made;
  };
  return make(
    "table", { class: "confusion" },
    make("caption", {}, "A row for each true class, a column for each answer"),
    make("thead", {}, make("tr", {}, make("td"), ...data.classes.map((name) => make("th", { scope: "col", title: name }, name)))),
    make("tbody", {}, ...confusion.map((row, truth) =>
      make("tr", {}, make("th", { scope: "row", title: data.classes[truth] }, data.classes[truth]), ...row.map((count, answer) => cell(count, truth, answer)))
    ))
  );
}

function mistake(n) {
  const { imageIndices, truth, predicted, probability, truthProbability, seen, spoke } = data.wrong;
  const [answer, right] = [data.classes[predicted[n]], data.classes[truth[n]]];
  const picture = (sheet, column, words) => make("figure", {}, tile(sheet, column, n, words), make("figcaption", {}, words));
  return make(
    "article", { class: "example" },
    make("h3", {}, `Image ${imageIndices[n]}: ${right}, taken for ${answer}`),
    enlarger(),
    make(
      "div", { class: "three" },
      picture(seen, 0, "the image"),
      picture(spoke, 0, `for ${answer}: ${percent(probability[n])}`),
      picture(spoke, 1, `for ${right}: ${percent(truthProbability[n])}`)
    )
  );
}
