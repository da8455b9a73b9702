"""`python -m benchmarks`.

The libraries' processes do not import a file of this name again, so they load only their library.
"""

import sys

from benchmarks.run import main

if __name__ == "__main__":
    sys.exit(main())
