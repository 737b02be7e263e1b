"""What this machine has, as findings: each with a verdict and, where something is missing, the remedy."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import resource
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from overt.errors import OvertError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from overt.biometrics import Provider

__all__ = ["Finding", "examine"]

Verdict = Literal["ok", "optional", "warning", "missing"]

CPU_FLAGS: Final = {
    "x86_64": ("sse4_2", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16"),
    "aarch64": ("asimd", "asimddp", "bf16", "i8mm", "sve"),
}
CODECS: Final = ("h264", "hevc", "mjpeg", "vp9", "av1")
REQUIRED_CODECS: Final = ("h264", "mjpeg")
INPUTS: Final = {"rtsp": "cameras over RTSP", "v4l2": "cameras on USB", "mpjpeg": "MJPEG over HTTP"}
LEAST_MEMORY_MIB: Final = 1500
"""Memory that one engine with one feed has been seen to fit into with room to spare."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: what it belongs to, such as `seals`.
        name: what was looked at.
        verdict: `ok`; `optional`, absent and not needed; `warning`, something is weaker for it; `missing`, required.
        detail: what was found.
        remedy: what to do about it; empty where nothing need be done.
    """

    topic: str
    name: str
    verdict: Verdict
    detail: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Everything about this machine that decides whether and how well Overt runs."""
    topics: tuple[Callable[[], Iterator[Finding]], ...] = (
        _system,
        _inference,
        _video,
        _seals,
        _packs,
        _gpu,
        _extras,
    )
    return [finding for topic in topics for finding in topic()]


