"""Linear classifiers on fixed features: a new softmax, or a linear SVM."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from scipy.optimize import minimize

from npdeconv._checks import describe, not_negative, one_of, positive_int
from npdeconv._repr import brief
from npdeconv._types import Array
from npdeconv.data import Dataset
from npdeconv.experiments.sampling import Draw
from npdeconv.losses import softmax_cross_entropy
from npdeconv.parallel import Workers, pool
from npdeconv.visualize.features import as_rows

Kind: TypeAlias = Literal["softmax", "svm"]

DECAY = 1e-4
ITERATIONS = 500


@brief
class LinearClassifier(NamedTuple):
    """Predicts the class with the largest of (features - center) / scale @ weight + bias.

    Attributes
    ----------
    center : (D,), the mean of the training features
    scale : float, the root mean squared distance of the training features from the center
    weight : (D, M)
    bias : (M,)

    Examples
    --------
    >>> features, labels = np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([0, 0, 1, 1])
    >>> classifier = nd.experiments.fit_classifier(features, labels, class_count=2)
    >>> classifier.predict(np.array([[2.0], [9.0]]))
    array([0, 1])
    """

    center: Array
    scale: float
    weight: Array
    bias: Array

    def predict(self, features: Array) -> Array:
        """Return the classes, int (N,), of features (N, D)."""
        rows = (as_rows(features, "LinearClassifier") - self.center) / self.scale
        return (rows @ self.weight + self.bias).argmax(axis=1)


def fit_classifier(
    features: Array, labels: Array, class_count: int, kind: Kind = "softmax", *, weight_decay: float = DECAY
) -> LinearClassifier:
    """Fit a linear classifier to features.

    Parameters
    ----------
    features : (N, D)
    labels : int (N,)
        From 0 to `class_count` - 1.
    class_count : int
        M.
    kind : "softmax" or "svm"
        Multinomial logistic regression; or one linear support vector machine per class against all
        others, with squared hinge loss, which needs scikit-learn.
    weight_decay : float
        Weight of half the squared weights beside the mean loss.

    Returns
    -------
    LinearClassifier

    Raises
    ------
    ImportError
        For "svm", if scikit-learn is missing.
    TypeError, ValueError
        For features that are not finite numbers, labels that do not fit, and unknown kinds.

    Notes
    -----
    Features are centered and divided by one number, so that `weight_decay` means the same for any layer, and
    weak features stay weak. The loss is convex and the fit starts from 0: nothing is random.

    Examples
    --------
    >>> features, labels = np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([0, 0, 1, 1])
    >>> for kind in ("softmax", "svm"):
    ...     print(nd.experiments.fit_classifier(features, labels, 2, kind).predict(features))
    [0 0 1 1]
    [0 0 1 1]
    """
    who = "fit_classifier"
    one_of(kind, _FITTERS, who, "kind")
    rows = as_rows(features, who)
    count = positive_int(class_count, who, "class_count")
    if not isinstance(labels, np.ndarray) or labels.shape != (len(rows),) or labels.dtype.kind not in "iu":
        raise TypeError(f"{who}: expected {len(rows)} integer labels, one per row, got {describe(labels)}")
    if count < 2 or not np.array_equal(np.unique(labels), np.arange(count)):
        raise ValueError(f"{who}: expected at least two classes and images of each, got {np.unique(labels)}")
    penalty = not_negative(weight_decay, who, "weight_decay")
    center = rows.mean(axis=0, dtype=np.float64)
    centered = rows - center
    scale = float(np.sqrt((centered**2).sum(axis=1).mean())) or 1.0
    basis, inside = _span(centered / scale)
    weight, bias = _FITTERS[kind](inside, labels.astype(np.int64), count, penalty)
    return LinearClassifier(center, scale, weight if basis is None else basis @ weight, bias)


def class_mean_accuracy(predicted: Array, labels: Array) -> float:
    """Return the accuracy of each class, averaged over the classes, as usual for Caltech-101.

    Examples
    --------
    >>> predicted, labels = np.array([0, 0, 0, 0]), np.array([0, 0, 0, 1])
    >>> nd.experiments.class_mean_accuracy(predicted, labels)  # all of one class, and none of the other
    0.5
    """
    counts = np.bincount(labels)
    right = np.bincount(labels, predicted == labels)
    return float((right[counts > 0] / counts[counts > 0]).mean())


def score_classifiers(
    features: Array, dataset: Dataset, draws: Sequence[Draw], kind: Kind, workers: Workers = None
) -> list[float]:
    """Fit a classifier to each draw of a data set's images, and return the accuracies on its test images."""
    task = partial(_score, features, dataset.labels_for("score_classifiers"), len(dataset.classes), kind)
    with pool(workers) as parallel_map:
        return list(parallel_map(task, draws))


def _score(features: Array, labels: Array, class_count: int, kind: Kind, draw: Draw) -> float:
    classifier = fit_classifier(features[draw.chosen], labels[draw.chosen], class_count, kind)
    return class_mean_accuracy(classifier.predict(features[draw.tested]), labels[draw.tested])


def _span(rows: Array) -> tuple[Array | None, Array]:
    """Return an orthonormal basis (D, N) of the span of N rows, and the rows in it; None if N >= D.

    The fitted weights lie in the span: a part outside would add to the decay and change no output.
    With fewer images than features, the fit is smaller and as exact.
    """
    if len(rows) >= rows.shape[1]:
        return None, rows
    basis, triangle = np.linalg.qr(rows.T)
    return basis, triangle.T


def _fit_softmax(rows: Array, labels: Array, class_count: int, weight_decay: float) -> tuple[Array, Array]:
    """Minimize mean cross-entropy + weight_decay / 2 * sum(weight ** 2) by L-BFGS, in float64."""
    dimensions = rows.shape[1]

    def loss(flat: Array) -> tuple[float, Array]:
        weight, bias = flat[:-class_count].reshape(dimensions, class_count), flat[-class_count:]
        mean, dlogits = softmax_cross_entropy(rows @ weight + bias, labels)
        dweight = rows.T @ dlogits + weight_decay * weight
        return mean + weight_decay / 2 * float((weight**2).sum()), np.append(dweight, dlogits.sum(axis=0))

    start = np.zeros((dimensions + 1) * class_count)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS, "gtol": 1e-5})
    return best.x[:-class_count].reshape(dimensions, class_count), best.x[-class_count:]


def _fit_svm(rows: Array, labels: Array, class_count: int, weight_decay: float) -> tuple[Array, Array]:
    try:
        from sklearn.svm import LinearSVC
    except ImportError:
        raise ImportError(
            "a linear SVM needs scikit-learn, which is not installed: pip install 'npdeconv[embedding]'"
        ) from None
    # LinearSVC minimizes 1/2 w.w + C sum(losses).
    fit = partial(LinearSVC, C=1 / (weight_decay * len(rows)), dual=False, tol=1e-6, max_iter=10_000)
    machines = [fit().fit(rows, labels == label) for label in range(class_count)]
    weight = np.stack([machine.coef_[0] for machine in machines], axis=1)
    return weight, np.array([machine.intercept_[0] for machine in machines])


_FITTERS: dict[str, Callable[[Array, Array, int, float], tuple[Array, Array]]] = {
    "softmax": _fit_softmax,
    "svm": _fit_svm,
}
