"""What a user can get wrong: one sentence and exit code 2, before work is lost; faults of the program keep their traceback."""

from __future__ import annotations

import http.server
import socket
import threading

import pytest
from catboost import CatBoostError

from training import cli, params, pipeline, steps, track
from training.steps import Step


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("clients=abc", "whole number of at least 1"),
        ("clients=0", "at least 1"),
        ("seed=-1", "at least 0"),
        ("threads=true", "at least 1"),
        ("folds=1", "at least 2"),
        ("folds=2.5", "at least 2"),
        ("split.test=1.5", "between 0 and 1"),
        ("split.valid=0.9", "leave rows for train"),
        ("cost.false_negative=-1", "above 0"),
        ("search.families=catboost", r"list of families, for example \[catboost\]"),
        ("search.families=[catbost]", "known: catboost, lightgbm"),
        ("search.families=[]", "at least one family"),
        ("search.folds=3", "at most the number of folds, 2"),
        ("select.sizes=125", "list of whole numbers"),
        ("handover.first_day=tomorrow", "a date such as"),
        ("handover.learn=maybe", "true or false"),
        ("models.catbost.depth=3", "models.catbost is unknown"),
        ("models.catboost.lerning_rate=3", "lerning_rate is unknown"),
        ("select.ranker.depth=3", "lightgbm: the parameter depth is unknown"),
    ],
)
def test_a_setting_that_cannot_be_right_is_refused_before_the_first_step(tmp_path, capsys, setting, expected):
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", "--scale", "tiny", "--out", str(tmp_path / "run"), "--set", setting])
    assert ended.value.code == 2 and not (tmp_path / "run").exists()
    with pytest.raises(ValueError, match=expected):
        name, value = cli._set(setting)
        params.load("tiny", {name: value})
    assert capsys.readouterr().err.startswith("error: ")


def test_settings_of_all_scales_and_dates_are_accepted():
    for scale in ("tiny", "small", "large"):
        params.load(scale)
    name, value = cli._set("handover.first_day=2026-12-24")
    assert params.load("tiny", {name: value})["handover.first_day"] == "2026-12-24"


@pytest.mark.parametrize("text", ["=3", "folds", "select.sizes=[25"])
def test_what_is_not_name_and_value_is_explained(tmp_path, capsys, text):
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", "--out", str(tmp_path), "--set", text])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and ("NAME=VALUE, for example" in said or "a list is written [25, 50]" in said)


def test_a_folder_is_of_one_run_at_a_time(tmp_path, capsys):
    with steps.exclusive(tmp_path):
        with pytest.raises(SystemExit) as ended:
            cli.main(["run", "--scale", "tiny", "--out", str(tmp_path), "--until", "tables"])
        assert ended.value.code == 2 and "is in use by another run" in capsys.readouterr().err
    with steps.exclusive(tmp_path):
        assert not (tmp_path / "tables").exists()


def fails(error):
    def run(context):
        raise error

    return (Step("work", run),)


@pytest.mark.parametrize("error", [CatBoostError("bad depth"), OSError("disk full"), ValueError("work: disk full")])
def test_an_error_of_a_library_is_a_sentence_with_its_step(tmp_path, capsys, monkeypatch, error):
    monkeypatch.setattr(pipeline, "STEPS", fails(error))
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", "--scale", "tiny", "--out", str(tmp_path)])
    message = str(error).removeprefix("work: ")
    assert ended.value.code == 2 and capsys.readouterr().err == f"error: work: {message}\n"


def test_a_fault_of_the_program_keeps_its_traceback(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "STEPS", fails(KeyError("x")))
    with pytest.raises(KeyError):
        cli.main(["run", "--scale", "tiny", "--out", str(tmp_path)])


def test_a_server_that_does_not_answer_is_named_at_once_without_its_password(tmp_path, monkeypatch):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    monkeypatch.setattr(track, "SERVER", f"http://user:secret@127.0.0.1:{port}")
    warnings = []
    track.check_address(tmp_path, warnings.append)
    assert len(warnings) == 1 and f"http://127.0.0.1:{port} does not answer" in warnings[0] and "secret" not in warnings[0]
    with pytest.raises(RuntimeError, match="does not answer") as raised:
        track.connect(steps.Context(tmp_path, tmp_path, params.load("tiny"), "key"))
    assert "secret" not in str(raised.value)


def test_a_server_with_a_login_answers(monkeypatch):
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:  # answers 501 to everything
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        monkeypatch.setattr(track, "SERVER", f"http://user:secret@127.0.0.1:{server.server_port}")
        assert track.unreachable() is None
        thread.join()


def test_a_folder_that_no_database_can_be_in_is_refused_before_the_first_step(tmp_path, monkeypatch):
    monkeypatch.setattr(track, "SERVER", "")
    with pytest.raises(ValueError, match="choose another folder"):
        track.check_address(tmp_path / "why?", print)
    track.check_address(tmp_path / "\u00e9 and blanks", print)
