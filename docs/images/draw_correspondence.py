"""Draw the figure of docs/correspondence.md: python docs/images/draw_correspondence.py, with the data."""

from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from npdeconv.cli import main

HERE = Path(__file__).parent
ASKED = "correspondence deck_model3 --weights deck/model3/weights.h5 --data strokes --dpi 85 --out"

with TemporaryDirectory() as folder:
    main([*ASKED.split(), folder])
    (drawn,) = Path(folder).glob("*.png")
    Image.open(drawn).convert("RGB").quantize(64).save(HERE / "correspondence.png", optimize=True)
