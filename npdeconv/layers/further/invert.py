"""Pictures on a white backdrop, inverted so that the backdrop is 0."""

from npdeconv._checks import fraction
from npdeconv._types import Array, Generator, Gradients
from npdeconv.layers.base import Context, Layer
from npdeconv.layers.relu import ReLU


class Invert(Layer):
    """max(level - x, 0): how much darker than the backdrop a pixel is.

    As the first layer of a network, it maps a white backdrop to 0, the padding of convolutions.
    Images, boxes and projections stay in the colors of the originals.

    Parameters
    ----------
    level : float
        The darkest shade that still counts as backdrop, above 0 and below 1 (white).

    Notes
    -----
    It is the linear map level - x, rectified. The rectifier belongs to the preparation of images, so
    no rule changes it: "deconv" only changes the sign, since projected pixels keep both signs, as in
    the paper's DeconvNet. Negative pixels ought to be dark. By every other rule it is `backward`.

    Examples
    --------
    >>> nd.layers.Invert(0.75)(np.array([[0.0, 0.25, 1.0]]))
    array([[0.75, 0.5 , 0.  ]])
    """

    locality = "position"

    def __init__(self, level: float) -> None:
        self.level = fraction(level, self.kind, "level")
        if not self.level:
            raise ValueError(f"{self.kind}: level must be above 0 and below 1, got {level}")
        self._rectifier = ReLU()

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Subtract from the level and rectify."""
        self.check_input(x)
        return self._rectifier.forward(x.dtype.type(self.level) - x)

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Pass the negative gradient where x was darker than the level."""
        gradient, none = self._rectifier.backward(dy, context)
        return -gradient, none

    def deconv(self, y: Array, context: Context) -> Array:
        """Change the sign."""
        return -self._rectifier.descend(y, context, "linear")

    def __repr__(self) -> str:
        return f"Invert({self.level})"
