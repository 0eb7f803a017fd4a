"""A seeded generator of the seven raw tables. Everything is synthetic; one file per table says how its columns are drawn."""
