"""ResNet-18 and GoogLeNet with random weights beside PyTorch and ONNX Runtime, two threads each.

`python -m benchmarks.peers_branching export DIR` in npdeconv's environment writes ONNX files and runs nothing
else; `... ours NAME BATCH` there, and `... torch|onnx NAME BATCH DIR` in the peers', time one pass each
time a line comes in, so that a parent can take turns. At the end each prints its peak memory in MB.
`python -m benchmarks.peers_branching race PEERS_PYTHON DIR` is that parent, and prints the table.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import memory_use
from benchmarks.contest import PAUSE

NAMES, TURNS = ("resnet18", "googlenet"), {1: 21, 32: 5}


def runner(kind: str, name: str, batch: int, folder: str) -> Callable[[], Any]:
    """Return a function that passes a batch."""
    import numpy as np

    x = np.random.default_rng(0).random((batch, 224, 224, 3), np.float32)
    if kind == "ours":
        from npdeconv import models
        from npdeconv.inference import predict

        network = models.build(name, rng=np.random.default_rng(0))
        return lambda: predict(network, x, workers=2)
    x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    if kind == "onnx":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        session = onnxruntime.InferenceSession(str(Path(folder) / f"{name}.onnx"), options)
        key = session.get_inputs()[0].name
        return lambda: session.run(None, {key: x})
    import types

    import torch

    stub = "torchvision._meta_registrations"  # fails to load where only torchvision's Python parts do
    sys.modules[stub] = types.ModuleType(stub)
    import torchvision

    torch.set_num_threads(2)
    more = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    network = getattr(torchvision.models, name)(weights=None, **more).eval()
    given = torch.from_numpy(x)

    def run() -> Any:
        with torch.inference_mode():
            return network(given)

    return run


def serve(kind: str, name: str, batch: str, folder: str = "") -> None:
    """Time one pass per line of the standard input."""
    run = runner(kind, name, int(batch), folder)
    run()
    for _ in sys.stdin:
        start = time.perf_counter()
        run()
        print(time.perf_counter() - start, flush=True)
    print(memory_use.peak_since(0) / 2**20, flush=True)


def export(folder: str) -> None:
    """Write both networks as ONNX files."""
    import numpy as np

    from npdeconv import models, weights

    for name in NAMES:
        weights.save_onnx(models.build(name, rng=np.random.default_rng(0)), Path(folder) / f"{name}.onnx")


def race(peers: str, folder: str) -> None:
    """Let the three take turns, and print medians and peaks."""
    pythons = {"ours": sys.executable, "torch": peers, "onnx": peers}
    for name in NAMES:
        for batch, turns in TURNS.items():
            children = {
                kind: subprocess.Popen(
                    [python, "-m", "benchmarks.peers_branching", kind, name, str(batch), folder],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                for kind, python in pythons.items()
            }
            times: dict[str, list[float]] = {kind: [] for kind in children}
            for _ in range(turns):
                for kind, child in children.items():
                    time.sleep(PAUSE)
                    assert child.stdin
                    assert child.stdout
                    child.stdin.write("\n")
                    child.stdin.flush()
                    times[kind].append(float(child.stdout.readline()))
            said = []
            for kind, child in children.items():
                peak = float(child.communicate()[0])
                said.append(f"{kind} {statistics.median(times[kind]) * 1000:.0f} ms {peak:.0f} MB")
            print(f"{name} x{batch}: {'; '.join(said)}", flush=True)


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command in ("export", "race"):
        globals()[command](*arguments)
    else:
        serve(command, *arguments)
