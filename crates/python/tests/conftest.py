"""Two tables, of which the second has drifted."""

import random

import pandas as pd
import pytest


def rows(mean: float, levels: str, seed: int) -> pd.DataFrame:
    draw = random.Random(seed)
    return pd.DataFrame(
        {
            "amount": [draw.gauss(mean, 1.0) for _ in range(2_000)],
            "region": [draw.choice(levels) for _ in range(2_000)],
            "bad": [int(draw.random() < 0.2) for _ in range(2_000)],
        }
    )


@pytest.fixture
def reference() -> pd.DataFrame:
    return rows(0.0, "abc", 1)


@pytest.fixture
def current() -> pd.DataFrame:
    return rows(1.0, "abc", 2)
