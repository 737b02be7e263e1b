"""`python -m overt.engine`: started by `overt.engine.client`, never by hand."""

import os
import sys

from overt.engine.process import main

__all__: list[str] = []

if __name__ == "__main__":
    # Everything has been overwritten and said; nothing is left to a library that takes its time to end.
    os._exit(main(sys.argv[1:]))
