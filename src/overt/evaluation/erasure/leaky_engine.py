"""The test build with erasure switched off, by which the proof proves itself: it must find what this one leaves.

It is the engine's own program with another first line. Nothing that the engine is told, by message, by argument or by
environment, can do the same.
"""

import sys

from overt.engine.process import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], overwrites=False, relaxed=frozenset({"not-dumpable"})))
