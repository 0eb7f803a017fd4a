"""The six model families: parameters, training, scoring, files and contributions."""
