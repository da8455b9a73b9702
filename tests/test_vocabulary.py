"""One meaning per word: the table of `docs/vocabulary.md`, over everything public."""

import inspect
import re
from pathlib import Path

import pytest

from npdeconv._types import Array
from npdeconv.experiments import Interval
from tests.vocabulary import Word, name_of, public_classes, public_functions, public_modules, spelled, words

MODULES = public_modules()
PAGE = Path(__file__).parents[1] / "docs" / "vocabulary.md"

SEVERAL = r"(Sequence\[int\]|Array|Sequence\[int\] \| Array)( \| None)?"
KINDS = {  # of an argument or a field of each name, as its annotation is spelled
    "network": "Sequential|Layer",
    "images": r"Array( \| None)?",
    "image": "Array",
    "image_index": r"int( \| None)?",
    "image_indices": SEVERAL,
    "image_count": "int",
    "pixels": r"Array( \| None)?",
    "layer": r"str( \| None)?",
    "layers": r"Sequence\[str\]( \| None)?|tuple\[str, \.\.\.\]",
    "feature_map": r"int( \| Sequence\[int\] \| Array)?( \| None)?",
    "feature_maps": SEVERAL,
    "maps": "Array",
    "position": "Array",
    "positions": r"Array( \| None)?",
    "corner": r"Pair( \| None)?",
    "corners": "Array",
    "box": r"Box|Array|Sequence\[int\] \| Array",
    "boxes": r"Array|Iterable\[Box\]",
    "label": r"int( \| str)?|str \| int",
    "labels": r"(Array|Sequence\[(str \| int|int \| str)\](?: \| Array)?)( \| None)?",
    "classes": r"(Sequence|tuple)\[str(, \.\.\.)?\]( \| None)?",
    "class_count": r"int( \| None)?",
    "k": "int",
    "rng": r"Generator( \| None)?",
    "seed": "int",
    "seeds": r"Sequence\[int\]|Array",
    "progress": "bool",
    "say": r"Callable\[.*\]( \| None)?",
    "learning_rate": "float",
    "weight_decay": "float",
    "workers": r"int \| Executor \| None|Callable\[.*\]|Workers \| OrderedMap",
}
NEVER = {  # what none of them is called, wherever that would be another word for it
    "network": {"net"},
    "images": {"imgs", "image_batch"},
    "image": {"img"},
    "image_index": {"idx", "image_number", "image_id", "fixed"},
    "image_indices": {"indices", "image_numbers", "image_positions"},
    "image_count": {"n_images", "num_images"},
    "feature_map": {"map", "map_number", "map_index", "filter_index"},
    "feature_maps": {"map_numbers", "numbers"},
    "position": {"pos", "location", "coordinates"},
    "corner": {"at", "top_left", "origin"},
    "label": {"class_index", "word"},
    "labels": {"targets", "class_numbers", "class_indices"},
    "classes": {"class_names", "names"},
    "class_count": {"n_classes", "num_classes"},
    "k": {"top", "topk", "top_k", "how_many", "n", "number", "count"},
    "rng": {"generator", "random_state", "randomness"},
    "seed": {"random_seed"},
    "progress": {"verbose", "quiet", "progress_bar"},
    "say": {"tell", "report_to", "on_progress"},
    "learning_rate": {"lr"},
    "weight_decay": {"l2", "penalty"},
    "workers": {"n_jobs", "threads", "num_workers"},
}
SEEDED = {
    "data.strokes.load_strokes",
    "data.strokes.write_digits",
    "data.stroke_parts.load_stroke_parts",
    "data.planted.plant",
    "training.run.Reached",
}
"""Where a data set is by definition identified by a seed, and a run's record; beside these, `experiments`."""

