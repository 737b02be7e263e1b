"""Overt: live facial recognition that answers for itself."""

import os

__all__ = ["__version__"]

__version__ = "0.1.0"

# ONNX Runtime from 1.29 on reports its use to its makers unless told not to before it is first imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
