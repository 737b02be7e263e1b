"""`python -m overt.engine`: started by `overt.engine.client`, never by hand."""

import sys

from overt.engine.process import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
