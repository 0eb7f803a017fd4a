"""`python -m vigie`: the binary."""

import os
import sys

from ._binary import VigieError, program

try:
    binary = program()
    os.execv(binary, [binary, *sys.argv[1:]])
except VigieError as error:
    sys.exit(f"vigie: {error}")
