"""`python -m npdeconv`: the command line."""

import sys

from npdeconv.cli import main

if __name__ == "__main__":
    sys.exit(main())
