"""The parameters that each family knows, and the space in which each is searched. An unknown parameter is an error: LightGBM and
XGBoost would ignore it silently, so that a search would try the same model again and again.
"""

from __future__ import annotations

FAMILIES = ("catboost", "lightgbm", "xgboost", "logistic", "forest", "mlp")

KNOWN = {
    "catboost": "iterations learning_rate depth l2_leaf_reg subsample rsm min_data_in_leaf random_strength border_count "
    "bootstrap_type max_ctr_complexity one_hot_max_size",
    "lightgbm": "n_estimators learning_rate num_leaves max_depth min_child_samples subsample subsample_freq colsample_bytree "
    "reg_alpha reg_lambda min_split_gain max_bin cat_smooth cat_l2 max_cat_to_onehot min_data_per_group path_smooth",
    "xgboost": "n_estimators learning_rate max_depth max_leaves min_child_weight subsample colsample_bytree colsample_bylevel "
    "reg_alpha reg_lambda gamma max_bin max_cat_to_onehot grow_policy",
    "logistic": "C max_iter tol",
    "forest": "n_estimators max_depth min_samples_leaf max_features min_samples_split max_samples",
    "mlp": "hidden_layer_sizes alpha learning_rate_init max_iter batch_size early_stopping n_iter_no_change activation",
}


def check(family: str, params: dict) -> None:
    """Raises for a family or a parameter that is not known."""
    if family not in KNOWN:
        raise ValueError(f"the family {family} is unknown; known: {', '.join(FAMILIES)}")
    known = KNOWN[family].split()
    if unknown := sorted(set(params) - set(known)):
        raise ValueError(f"{family}: the parameter {', '.join(unknown)} is unknown; known: {', '.join(known)}")


def _catboost(trial, trees):
    return {
        "iterations": trial.suggest_int("iterations", trees // 5, trees, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.15, log=True),
        "depth": trial.suggest_int("depth", 3, 7),
        "l2_leaf_reg": trial.suggest_float("l2_leaf_reg", 1.0, 20.0, log=True),
        "bootstrap_type": "Bernoulli",
        "subsample": trial.suggest_float("subsample", 0.6, 1.0),
        "rsm": trial.suggest_float("rsm", 0.4, 1.0),
    }


def _lightgbm(trial, trees):
    return {
        "n_estimators": trial.suggest_int("n_estimators", trees // 6, trees, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.12, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 5, 48, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 20, 300, log=True),
        "subsample": trial.suggest_float("subsample", 0.6, 1.0),
        "subsample_freq": 1,
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.1, 50.0, log=True),
    }


def _xgboost(trial, trees):
    return {
        "n_estimators": trial.suggest_int("n_estimators", trees // 6, trees, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.12, log=True),
        "max_depth": trial.suggest_int("max_depth", 2, 6),
        "min_child_weight": trial.suggest_float("min_child_weight", 1.0, 100.0, log=True),
        "subsample": trial.suggest_float("subsample", 0.6, 1.0),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.1, 50.0, log=True),
    }


def _logistic(trial, trees):
    return {"C": trial.suggest_float("C", 1e-4, 1.0, log=True), "max_iter": 500}


def _forest(trial, trees):
    return {
        "n_estimators": trial.suggest_int("n_estimators", trees // 4, trees // 2, log=True),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 10, 200, log=True),
        "max_features": trial.suggest_float("max_features", 0.05, 0.5, log=True),
    }


def _mlp(trial, trees):
    return {
        "hidden_layer_sizes": [trial.suggest_int("width", 8, 96, log=True)] * trial.suggest_int("layers", 1, 2),
        "alpha": trial.suggest_float("alpha", 1e-4, 10.0, log=True),
        "learning_rate_init": trial.suggest_float("learning_rate_init", 3e-4, 1e-2, log=True),
        "max_iter": 60,
    }


SPACES = {
    "catboost": _catboost,
    "lightgbm": _lightgbm,
    "xgboost": _xgboost,
    "logistic": _logistic,
    "forest": _forest,
    "mlp": _mlp,
}


def suggest(family: str, trial, trees: int = 600) -> dict:
    """The parameters of one trial, from the family's own space, with at most `trees` trees."""
    if family not in SPACES:
        raise ValueError(f"the family {family} is unknown; known: {', '.join(FAMILIES)}")
    params = SPACES[family](trial, trees)
    check(family, params)
    return params