OTHERWISE = {  # where a word means something else, and why nobody will take it for the usual thing
    "layers.normalization.LocalResponseNorm": {"k"},  # the letter of the published formula
    "data.strokes.load_strokes": {"n"},
    "data.strokes.write_digits": {"n"},
    "data.stroke_parts.load_stroke_parts": {"n"},
    "fast.equal_patches.copy_to_equals": {"top"},  # rows of a map
    "anatomy.maps.descent_start": {"feature_maps"},  # one for all images, or one for each
    "parallel.slices": {"count"},  # of anything: nothing is ranked in these
    "fast.crops.Crops.of_one_size": {"count"},
    "data.batches.batch_indices": {"count"},
    "data.dataset.Dataset.split_per_class": {"count"},
    "plot.embedding.class_colors": {"count"},
    "training.loop.Step": {"count"},
    "training.run.Totals": {"count"},
    "visualize.rules.RuleComparison": {"names"},  # of rules
    "visualize.textures.TextureComparison": {"names"},  # of ways down
    "plot.maps_and_filters.filters_beside": {"names"},  # of networks
    "data.classes.class_indices": {"names"},  # that may or may not be those of classes
    "data.classes.list_names": {"names"},
    "layers.sequential.Sequential": {"layers"},  # the layers themselves, by name
    "layers.further.graph.Graph": {"layers"},
    "layers.sequential.one_above": {"names"},  # of layers
    "models.stack.Stack.put": {"layers"},
    "weights.layer_list.build_network": {"layers"},  # a file's list of them, not yet trusted
    "report.contents.Report": {"layers"},  # what the page shows of each
    "inference.as_class": {"label"},  # what somebody gave, to be checked
    "visualize.occluder.check_image": {"image"},
}
WHOLE_ROOMS = {  # rooms that see no data set, and have a meaning of their own
    "weights": {"names"},  # of arrays and layers in a file
    "kernels": {"numbers"},
    "fast": {"numbers", "number", "top", "images"},  # of tiles; counts, for what is compiled
}
CONSTRUCTED = {name_of(kind): kind for kind in public_classes(MODULES)}

FIRST = {"network": 0, "images": 1, "image": 1, "dataset": 1, "layer": 2, "layers": 2}
FIRST |= {"feature_map": 3, "feature_maps": 3}
FIXED_ORDER = {  # (network, dataset, optimizer, *, ...) is what everybody knows
    "training.fitting.fit",
    "training.loop.train",
    "training.settings.settings_of",
    "fast.cone.Cone",
}

ARRAYS = {  # what is one array by nature, and no result with parts
    "inference.predict",
    "experiments.sampling.ranks_within_class",
    "visualize.display.display",
    "visualize.embedding.embed_tsne",
    "visualize.explainers.blank_pixel",
    "visualize.faithfulness.max_sensitivity",
    "visualize.features.average_maps",
    "visualize.features.pixel_features",
    "visualize.layout.grid_cells",
    "visualize.maps_and_filters.first_filters",
    "visualize.mistakes.confusion",
    "visualize.object_boxes.box_coverage",
    "visualize.object_boxes.energy_inside",
    "visualize.object_boxes.object_boxes",
    "visualize.object_boxes.overlap",
    "visualize.occluder.occlude_box",
    "visualize.selection.living_maps",
    "visualize.selection.most_active",
    "visualize.transformed.transform_image",
    "visualize.transformed.usual_amounts",
}
PAIRS = {  # of a layer's contract and the like: what everybody takes apart at once
    "losses.softmax_cross_entropy": "loss and gradient",
    "losses.sigmoid_cross_entropy": "loss and gradient",
    "weights.batch_norm.fold_batch_norm": "weight and bias",
    "data.dataset.Dataset.split": "two data sets",
    "data.dataset.Dataset.split_groups": "two data sets",
    "experiments.plateau.Plateau.split": "two data sets",
    "data.dataset.Dataset.split_per_class": "two data sets",
    "experiments.sampling.Plan.needed": "a data set and draws from it",
    "training.loading.rebuild": "a network and what it was trained on",
    "report.sprites.as_bytes": "pixels and their scales",
    "weights.onnx.simplify.simplify": "a model and the name of its output",
    "layers.base.Layer.went_up": "shape and dtype",
    "layers.further.merge.MergingLayer.went_up": "shape and dtype",
    "visualize.ascent.look_at": "values and gradients",
}
ROOMS_OF_RESULTS = ("visualize", "experiments", "report", "gradcheck", "inference")


