"""What torchvision calls the layers of its networks, in all of its files of weights."""

from npdeconv.weights.modules import Names

_VGG16 = {1: (0, 2), 2: (5, 7), 3: (10, 12, 14), 4: (17, 19, 21), 5: (24, 26, 28)}
_FIRES = {2: 3, 3: 4, 4: 5, 5: 7, 6: 8, 7: 9, 8: 10, 9: 12}


def _fire_module(ours: int, theirs: int) -> dict[str, str | tuple[str, ...]]:
    module = f"features.{theirs}"
    return {
        f"fire{ours}_squeeze": f"{module}.squeeze",
        f"fire{ours}_expand": (f"{module}.expand1x1", f"{module}.expand3x3"),
    }


def _squeezenet() -> Names:
    names: dict[str, str | tuple[str, ...]] = {"conv1": "features.0"}
    for ours, theirs in _FIRES.items():
        names |= _fire_module(ours, theirs)
    return names | {"conv10": "classifier.1"}


TORCHVISION: dict[str, Names] = {"squeezenet": _squeezenet()}
"""For `load_torch` and `load_safetensors`: the modules of each layer, by the name of our network."""
