"""`python -m overt.engine`: started by `overt.engine.client`, never by hand."""

from __future__ import annotations

import sys

from overt.engine.launch import parse_arguments
from overt.engine.process import serve
from overt.engine.seal import apply_seals

__all__: list[str] = []

if __name__ == "__main__":
    arguments = parse_arguments(sys.argv[1:])
    sys.exit(serve(arguments.wire, apply_seals(wire=arguments.wire, parent=arguments.parent)))
