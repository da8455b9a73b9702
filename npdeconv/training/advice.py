"""Did the network learn? If not, what to do about it."""

import numpy as np

from npdeconv.data import Dataset
from npdeconv.training.history import History

DIVERGED = 1.5
"""A loss of so many times that of guessing: sure of what is wrong."""

GENTLE = 1e-3
"""A learning rate above which Adam is another remedy; it is Adam's usual one."""

LEARNED = 0.98
"""A loss of so many times that of guessing may be its noise."""


def advise(history: History, dataset: Dataset) -> str | None:
    """Say that training diverged or that the network learned nothing, and what helps; None if it learned.

    The last epoch's loss is compared with that of a network which knows nothing but how frequent each
    class is: the entropy of the labels.

    Parameters
    ----------
    history : History
    dataset : Dataset
        The one it was trained on, or one of the same classes.

    Raises
    ------
    ValueError
        If it has no labels.
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
    # Deep networks on a few hundred photos: SGD learned nothing at any rate, Adam at this one did.
    adam = ", or Adam at 0.0001 in smaller batches" if rate > GENTLE else ""
    gentler = f"a smaller learning rate, such as {rate / 10:g}{adam}"
    if loss > DIVERGED * guessing:
        return f"the training diverged: {compared}; begin anew with {gentler}"
    return (
        f"the network has learned nothing yet: {compared}; units may be dead, so begin anew with {gentler};"
        f" if the loss fell all the time, more epochs help, or a rate such as {rate * 10:g}"
    )
