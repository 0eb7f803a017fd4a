"""The libraries of a run, for the process that the tests' runs are forked from: loading them takes longer than a small step."""

import matplotlib.pyplot
import mlflow.catboost
import mlflow.sklearn
import optuna
import pytest
import shap
import skl2onnx

from training import pipeline

LIBRARIES = (matplotlib.pyplot, mlflow, optuna, pytest, shap, skl2onnx, pipeline)
