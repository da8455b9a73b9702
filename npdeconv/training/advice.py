"""Advice for a network that did not learn."""

import numpy as np

from npdeconv.data import Dataset
from npdeconv.training.history import History

DIVERGED = 1.5
"""A training with more than this multiple of the loss of guessing has diverged."""

GENTLE = 1e-3
"""Adam's usual learning rate; Adam is suggested to those above it."""

LEARNED = 0.98
"""A loss above this multiple of that of guessing may be noise."""


def advise(history: History, dataset: Dataset) -> str | None:
    """Say whether training diverged or taught nothing, with a remedy; None if the network learned.

    The last epoch's loss is compared with the entropy of the labels, the loss of a network that knows
    only the frequency of each class.

    Parameters
    ----------
    history : History
    dataset : Dataset
        The training set, or another one of the same classes.

    Raises
    ------
    ValueError
        If the data set has no labels.

    Examples
    --------
    >>> history = nd.training.History()
    >>> row = {"epoch": 1, "loss": 99, "accuracy": 0.1, "learning_rate": 0.5, "seconds": 5}
    >>> history.append(**row, validation_loss=np.nan, validation_accuracy=np.nan)
    >>> nd.training.advise(history, nd.data.load_strokes(100)).split(":")[0]
    'the training diverged'
    """
    if not history.epochs:
        return None
    loss, rate = history["loss"][-1], history["learning_rate"][0]
    shares = np.bincount(dataset.labels_for("advise"), minlength=1) / len(dataset)
    guessing = -float(np.sum(shares[shares > 0] * np.log(shares[shares > 0])))
    if loss <= LEARNED * guessing or guessing == 0:
        return None
    if rate == 0:
        return "the network has learned nothing: with a learning rate of 0, training changes no weights"
    compared = f"a loss of {loss:.4g} in epoch {history.epochs}, where guessing has {guessing:.4g}"
    # Measured for deep networks on a few hundred photos: SGD learned at no rate, Adam at this one.
    adam = ", or Adam at 0.0001 in smaller batches" if rate > GENTLE else ""
    gentler = f"a smaller learning rate, such as {rate / 10:g}{adam}"
    if loss > DIVERGED * guessing:
        return f"the training diverged: {compared}; begin anew with {gentler}"
    return (
        f"the network has learned nothing yet: {compared}; units may be dead, so begin anew with {gentler};"
        f" if the loss fell all the time, more epochs help, or a rate such as {rate * 10:g}"
    )
