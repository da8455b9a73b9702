"""Lists of the largest values seen so far."""

from npdeconv._jit import kernel
from npdeconv._types import Array


@kernel
def insert(
    values: Array, places: Array, own_numbers: Array, best: Array, numbers: Array, best_places: Array
) -> None:
    """Insert N more values of each of F maps into the lists of the maps' k largest.

    Equal values stay in the order of insertion. NaN is never inserted.

    Parameters
    ----------
    values : (N, F)
    places : int (N, F)
        The position of each value in its image.
    own_numbers : int (N,)
        The numbers of the images.
    best : (F, k)
        The largest values, the largest first; changed.
    numbers, best_places : int (F, k)
        The image numbers and places of the largest values; changed.
    """
    count, kinds = values.shape
    last = best.shape[1] - 1
    for n in range(count):
        for f in range(kinds):
            value = values[n, f]
            if value > best[f, last]:
                rank = last
                while rank > 0 and value > best[f, rank - 1]:
                    best[f, rank] = best[f, rank - 1]
                    numbers[f, rank] = numbers[f, rank - 1]
                    best_places[f, rank] = best_places[f, rank - 1]
                    rank -= 1
                best[f, rank] = value
                numbers[f, rank] = own_numbers[n]
                best_places[f, rank] = places[n, f]
