"""How much memory this process holds, and the most that it ever held.

`resource.getrusage` gives the peak as `ru_maxrss`, but a new process inherits that of its parent
on Linux, and it can't be reset; `/proc` has the same number without either fault. Elsewhere,
`ru_maxrss` has to do.
"""

import sys
from pathlib import Path

STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")


def resident() -> float:
    """Return the bytes held now, and begin to look for a new peak."""
    if not STATUS.exists():
        return _largest()
    RESET.write_text("5", encoding="ascii")  # man 5 proc: the peak falls to what is held now
    return _status("VmRSS")


def peak_since(baseline: float) -> float:
    """Return how far the peak lies above what `resident` returned, in bytes."""
    return (_status("VmHWM") if STATUS.exists() else _largest()) - baseline


def _largest() -> float:
    if sys.platform == "win32":
        raise OSError("benchmarks: memory is measured on Linux and macOS, got Windows")
    import resource  # where there is one

    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def _status(name: str) -> float:
    lines = STATUS.read_text(encoding="ascii").splitlines()
    line = next(line for line in lines if line.startswith(f"{name}:"))
    return float(line.split()[1]) * 1024