def _system() -> Iterator[Finding]:
    linux = sys.platform == "linux"
    libc = " ".join(platform.libc_ver()).strip()
    yield Finding(
        "system",
        "platform",
        "ok" if linux else "missing",
        f"{platform.system()} {platform.release()}, {platform.machine()}{f', {libc}' if libc else ''}",
        "" if linux else "Run Overt on Linux: the seals are Linux's",
    )
    yield Finding("system", "Python", "ok", platform.python_version())
    cores = len(os.sched_getaffinity(0))
    info = _read("/proc/cpuinfo")
    model = re.search(r"^model name\s*:\s*(.+)$", info, re.MULTILINE)
    have = set((re.search(r"^(?:flags|Features)\s*:\s*(.+)$", info, re.MULTILINE) or [""])[0].split())
    flags = [flag for flag in CPU_FLAGS.get(platform.machine(), ()) if flag in have]
    yield Finding(
        "system",
        "processor",
        "ok" if cores > 1 else "warning",
        f"{model[1].strip() if model else platform.machine()}, {cores} cores for this process"
        f"{'; ' + ' '.join(flags) if flags else ''}",
        "" if cores > 1 else "Give the machine two cores: on one, decoding and inference wait for each other",
    )
    memory = dict(re.findall(r"^(\w+):\s+(\d+) kB", _read("/proc/meminfo"), re.MULTILINE))
    total, free = (int(memory.get(key, 0)) // 1024 for key in ("MemTotal", "MemAvailable"))
    enough = free >= LEAST_MEMORY_MIB
    yield Finding(
        "system",
        "memory",
        "ok" if enough else "warning",
        f"{total:,} MiB, {free:,} MiB available",
        "" if enough else "Close other programs: an engine that is short of memory skips frames or ends",
    )
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    unlimited = soft == resource.RLIM_INFINITY
    yield Finding(
        "system", "lockable memory", "ok", "unlimited" if unlimited else f"{soft // 1024:,} KiB for a process"
    )


def _inference() -> Iterator[Finding]:
    import onnxruntime

    from overt.biometrics import available_providers
    from overt.engine.launch import engine_environment

    quiet = (
        os.environ.get("ORT_DISABLE_TELEMETRY") == "1" == engine_environment().get("ORT_DISABLE_TELEMETRY")
    )
    yield Finding(
        "inference",
        "ONNX Runtime",
        "ok" if quiet else "warning",
        f"{onnxruntime.__version__}; its telemetry is {'off' if quiet else 'on: it reports to its makers'}",
        "" if quiet else "Set ORT_DISABLE_TELEMETRY=1 in the environment",
    )
    available = available_providers()
    remedies: dict[Provider, str] = {
        "cpu": "Install onnxruntime again",
        "cuda": "With an NVIDIA GPU: install onnxruntime-gpu in place of onnxruntime",
        "openvino": "On an Intel processor or GPU: install onnxruntime-openvino in place of onnxruntime",
    }
    for name, remedy in remedies.items():
        if name not in available:
            absent: Verdict = "missing" if name == "cpu" else "optional"
            yield Finding("inference", name, absent, "not in the installed ONNX Runtime", remedy)
            continue
        problem = _session_problem(available[name])
        yield Finding(
            "inference",
            name,
            "warning" if problem else "ok",
            problem or f"{available[name]} opens a session",
            "Check the driver and the libraries that this ONNX Runtime names" if problem else "",
        )


def _session_problem(execution_provider: str) -> str:
    """Why a session with a provider cannot be opened; empty where it can."""
    import onnx
    import onnxruntime as ort

    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Relu", ["x"], ["y"])],
        "probe",
        [value("x", onnx.TensorProto.FLOAT, [1])],
        [value("y", onnx.TensorProto.FLOAT, [1])],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    options = ort.SessionOptions()
    options.log_severity_level = 4
    try:
        session = ort.InferenceSession(model.SerializeToString(), options, providers=[execution_provider])
    except (RuntimeError, ValueError) as error:
        return f"cannot open a session: {error}"
    if execution_provider not in session.get_providers():
        return "is in this ONNX Runtime, but a session falls back to another provider"
    return ""


def _video() -> Iterator[Finding]:
    import av
    from av.codec.hwaccel import hwdevices_available
    from av.format import ContainerFormat

    yield Finding("video", "FFmpeg", "ok", f"{av.ffmpeg_version_info} in PyAV {av.__version__}")
    reinstall = "Reinstall PyAV from its wheel: pip install --force-reinstall av"
    lacking = [name for name in CODECS if not _has(partial(av.codec.Codec, name, "r"))]
    required = [name for name in lacking if name in REQUIRED_CODECS]
    yield Finding(
        "video",
        "decoders",
        "missing" if required else "warning" if lacking else "ok",
        f"not there: {', '.join(lacking)}" if lacking else ", ".join(CODECS),
        reinstall if lacking else "",
    )
    for name, what in INPUTS.items():
        there = _has(partial(ContainerFormat, name, "r"))
        yield Finding(
            "video",
            what,
            "ok" if there else "warning",
            name if there else "not there",
            "" if there else reinstall,
        )
    cameras = sorted(str(path) for path in Path("/dev").glob("video[0-9]*"))
    yield Finding(
        "video",
        "cameras of this machine",
        "ok" if cameras else "optional",
        ", ".join(cameras) if cameras else "none",
        "" if cameras else "Plug one in, or let this user into the group `video`, to use --camera",
    )
    kinds = [kind for kind in hwdevices_available() if kind in {"cuda", "vaapi", "qsv", "drm"}]
    yield Finding(
        "video",
        "hardware decoding in FFmpeg",
        "ok" if kinds else "optional",
        f"built with {', '.join(kinds)}" if kinds else "none",
    )


def _has(find: Callable[[], object]) -> bool:
    try:
        find()
    except ValueError:
        return False
    return True


_SEAL_REMEDIES: Final = {
    "memory-locked": "Raise the limit of locked memory for this user (`ulimit -l unlimited`), or turn swap off",
    "no-filesystem-writes": "Use a kernel of 5.13 or newer with Landlock enabled (`lsm=landlock,…`)",
    "freed-memory-overwritten": "Run on a system with the GNU C library, whose allocator can do it",
}


def _seals() -> Iterator[Finding]:
    from overt.cli._seal_probe import probe_seals

    try:
        states = probe_seals()
    except OvertError as error:
        yield Finding("seals", "all", "missing", error.what, error.remedy)
        return
    for name, state in states.items():
        remedy = (
            "" if state.held else _SEAL_REMEDIES.get(name, "See the seal's description in the documentation")
        )
        yield Finding("seals", name, "ok" if state.held else "warning", state.detail, remedy)


def _packs() -> Iterator[Finding]:
    from overt.biometrics import packs

    statuses = packs.available()
    usable = [
        status
        for status in statuses
        if status.state == "ready" and (status.operational_use or status.demonstration)
    ]
    for status in statuses:
        if status.state == "ready":
            licence = packs.load(status.name).manifest.licence
            use = "to demonstrate alone" if status.demonstration else "evaluation alone"
            use = "live use allowed" if status.operational_use else use
            detail = f"{status.version}, every file verified; weights {licence.weights}; {use}"
            yield Finding("packs", status.name, "ok", detail)
        elif status.state == "refused":
            remedy = f"Run `overt models pull {status.name}`" if status.built_in else "Add the pack again"
            yield Finding("packs", status.name, "warning", status.problem, remedy)
        else:
            needed: Verdict = "missing" if status.name == "embedded" and not usable else "optional"
            yield Finding(
                "packs", status.name, needed, "not on this machine", f"Run `overt models pull {status.name}`"
            )


def _gpu() -> Iterator[Finding]:
    driver = _read("/proc/driver/nvidia/version").partition("\n")[0]
    cards = sorted(str(path) for path in Path("/proc/driver/nvidia/gpus").glob("*"))
    names = [re.search(r"Model:\s*(.+)", _read(f"{card}/information")) for card in cards]
    found = [name[1].strip() for name in names if name]
    detail = f"{', '.join(found) or 'NVIDIA'}; {driver}" if driver else ""
    render = sorted(path.name for path in Path("/dev/dri").glob("renderD*"))
    if not detail and render:
        detail = f"graphics device {', '.join(render)}"
    yield Finding(
        "gpu", "GPU", "ok" if detail else "optional", detail or "none; the processor does all the work"
    )


def _extras() -> Iterator[Finding]:
    absent = [name for name in ("skimage", "matplotlib") if importlib.util.find_spec(name) is None]
    yield Finding(
        "demo",
        "pictures of the demo",
        "optional" if absent else "ok",
        f"not installed: {', '.join(absent)}" if absent else "scikit-image and Matplotlib are installed",
        "Install them with: pip install 'overt[demo]'" if absent else "",
    )


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", errors="replace")
    except OSError:
        return ""
