"""Settings and the runner of steps: unknown settings, skipping, resuming after a failure, complete folders."""

from __future__ import annotations

import json

import pytest

from training import params, pipeline, steps
from training.steps import Step, run_step, sha256


def step(run, **more):
    return Step("work", run, **more)


def quiet(line):
    del line


@pytest.fixture
def settings():
    return params.load("tiny")


def test_scales_override_and_single_settings_win():
    assert params.load("large")["clients"] == 307_511 and params.load("small")["clients"] == 20_000
    assert params.load("tiny", {"search.trials": 1})["search.trials"] == 1
    assert params.load("tiny")["models.catboost"]["depth"] == 4 and params.load("tiny")["models.catboost"]["iterations"] == 60


@pytest.mark.parametrize("name", ["clints", "search.trails", "split.tset", "mlflow.model.x", "models"])
def test_an_unknown_setting_is_an_error(name):
    with pytest.raises(ValueError, match="unknown|does not fit"):
        params.load("tiny", {name: 1})
    if name != "models":
        with pytest.raises(KeyError, match="no setting"):
            params.load("tiny")[name]


def test_an_unknown_scale_is_an_error():
    with pytest.raises(ValueError, match="tiny, small, large"):
        params.load("huge")


def test_a_step_is_skipped_until_an_input_a_setting_or_the_seed_changes(tmp_path, settings):
    ran = []
    (tmp_path / "before").mkdir()
    (tmp_path / "before/in.txt").write_text("a")
    work = step(lambda c: (ran.append(1), (c.folder / "out.txt").write_text("x")), inputs=("before/*",), settings=("folds",))
    assert run_step(tmp_path, work, settings, quiet) and not run_step(tmp_path, work, settings, quiet)
    (tmp_path / "before/in.txt").write_text("b")
    assert run_step(tmp_path, work, settings, quiet) and not run_step(tmp_path, work, settings, quiet)
    assert run_step(tmp_path, work, params.load("tiny", {"folds": 4}), quiet)
    assert run_step(tmp_path, work, params.load("tiny", {"folds": 4, "seed": 1}), quiet)
    assert not run_step(tmp_path, work, params.load("tiny", {"folds": 4, "seed": 1, "beta": 2}), quiet)
    assert len(ran) == 4


def test_a_lost_output_is_made_again_but_a_sealed_one_is_not_missed(tmp_path, settings):
    def run(c):
        (c.folder / "open").write_text("x")
        (c.folder / "secret").write_text("y")

    work = step(run, sealed=("secret",))
    run_step(tmp_path, work, settings, quiet)
    (tmp_path / "work/secret").unlink()
    assert not run_step(tmp_path, work, settings, quiet)
    (tmp_path / "work/open").unlink()
    assert run_step(tmp_path, work, settings, quiet) and (tmp_path / "work/secret").exists()


def test_step_json_says_what_went_in_and_came_out(tmp_path, settings):
    (tmp_path / "in.txt").write_text("a")
    run_step(
        tmp_path,
        step(lambda c: c.write_json("out.json", {"a": 1}), inputs=("in.txt",), settings=("folds",)),
        settings,
        quiet,
    )
    record = json.loads((tmp_path / "work/step.json").read_text())
    assert record["inputs"] == {"in.txt": sha256(tmp_path / "in.txt")} and record["outputs"] == {
        "out.json": sha256(tmp_path / "work/out.json")
    }
    assert record["seed"] == 42 and record["settings"] == {"folds": 2} and record["versions"]["catboost"] == "1.2.10"
    assert set(record["seconds"]) == {"wall", "cpu"} and list(record["source"]) == ["tests/test_steps.py"]


def test_a_step_that_fails_leaves_no_folder_and_continues_with_the_units_it_finished(tmp_path, settings):
    done, killed = [], []

    def run(c):
        for i in range(3):
            c.unit(f"unit-{i}", lambda out, i=i: (done.append(i), out.write_text(str(i))))
            if i == 1 and not killed:
                killed.append(1)
                raise KeyboardInterrupt
        (c.folder / "sum").write_text("".join((c.folder / f"unit-{i}").read_text() for i in range(3)))

    with pytest.raises(KeyboardInterrupt):
        run_step(tmp_path, step(run), settings, quiet)
    assert not (tmp_path / "work").exists()
    run_step(tmp_path, step(run), settings, quiet)
    assert done == [0, 1, 2] and (tmp_path / "work/sum").read_text() == "012"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["work"]


def test_a_unit_that_was_cut_off_is_made_again(tmp_path, settings):
    def half(out):
        out.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_step(tmp_path, step(lambda c: c.unit("unit", half)), settings, quiet)
    run_step(tmp_path, step(lambda c: c.unit("unit", lambda out: out.write_text("whole"))), settings, quiet)
    assert (tmp_path / "work/unit").read_text() == "whole"


def test_a_step_runs_again_with_other_versions_and_with_another_source(tmp_path, settings, monkeypatch):
    work = step(lambda c: c.write_json("out.json", 1))
    root = tmp_path / "run"
    assert run_step(root, work, settings, quiet) and not run_step(root, work, settings, quiet)
    monkeypatch.setattr(steps, "versions", lambda: {"python": "4"})
    assert run_step(root, work, settings, quiet) and not run_step(root, work, settings, quiet)
    monkeypatch.setattr(steps.sources, "of", lambda function: ["money.py"])
    assert run_step(root, work, settings, quiet) and not run_step(root, work, settings, quiet)


def test_the_sources_of_a_step_are_its_module_and_all_that_it_imports():
    found = {step.name: set(steps.sources.of(step.run)) for step in pipeline.STEPS}
    assert found["split"] == {"split.py", "frame.py", "tables/levels.py"}
    assert {"benchmark.py", "models/families.py", "models/boosted.py", "models/spaces.py", "oof.py"} <= found["benchmark"]
    assert {"tables/write.py", "tables/application.py", "tables/levels.py"} <= found["tables"]
    assert {"handover.py", "prepare.py", "models/families.py", "tables/write.py"} <= found["handover"]
    assert all("steps.py" not in files for files in found.values())


def test_units_of_other_inputs_are_not_taken_over(tmp_path, settings):
    (tmp_path / "in.txt").write_text("a")
    count = []

    def run(c):
        c.unit("unit", lambda out: (count.append(1), out.write_text(c.path("in.txt").read_text())))
        if len(count) == 1:
            raise RuntimeError("killed")

    work = step(run, inputs=("in.txt",))
    with pytest.raises(RuntimeError):
        run_step(tmp_path, work, settings, quiet)
    (tmp_path / "in.txt").write_text("b")
    run_step(tmp_path, work, settings, quiet)
    assert (tmp_path / "work/unit").read_text() == "b"


def test_a_missing_input_names_the_file(tmp_path, settings):
    with pytest.raises(FileNotFoundError, match="before/in.txt"):
        run_step(tmp_path, step(lambda c: None, inputs=("before/in.txt",)), settings, quiet)
