"""What exists for speed alone. Nothing outside needs it to be right.

`Sequential` and the layers compute everything that is computed here, one layer after another and
every sum in a fixed order. Training, prediction and occlusion in float32 take these shortcuts:

* `plan` passes convolution, ReLU and pooling in one go, by the `blocks`;
* `winograd` saves three of four multiplications of a 3x3 convolution, and rounds more;
* `equal_patches` keeps that rounding from deciding gates and winners while a network is trained;
* `cone` computes what one changed box of an image can reach; `crops`, what one unit can see.

What looks into a network (projections, their rules, switches, gradient checks) never comes here.
A search for the strongest does, and the layers compute again what it finds before it is reported.
"""

from npdeconv.fast.plan import Plan

__all__ = ["Plan"]
