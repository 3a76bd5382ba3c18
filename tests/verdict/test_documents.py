"""What README and docs/verdict.md say of the verdict is what it says."""

import re

import pytest
from logs_at_hand import public
from places import ROOT

from dropout_gluon.cli.main import main
from dropout_gluon.verdict.references import MAKERS, load_ranks


def test_the_readme_shows_what_the_command_prints(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("".join(f"{epoch}\n" for epoch in public("notes-none10")))
    assert main(["compare", "notes.txt", "--table"]) == 1
    block = (ROOT / "README.md").read_text(encoding="utf-8").partition("compare notes.txt --table\n")[2]
    shown = block.partition("  …\n")[0]
    assert shown.count("\n") > 8
    assert capsys.readouterr().out.startswith(shown)


@pytest.mark.parametrize("split", MAKERS)
def test_the_page_counts_the_recorded_runs(split):
    text = " ".join((ROOT / "docs/verdict.md").read_text(encoding="utf-8").split())
    counts = re.search(r"a log has its rank among all others, (\d+) and (\d+) so far", text)
    makers = re.search(
        r"the first (\d+) runs of each implementation on the reshuffled split, the first (\d+) on the rel",
        text,
    )
    place = ["reshuffled", "released"].index(split)
    assert int(counts[place + 1]) == len(load_ranks(split))
    assert int(makers[place + 1]) == MAKERS[split]
