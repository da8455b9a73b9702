"""`python -m benchmarks`.

A file of this name is what the libraries' processes do not import again: they would load more
than their library.
"""

import sys

from benchmarks.run import main

if __name__ == "__main__":
    sys.exit(main())