def complaint(word: Word) -> str | None:
    """Say what is wrong with an argument or a field, if anything is."""
    own_meaning = OTHERWISE.get(word.where, set()) | WHOLE_ROOMS.get(word.where.split(".")[0], set())
    if word.name in own_meaning:
        return None
    for right, wrong in NEVER.items():
        if word.name in wrong:
            return f"{word.where}: `{word.name}` is called `{right}`"
    kind = KINDS.get(word.name)
    if kind and word.kind and not re.fullmatch(kind, word.kind):
        return f"{word.where}: `{word.name}` is {word.kind}"
    if word.name in ("seed", "seeds") and not word.where.startswith("experiments."):
        is_meant = word.where in SEEDED or word.where.startswith("training.loop.")
        return None if is_meant else f"{word.where}: {word.name}"
    if word.name == "progress" and word.default is not False:
        return f"{word.where}: progress is False unless asked for"
    return None


def disorder(where: str, function: object) -> str | None:
    """Say if network, images, layer, feature_map do not come first, in this order, the rest by keyword."""
    parameters = [one for one in inspect.signature(function).parameters.values() if one.name != "self"]
    names = {one.name for one in parameters}
    if "network" not in names or not names & (FIRST.keys() - {"network"}) or where in FIXED_ORDER:
        return None
    by_place = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    ranks = [FIRST.get(name, 9) for name in by_place if name != "input_shape"]
    return None if ranks == sorted(ranks) and 9 not in ranks else f"{where}({', '.join(by_place)})"


def is_alone(word: Word) -> bool:
    """Tell whether this is a layer itself, in a function that is about no network."""
    return word.name == "layer" and word.kind in {"Layer", "Conv2D", "Dense"}


def test_every_word_has_one_meaning():
    found = [complaint(word) for word in words(MODULES) if not is_alone(word)]
    assert not [one for one in found if one]


def test_a_layer_beside_a_network_is_its_name():
    for where, function in public_functions(MODULES):
        parameters = inspect.signature(function).parameters
        if {"network", "layer"} <= parameters.keys():
            assert re.fullmatch(KINDS["layer"], spelled(parameters["layer"].annotation)), where


def test_network_images_layer_and_map_come_first_and_the_rest_by_keyword():
    assert not [one for one in (disorder(*each) for each in public_functions(MODULES)) if one]


def test_one_image_is_said_to_be_one():
    for where, function in public_functions(MODULES):
        if "image" in inspect.signature(function).parameters:
            said = inspect.getdoc(CONSTRUCTED.get(where, function))
            assert "(H, W, C)" in said, where


@pytest.mark.parametrize(
    ("name", "annotation", "default", "sentence"),
    [
        ("images", "int", ..., "planted: `images` is int"),
        ("classes", "Array", ..., "planted: `classes` is Array"),
        ("position", "int", ..., "planted: `position` is int"),
        ("top", "int", 5, "planted: `top` is called `k`"),
        ("random_state", "int", 0, "planted: `random_state` is called `rng`"),
        ("rng", "int", 0, "planted: `rng` is int"),
        ("seed", "int", 0, "planted: seed"),
        ("progress", "bool", True, "planted: progress is False unless asked for"),
        ("layers", "str", ..., "planted: `layers` is str"),
    ],
)
def test_a_planted_word_is_found(name, annotation, default, sentence):
    assert complaint(Word("planted", name, annotation, default)) == sentence


def test_a_planted_order_is_found():
    def swapped(network, layer, images):
        """Do nothing."""

    def crowded(network, images, layer, workers=None):
        """Do nothing."""

    def right(network, images, layer, feature_map, *, workers=None):
        """Do nothing."""

    assert disorder("swapped", swapped) == "swapped(network, layer, images)"
    assert disorder("crowded", crowded) == "crowded(network, images, layer, workers)"
    assert disorder("right", right) is None


