"""Tests of the training side: `python -m pytest training/tests`."""
