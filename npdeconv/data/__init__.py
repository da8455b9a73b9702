"""Images and their labels: loading, batches, preprocessing and random variations.

In reading order: `dataset` (the result of all loaders) and `classes` (their names), `idx` and `mnist`,
`cifar10`, `folder`, `rps`, `photos` and `part_boxes`, `pictures` (the pixels of an image file), `strokes`
(drawn, not loaded) and `stroke_parts`, `planted`, `files`, `system_files` and `archive` (places, ignored
files, downloads), `batches`, `preprocessing` (for pretrained networks), `augment` and `warping`.
"""

from npdeconv.data.augment import Augmentation, compose, crop, flip, shift
from npdeconv.data.batches import as_input, batch_indices
from npdeconv.data.cifar10 import load_cifar10
from npdeconv.data.classes import class_indices, class_number
from npdeconv.data.dataset import Dataset
from npdeconv.data.folder import load_folder
from npdeconv.data.mnist import load_mnist
from npdeconv.data.part_boxes import PartBoxes, load_part_boxes
from npdeconv.data.photos import Photo, load_photos
from npdeconv.data.planted import Planted, plant
from npdeconv.data.preprocessing import Preprocessing, fit_photo
from npdeconv.data.rps import load_rps
from npdeconv.data.stroke_parts import load_stroke_parts
from npdeconv.data.strokes import load_strokes
from npdeconv.data.warping import tint, warp

__all__ = [
    "Augmentation",
    "Dataset",
    "PartBoxes",
    "Photo",
    "Planted",
    "Preprocessing",
    "as_input",
    "batch_indices",
    "class_indices",
    "class_number",
    "compose",
    "crop",
    "fit_photo",
    "flip",
    "load_cifar10",
    "load_folder",
    "load_mnist",
    "load_part_boxes",
    "load_photos",
    "load_rps",
    "load_stroke_parts",
    "load_strokes",
    "plant",
    "shift",
    "tint",
    "warp",
]
