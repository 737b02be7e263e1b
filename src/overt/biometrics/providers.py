"""Where inference runs: the providers of ONNX Runtime that Overt knows, and which of them this machine has."""

from __future__ import annotations

from typing import Literal

import onnxruntime

from overt.errors import ProviderError

__all__ = ["Precision", "Provider", "available_providers", "require_provider"]

Provider = Literal["cpu", "cuda", "openvino"]

Precision = Literal["float32", "bfloat16"]
"""The arithmetic inside the network. `bfloat16` is OpenVINO's alone, and meant for detection: a template made with it
would differ from one made without."""

EXECUTION_PROVIDERS: dict[Provider, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}

_REMEDIES: dict[Provider, str] = {
    "cpu": "Install onnxruntime again: every build of it has the CPU provider",
    "cuda": "Install onnxruntime-gpu in place of onnxruntime with the CUDA and cuDNN it names, or ask for `cpu`",
    "openvino": "Install onnxruntime-openvino in place of onnxruntime, or ask for `cpu`",
}


def available_providers() -> dict[Provider, str]:
    """The providers that the installed ONNX Runtime was built with, each with ONNX Runtime's own name for it.

    A provider listed here can still fail to start, for want of a driver; opening a session tells, and raises
    `ProviderError`.
    """
    built = set(onnxruntime.get_available_providers())
    return {ours: theirs for ours, theirs in EXECUTION_PROVIDERS.items() if theirs in built}


def require_provider(provider: Provider) -> str:
    """ONNX Runtime's name of a provider.

    Raises:
        ProviderError: the provider is unknown, or the installed ONNX Runtime does not have it.
    """
    if provider not in EXECUTION_PROVIDERS:
        raise ProviderError(
            f"There is no inference provider called {provider!r}",
            f"Ask for one of {', '.join(EXECUTION_PROVIDERS)}",
        )
    if provider not in available_providers():
        raise ProviderError(
            f"The inference provider `{provider}` was asked for, and the installed ONNX Runtime"
            f" {onnxruntime.__version__} does not have it",
            _REMEDIES[provider],
        )
    return EXECUTION_PROVIDERS[provider]
