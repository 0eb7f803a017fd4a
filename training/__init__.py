"""From seven raw tables to a registered and monitored credit-scoring model. See README.md; `python -m training --help`."""
