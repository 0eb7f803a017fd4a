"""Tests of the training side: `python -m pytest training/tests`."""

import os

# The bits of a model depend on the number of threads: as many here as in the runs that the tests start. Set before any library reads it.
os.environ["OMP_NUM_THREADS"] = "1"
