"""Exercise 7.2: which parts of a picture speak for a class.

Some networks average each of their last feature maps, and a dense layer makes the classes' logits of the
averages. Each class weighs the maps differently. If the maps are weighed first and averaged later, the sum
is the same: so the weighed maps, added up place by place, show where the logit comes from.
"""

import numpy as np


def class_activation_map(maps, weight, bias, label):
    """Return the map of a class, and the logit that it adds up to.

    Parameters
    ----------
    maps : array (OH, OW, D)
        The last D feature maps, of one picture.
    weight : array (D, M)
        Of the dense layer, for M classes.
    bias : array (M,)
    label : int
        The class, from 0 to M - 1.

    Returns
    -------
    class_map : array (OH, OW)
        How much each place speaks for the class; negative where it speaks against it. Without the bias, which
        has no place.
    logit : float
        The class's logit, as the network computes it: the averages times the weights, plus the bias.
    """
    class_map = maps @ np.asarray(weight)[:, label]
    return class_map, class_map.mean() + bias[label]
