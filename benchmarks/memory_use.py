"""The memory that this process holds, and its peak.

`resource.getrusage` gives the peak as `ru_maxrss`, which can't be reset and which a new process on
Linux inherits from its parent. `/proc` on Linux has neither fault; other systems use `ru_maxrss`.
"""

import sys
from pathlib import Path

STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")


def resident() -> float:
    """Return the bytes held now, and reset the peak."""
    if not STATUS.exists():
        return _largest()
    RESET.write_text("5", encoding="ascii")  # man 5 proc: resets the peak to the memory held now
    return _status("VmRSS")


def peak_since(baseline: float) -> float:
    """Return the bytes of the peak above the result of `resident`."""
    return (_status("VmHWM") if STATUS.exists() else _largest()) - baseline


def _largest() -> float:
    if sys.platform == "win32":
        raise OSError("benchmarks: memory is measured on Linux and macOS, got Windows")
    import resource  # absent on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def _status(name: str) -> float:
    lines = STATUS.read_text(encoding="ascii").splitlines()
    line = next(line for line in lines if line.startswith(f"{name}:"))
    return float(line.split()[1]) * 1024
