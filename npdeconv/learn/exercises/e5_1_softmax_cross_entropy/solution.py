"""Exercise 5.1: the loss of a classifier, and its gradient.

A network returns a number per class, the logits. Softmax makes probabilities of them: exp(logit), divided
by the sum of the exp of all logits of the row. The loss of a row is -log(p) of the probability of its true
class.
"""

import numpy as np


def softmax_cross_entropy(logits, labels):
    """Return the mean loss, and its gradient by the logits.

    Parameters
    ----------
    logits : array (N, M)
        N rows, of M classes each. They may be large, such as 1000 or -1000.
    labels : array of int (N,)
        The true class of each row, from 0 to M - 1.

    Returns
    -------
    loss : float
        The mean of -log(p) over the rows; the natural logarithm.
    dlogits : array (N, M)
        How the loss changes with each logit.
    """
    rows = np.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)  # exp would overflow otherwise
    log_sums = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    log_p = shifted - log_sums
    dlogits = np.exp(log_p)
    dlogits[rows, labels] -= 1
    return -log_p[rows, labels].mean(), dlogits / len(labels)
