"""Shortcuts for speed alone.

`Sequential` and the layers compute the same results, one layer after another and every sum in a
fixed order. Training, prediction and occlusion in float32 take these shortcuts:

* `plan` passes convolution, ReLU and pooling in one go, by the `blocks`;
* `winograd` saves three of four multiplications of a 3x3 convolution, and rounds more;
* `equal_patches` keeps that rounding from deciding gates and winners during training;
* `cone` computes only units that one changed box of an image can reach; `crops`, only the receptive
  field of one unit;
* `ranking` keeps the largest values that a search has met.

`reference` holds slow and plain twins of `cone` and `ranking`, which tests compare with them.

Projections, their rules, switches and gradient checks never use them. The search for the strongest
images does, and the layers compute its results again before they are reported.
"""

from npdeconv.fast.plan import Plan

__all__ = ["Plan"]
