"""Loss, accuracy and more of each epoch, as columns."""

import csv
import io
import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from npdeconv import _files

COLUMNS = (
    "epoch",
    "loss",  # mean cross-entropy over the epoch's batches, in nats, with noise and augmentation
    "accuracy",
    "validation_loss",
    "validation_accuracy",
    "learning_rate",
    "seconds",  # of training and validation
)


class History(Mapping[str, list[float]]):
    """One list of floats per column of `COLUMNS`; NaN where an epoch had no validation.

    Examples
    --------
    >>> history = nd.training.History()
    >>> row = {"epoch": 1, "loss": 2.3, "accuracy": 0.1, "learning_rate": 0.01, "seconds": 5}
    >>> history.append(**row, validation_loss=np.nan, validation_accuracy=np.nan)
    >>> history.epochs, history["loss"]
    (1, [2.3])
    """

    def __init__(self) -> None:
        self._columns: dict[str, list[float]] = {column: [] for column in COLUMNS}

    def append(self, **row: float) -> None:
        """Add an epoch, with a value for every column."""
        if row.keys() != self._columns.keys():
            raise ValueError(f"History: expected the columns {', '.join(COLUMNS)}, got {', '.join(row)}")
        for column, value in row.items():
            self._columns[column].append(float(value))

    def truncate(self, epochs: int) -> None:
        """Forget all but the first epochs."""
        for values in self._columns.values():
            del values[epochs:]

    @property
    def epochs(self) -> int:
        """The number of epochs."""
        return len(self["loss"])

    def __getitem__(self, column: str) -> list[float]:
        return self._columns[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        return f"<History of {self.epochs} epochs: {', '.join(self)}>"

    def write(self, path: Path) -> None:
        """Write a CSV file with one row per epoch, whole or not at all."""
        text = io.StringIO(newline="")
        table = csv.writer(text)
        table.writerow(self)
        # csv writes the repr of a float, which reads back as the same float.
        table.writerows(zip(*self.values(), strict=True))
        _files.replace(path, lambda file: file.write(text.getvalue().encode()))

    @classmethod
    def read(cls, path: Path) -> "History":
        """Read a file of `write`; FileNotFoundError if it is missing, ValueError if it is no history."""
        history = cls()
        if not path.exists():
            raise FileNotFoundError(f"{path}: there is no such file")
        try:
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file, strict=True):
                    history.append(**{column: float(value) for column, value in row.items()})
                    _check_last(history)
        except (csv.Error, TypeError, ValueError) as error:
            raise ValueError(
                f"{path}: expected a history with one row of numbers per epoch, but {error}"
            ) from None
        return history


def _check_last(history: History) -> None:
    """Check that the last row is one that `fit` may have written."""
    row, number = {column: values[-1] for column, values in history.items()}, history.epochs
    if row["epoch"] != number:
        raise ValueError(f"row {number} is of epoch {row['epoch']:g}")
    unvalidated = {column for column in ("validation_loss", "validation_accuracy") if math.isnan(row[column])}
    for column, value in row.items():
        largest = 1.0 if column.endswith("accuracy") else sys.float_info.max
        if len(unvalidated) == 2 and column in unvalidated:
            continue
        if not 0 <= value <= largest:  # nor is it NaN
            raise ValueError(f"epoch {number} has the {column} {value:g}")
