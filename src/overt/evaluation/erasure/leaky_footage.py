"""The same with erasure switched off, by which a search of its memory proves itself: it must find something here."""

import os
import sys

from overt.engine.footage_process import main

__all__: list[str] = []

if __name__ == "__main__":
    os._exit(main(sys.argv[1:], overwrites=False, relaxed=frozenset({"not-dumpable"})))
