"""The history: its columns, and its CSV file, which keeps every bit."""

import math

import pytest

from npdeconv.training import History
from npdeconv.training.history import COLUMNS


def rows(count):
    return [
        {name: epoch if k == 0 else epoch / (7 + k) for k, name in enumerate(COLUMNS)}
        for epoch in range(1, count + 1)
    ]


def history_of(count):
    history = History()
    for row in rows(count):
        history.append(**row)
    return history


def test_columns():
    history = history_of(3)
    assert list(history) == list(COLUMNS)
    assert history.epochs == 3
    assert history["loss"] == [1 / 8, 2 / 8, 3 / 8]
    history.truncate(1)
    assert history.epochs == 1
    assert dict(history) == {name: [value] for name, value in rows(1)[0].items()}
    assert repr(history).startswith("<History of 1 epochs: epoch, loss, accuracy, ")


def test_a_file_keeps_every_bit(tmp_path):
    history = history_of(4)
    for odd in ([5, 1.7e308, 5e-324, math.nan, math.nan, 1 / 3, 2.0], [6, 0.1 + 0.2, 1, -0.0, 0, 0, 1e300]):
        history.append(**dict(zip(COLUMNS, odd, strict=True)))
    history.write(tmp_path / "history.csv")
    again = History.read(tmp_path / "history.csv")
    assert repr(dict(again)) == repr(dict(history))


def test_the_file_is_a_plain_table(tmp_path):
    history_of(1).write(tmp_path / "history.csv")
    header, row = (tmp_path / "history.csv").read_text().splitlines()
    assert header == "epoch,loss,accuracy,validation_loss,validation_accuracy,learning_rate,seconds"
    assert row.split(",")[0] == "1.0"
    assert len(row.split(",")) == len(COLUMNS)


def test_a_row_needs_every_column():
    with pytest.raises(ValueError, match=r"^History: expected the columns epoch, loss, .*, got epoch, loss$"):
        History().append(epoch=1, loss=2)


HEADER = ",".join(COLUMNS)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["7,1,1,1,1,1,1"], "row 1 is of epoch 7"),
        (["1,1,1,1,1,1,1", "3,1,1,1,1,1,1"], "row 2 is of epoch 3"),
        (["nan,1,1,1,1,1,1"], "row 1 is of epoch nan"),
        (["1,nan,1,1,1,1,1"], "epoch 1 has the loss nan"),
        (["1,inf,1,1,1,1,1"], "epoch 1 has the loss inf"),
        (["1,-1,1,1,1,1,1"], "epoch 1 has the loss -1"),
        (["1,1,1.1,1,1,1,1"], r"epoch 1 has the accuracy 1\.1"),
        (["1,1,1,nan,1,1,1"], "epoch 1 has the validation_loss nan"),
        (["1,1,1,1,2,1,1"], "epoch 1 has the validation_accuracy 2"),
        (["1,1,1,1,1,-1,1"], "epoch 1 has the learning_rate -1"),
        (["1,1,1,1,1,1,nan"], "epoch 1 has the seconds nan"),
    ],
)
def test_impossible_values_are_refused(tmp_path, rows, message):
    path = tmp_path / "history.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    with pytest.raises(ValueError, match=rf"history\.csv: expected .* per epoch, but {message}$"):
        History.read(path)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}\n1,2,3\n",
        f"{HEADER}\n1,2,3,4,5,6,7,8\n",
        f"{HEADER}\n1,2,3,4,5,6,fast\n",
        f"{HEADER},more\n1,2,3,4,5,6,7,8\n",
        "epoch,loss\n1,2\n",
        f"{HEADER}\n1,2,3,4,5,6,\x00\n",
        f'{HEADER}\n1,2,3,4,5,6,"7\n',
        "\ufffe",
    ],
)
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "history.csv"
    path.write_bytes(text.encode("utf-16-be" if text == "\ufffe" else "utf-8"))
    message = r"history\.csv: expected a history with one row of numbers per epoch, but \S"
    if text == "\ufffe":
        message = r"history\.csv: expected a history"
    with pytest.raises(ValueError, match=message) as caught:
        History.read(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"history\.csv: there is no such file$"):
        History.read(tmp_path / "history.csv")
