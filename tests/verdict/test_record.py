"""The record of a verdict: how its logs are called, and what it knows of them."""

import pytest
from places import REAL
from verdicts import SHOWN, UGLY, row, verdict

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import LogError
from dropout_gluon.logs import RunLog, documented_log
from dropout_gluon.verdict.compare import compare

OUTCOMES = ("matches", "differs", "undecided")


def test_status_is_that_of_the_command():
    assert [verdict(outcome).status for outcome in OUTCOMES] == [0, 1, 3]


def test_sources_are_shortened_where_they_are_long():
    assert row("folder/" + "x" * 60 + "/log.txt:3").name == f"folder/xxx...{'x' * 17}/log.txt:3"
    assert row(UGLY).name == SHOWN


@pytest.mark.parametrize(
    ("source", "file", "place"),
    [
        ("nb.ipynb, cell 7", "nb.ipynb", "cell 7"),
        ("log.txt:17", "log.txt", ":17"),
        ("standard input:3", "standard input", ":3"),
        ("run 1", "", "run 1"),
        ("log.txt", "log.txt", "log.txt"),
        ("elsewhere:3", "log.txt", "elsewhere:3"),
    ],
)
def test_place_of_a_log_in_its_file(source, file, place):
    assert row(source, file=file).place == place


def test_a_real_log_knows_its_file_and_its_cell(tmp_path):
    first = compare(REAL / "mixed-1.ipynb").rows[0]
    assert (first.file, first.cell, first.place) == (str(REAL / "mixed-1.ipynb"), 3, "cell 3")
    (tmp_path / "log.txt").write_text("\n" + "".join(f"{epoch}\n" for epoch in documented_log("gluon")))
    text = compare(tmp_path / "log.txt").rows[0]
    assert (text.file, text.cell, text.place) == (str(tmp_path / "log.txt"), None, ":2")
    assert compare(documented_log("gluon")).rows[0].place == "run"


def test_a_verdict_on_logs_as_one_judges_none_by_itself():
    logs = [documented_log(name) for name in ("scratch", "gluon")]
    alone = compare(logs, joint=True)
    assert [one.outcome for one in alone.rows] == ["as one", "as one"]
    assert [one.members for one in alone.joint] == [(1, 2)]
    assert {one.outcome for one in compare(logs).rows} <= {"matches", "undecided"}


def test_logs_of_which_no_two_are_of_one_configuration_are_not_judged_as_one():
    logs = [
        RunLog(config, documented_log("scratch"))
        for config in (RunConfig(), RunConfig(learning_rate=0.1), RunConfig(learning_rate=0.2))
    ]
    assert compare(logs).joint == ()
    with pytest.raises(LogError, match="several logs of one configuration, each of a seed of its own"):
        compare(logs, joint=True)
