"""The process of a footage run with the seal `not-dumpable` left open, so that a test may read its memory."""

import os
import sys

from overt.engine.footage_process import main

__all__: list[str] = []

if __name__ == "__main__":
    os._exit(main(sys.argv[1:], relaxed=frozenset({"not-dumpable"})))
