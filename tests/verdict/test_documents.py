"""What README and docs/verdict.md say of the verdict is what it says."""

import re
import runpy

import pytest
from logs_at_hand import public
from places import ROOT

from dropout_gluon.cli.main import main
from dropout_gluon.config import SPLITS
from dropout_gluon.verdict.references import load_makers, load_ranks


def test_the_readme_shows_what_the_command_prints(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("".join(f"{epoch}\n" for epoch in public("notes-none10")))
    assert main(["compare", "notes.txt", "--table"]) == 1
    block = (ROOT / "README.md").read_text(encoding="utf-8").partition("compare notes.txt --table\n")[2]
    shown = block.partition("  …\n")[0]
    assert shown.count("\n") > 8
    assert capsys.readouterr().out.startswith(shown)


@pytest.mark.parametrize("split", SPLITS)
def test_the_page_counts_the_recorded_runs(split):
    text = " ".join((ROOT / "docs/verdict.md").read_text(encoding="utf-8").split())
    counts = re.search(r"a log has its rank among all others, ([\d,]+) and (\d+)\.", text)
    makers = re.search(
        r"The measure is made from the first (\d+) runs on the reshuffled split and (\d+) on the released",
        text,
    )
    place = ["reshuffled", "released"].index(split)
    assert counts[place + 1] == f"{len(load_ranks(split)):,}"
    assert int(makers[place + 1]) == len(load_makers(split))


def test_the_page_counts_what_was_recorded_and_the_script_would_record():
    text = " ".join((ROOT / "docs/verdict.md").read_text(encoding="utf-8").split())
    script = runpy.run_path(str(ROOT / "scripts/record-reference"))
    planned, there = dict.fromkeys(SPLITS, 0), dict.fromkeys(SPLITS, 0)
    for (_, split), (_, count) in script["RANKS"].items():
        planned[split] += count
    for file in (ROOT / "src/dropout_gluon/reference").glob("ranks-*.csv"):
        split = file.stem.rpartition("-")[2]
        there[split] += sum(line[0].isdigit() for line in file.read_text().splitlines())
    assert there == planned
    first = sum(count for _, count in script["CELLS"].values())
    assert (
        f"Beside the first {first} good runs, {sum(there.values()):,} more were recorded for that: "
        f"{there['reshuffled']:,} on the reshuffled split and {there['released']:,} on the released one"
    ) in text
    every = len(load_ranks("reshuffled")) + 1
    assert f"it is one of {every:,} good runs" in text
    assert f"3 in {every:,}" in text