def test_exceptions_are_still_there():
    """An exception that nothing needs any more would hide the next mistake."""
    there = {(word.where, word.name) for word in words(MODULES)}
    for where, names in OTHERWISE.items():
        assert {(where, name) for name in names} <= there
    functions = {where for where, _ in public_functions(MODULES)}
    assert functions >= FIXED_ORDER | ARRAYS | PAIRS.keys()


def test_the_page_lists_every_word_and_what_it_is_never_called():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line.split("|")[1:-1] for line in lines if line.startswith("| `")]
    listed = {name: row for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert listed.keys() == KINDS.keys()
    for word, wrong in NEVER.items():
        assert wrong <= set(re.findall(r"`(\w+)`", listed[word][2])), word


def is_plain_tuple(annotation: object) -> bool:
    """Tell whether several different things come back without names."""
    text = spelled(annotation)
    is_of_one_kind = re.fullmatch(r"(tuple\[int(, int)*\]|tuple\[\w+, \.\.\.\])( \| None)?", text)
    return text.startswith("tuple[") and not is_of_one_kind


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (tuple[Array, Array], True),
        (tuple[float, list[str]], True),
        (tuple[int, int], False),
        (tuple[str, ...], False),
        (Array, False),
        (Interval, False),
    ],
)
def test_a_planted_tuple_is_found(annotation, expected):
    assert is_plain_tuple(annotation) is expected


def test_what_has_parts_comes_back_as_a_named_tuple():
    for where, function in public_functions(MODULES):
        returned = inspect.signature(function).return_annotation
        room, name = where.split(".")[0], where.rpartition(".")[2]
        if name in ("forward", "backward") or where in PAIRS or room in ("fast", "kernels", "plain"):
            continue  # the layers' contract, and what only its neighbors call
        assert not is_plain_tuple(returned), where


def exported(*rooms: str) -> list[object]:
    """Return what some rooms, or all, name in `__all__`."""
    modules = [one for one in MODULES if not rooms or one.__name__.removeprefix("npdeconv.") in rooms]
    named = [getattr(one, name) for one in modules for name in getattr(one, "__all__", ())]
    return [inspect.unwrap(one) if callable(one) else one for one in named]


def test_an_analysis_returns_one_array_only_where_one_array_is_the_answer():
    public = exported("visualize", "experiments", "inference")
    for where, function in public_functions(MODULES):
        if function in public and spelled(inspect.signature(function).return_annotation) == "Array":
            assert where in ARRAYS, where


def results() -> list[type]:
    """The named tuples that anybody meets: all of the rooms that look and ask, elsewhere what is exported."""
    public = exported()
    named_tuples = [kind for kind in public_classes(MODULES) if hasattr(kind, "_fields")]
    rooms = {kind: kind.__module__.split(".")[1] for kind in named_tuples}
    return [kind for kind in named_tuples if rooms[kind] in ROOMS_OF_RESULTS or kind in public]


@pytest.mark.parametrize("kind", results(), ids=lambda kind: kind.__qualname__)
def test_a_result_says_what_its_fields_are_and_shows_itself_in_a_few_lines(kind):
    section = re.search(r"Attributes\n *-+\n(.*)", kind.__doc__, re.DOTALL)
    assert section, "no section Attributes"
    described = {
        name.strip(): said
        for names, said in re.findall(r"^ {4}([a-z_0-9, ]+) : (.*)$", section[1], re.MULTILINE)
        for name in names.split(",")
    }
    assert tuple(described) == kind._fields
    spellings = {name: spelled(annotation) for name, annotation in kind.__annotations__.items()}
    for name, annotation in spellings.items():
        if re.fullmatch(r"Array( \| None)?", annotation):
            assert re.search(r"\([^)]*\)", described[name]), f"{name} without a shape"
    scalar = r"(int|float|bool|str|Pair|tuple\[int, \.\.\.\])( \| None)?"
    is_plain = all(re.fullmatch(scalar, one) for one in spellings.values())
    assert is_plain or kind.__repr__.__module__ == "npdeconv._repr" or "__str__" in vars(kind)
