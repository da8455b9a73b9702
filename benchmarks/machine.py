"""The machine of a run: processor, versions, BLAS and its threads."""

import importlib.metadata
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

PACKAGES = (
    "npdeconv", "numpy", "scipy", "numba", "llvmlite", "threadpoolctl",
    "torch", "captum", "tensorflow", "keras",
)  # fmt: skip
VARIABLES = (
    "OPENBLAS_", "OMP_", "GOMP_", "MKL_", "BLIS_", "NUMBA_", "TF_ENABLE_", "TF_XLA_", "ONEDNN_", "XLA_",
)  # fmt: skip
"""Prefixes of environment variables that change the speed of libraries."""


def processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor_model() -> str:
    """Return the processor's name and its widest vectors, as the system reports them."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return platform.processor() or platform.machine()
    lines = (line.partition(":") for line in cpuinfo.read_text(encoding="utf-8").splitlines())
    fields = {name.strip(): value.strip() for name, _, value in lines}
    flags = fields.get("flags", "").split()
    vectors = [name for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags]
    family = f"family {fields['cpu family']}, model {fields['model']}" if "cpu family" in fields else ""
    return ", ".join(filter(None, [fields.get("model name", platform.machine()), family, *vectors[:1]]))


def describe() -> dict[str, Any]:
    """Return all facts that a reader of the numbers needs, but no name of the machine."""
    return {
        "processor": processor_model(),
        "processors": processors(),
        "memory_gb": _memory(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "versions": {name: version for name in PACKAGES if (version := _version(name))},
        "environment": {
            name: value
            for name, value in sorted(os.environ.items())
            if name.startswith(VARIABLES) and not name.endswith("_DIR")  # folders do not change the speed
        },
    }


def libraries() -> list[Mapping[str, Any]]:
    """Return the thread pools of the BLAS and OpenMP libraries loaded by this process."""
    wanted = ("internal_api", "version", "architecture", "num_threads", "threading_layer")
    return [{name: info.get(name) for name in wanted} for info in threadpool_info()]


def sentence(machine: Mapping[str, Any]) -> str:
    """Describe the machine in one line."""
    versions = machine["versions"]
    names = {
        "numpy": "NumPy",
        "numba": "Numba",
        "torch": "PyTorch",
        "tensorflow": "TensorFlow",
        "captum": "Captum",
    }
    shown = [f"{name} {versions[key]}" for key, name in names.items() if key in versions]
    return (
        f"{machine['processor']}, {machine['processors']} cores, {machine['memory_gb']} GB; "
        f"Python {machine['python']}, {', '.join(shown)}"
    )


def _memory() -> int:
    if sys.platform == "win32":
        raise OSError("benchmarks: memory is measured on Linux and macOS, got Windows")
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
