"""Measure how often the verdict calls good runs different, and how often it finds and names each planted bug.

    make calibrate

From the recorded runs alone, a quarter of an hour on two processors: into power.json beside the reference
runs, and into the tables and figures of docs/verdict.md. Good runs are ranked among others than themselves,
and runs with a bug are judged by a verdict that knows of all recorded runs with it but those.
"""

import json
import os
import sys
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from importlib import metadata
from pathlib import Path

import numpy as np
import report
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from scipy.spatial.distance import cdist
from scipy.stats import rankdata
from sklearn.decomposition import PCA
from tqdm.contrib.concurrent import process_map

from dropout_gluon.config import IMPLEMENTATIONS, SPLITS
from dropout_gluon.files import write_whole
from dropout_gluon.logs import EpochRecord, documented_log
from dropout_gluon.messages import listed
from dropout_gluon.plotting import png
from dropout_gluon.reading.reader import ReadLog
from dropout_gluon.verdict.compare import compare, judge
from dropout_gluon.verdict.experiments import Book
from dropout_gluon.verdict.figure import plot_verdict
from dropout_gluon.verdict.gathering import Gathered
from dropout_gluon.verdict.ground import Ground, View
from dropout_gluon.verdict.measure import TEST, TOTAL, TRAINING
from dropout_gluon.verdict.ranks import p_of_all
from dropout_gluon.verdict.record import p_text
from dropout_gluon.verdict.references import COLUMNS, EPOCHS, load, load_makers, load_mistakes, load_ranks

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/verdict.md"
sys.path.append(str(ROOT / "tests"))
POWER = ROOT / "src/dropout_gluon/reference/power.json"

DIGITS = (4, 3, 3)  # as the book prints them
LEVEL, LEVELS = 0.01, (0.0001, 0.001, 0.01, 0.05)
ALL_EPOCHS = range(1, EPOCHS + 1)
BUG_EPOCHS = {1: ALL_EPOCHS, 3: (3, 10), 5: (10,), 10: (10,)}  # by number of logs
GOOD_EPOCHS = {1: ALL_EPOCHS, 3: (1, 10), 10: (1, 10)}
NAMED_EPOCHS = (3, 5, 10)
SETS = 20  # of several logs, from a bug's runs, at least
MIXED = {"one of five": (1, 4), "three of ten": (3, 7)}  # runs with a bug, and good ones
BOOKS_SPLIT = "reshuffled"
# What is said of a bug that the mean leaves out, below the table where it has one.
MARKS = {" *": r"\* known to the verdict, too", " **": r"\*\* never known to the verdict"}


def view(epochs):
    return View(tuple(range(1, epochs + 1)), DIGITS)


@dataclass(frozen=True)
class Left(Ground):
    """The runs of a ground, with a part of what it knows of mistakes."""

    whole: Ground

    @cached_property
    def measure(self):
        return self.whole.measure.knowing(self._seen(self.mistakes.values, exact=True))

    @property
    def looks(self):
        return self.whole.looks


@lru_cache(maxsize=64)
def whole(split, epochs, half):
    """The recorded runs: of those that logs are ranked among one half, or all (None)."""
    others, mistakes = load_ranks(split).values, load_mistakes()
    others = others if half is None else others[half::2]
    mistakes = replace(mistakes, values=mistakes.on(split))
    return Ground(load_makers(split).values, others, mistakes, view(epochs))


@lru_cache(maxsize=8)
def ground(split, epochs, half=None, bug="", judged=(), few=False):
    """The recorded runs: as `whole` has them, of those with a bug all but the judged.

    Args:
        judged: indices of the runs with the bug that the verdict has not seen; None: it knows of none.
        few: of all mistakes, only those known that were so at first.
    """
    from planted import BUGS, KNOWN, known

    mistakes = known(bug, judged, BUGS if few else KNOWN)
    seen = whole(split, epochs, half)
    return Left(seen.makers, seen.others, replace(mistakes, values=mistakes.on(split)), seen.view, seen)


class Part(Book):
    """The book's experiment, with a part of the recorded runs, as `ground` chooses it."""

    def __init__(self, split, **part):
        super().__init__(split)
        self.part = part

    def ground(self, view, split, log):
        return ground(split, len(view.epochs), **self.part), None


def verdict(values, held):
    """The verdict on some runs, (runs, epochs, 3), as if the book had printed them."""
    logs = [
        ReadLog(
            tuple(EpochRecord(n, *map(float, row)) for n, row in enumerate(run, 1)), f"run {number}", DIGITS
        )
        for number, run in enumerate(values, 1)
    ]
    return judge(Gathered(logs), held, LEVEL, joint=False)


def alone(run, **part):
    """How a run is judged by itself, (epochs, 3), by the part of the recorded runs that `ground` chooses."""
    seen = ground(BOOKS_SPLIT, len(run), **part)
    return seen.judge(seen.view.of(run[None]), [None])[0]


def good(task):
    """(split, epochs, logs) -> (implementation or None, p) of verdicts on good runs, each once."""
    split, epochs, logs = task
    runs = load_ranks(split)
    found = []
    for half in (0, 1):
        names, values = runs.implementations[half::2], runs.values[half::2, :epochs]
        if logs == 1:
            seen = ground(split, epochs, 1 - half)
            judged = seen.judge(seen.view.of(values), [None] * len(values))
            found += [(name, one.p[TOTAL]) for name, one in zip(names, judged)]
            continue
        order = np.random.default_rng(0).permutation(len(values))
        for first in range(0, len(order) - logs + 1, logs):
            chosen = values[order[first : first + logs]]
            found.append((None, verdict(chosen, Part(split, half=1 - half)).p))
    return found


def bug(task):
    """(name, epochs, logs, known) -> p of verdicts on runs with the bug, each alone or in sets of several."""
    from planted import KNOWN

    name, epochs, logs, known = task
    values, found = runs_with(name)[:, :epochs], []
    for chosen in sets_of(logs, len(values)):
        part = {"bug": name, "judged": tuple(chosen) if known and name in KNOWN else None}
        if logs == 1:
            found.append(alone(*values[chosen], **part).p[TOTAL])
        else:
            found.append(verdict(values[chosen], Part(BOOKS_SPLIT, **part)).p)
    return found


def naming(task):
    """(name, epochs) -> what found runs with the bug are called, knowing of it, not, and of few mistakes.

    Each is a word, a name, and whether the run was recorded after the last choice.
    """
    from planted import BUGS, FRESH

    name, epochs = task
    called, runs = ([], [], []), runs_with(name)[:, :epochs]
    for index, run in enumerate(runs):
        parts = [{"judged": (index,)}, {"judged": None}, {"judged": (index,), "few": True}]
        for part, said in zip(parts if name in BUGS else parts[:2], called):
            one = alone(run, bug=name, **part)
            if one.p[TOTAL] <= LEVEL:
                fresh = name in BUGS and index >= len(runs) - FRESH
                said.append((one.word, one.mistake.split(" or ")[0], fresh))
    return called


def mixed(task):
    """(name, kind) -> sets, those in which something differs, and how many wrong and good logs are named.

    The wrong logs are of the bug's last runs, recorded after the last choice.
    """
    from planted import FRESH

    name, kind = task
    wrong, right = MIXED[kind]
    bugs, goods = runs_with(name), load_ranks(BOOKS_SPLIT).values[::2]
    # Other good logs beside each bug: one unusual run would count once a bug.
    rng = np.random.default_rng(list(name.encode()))
    counts = np.zeros(4, int)
    for chosen in sets_of(wrong, FRESH)[:SETS] + len(bugs) - FRESH:
        values = np.concatenate([bugs[chosen], goods[rng.permutation(len(goods))[:right]]])
        said = verdict(values, Part(BOOKS_SPLIT, half=1, bug=name, judged=tuple(chosen)))
        named = [row.differs for row in said.rows]
        counts += (1, said.p <= LEVEL, sum(named[:wrong]), sum(named[wrong:]))
    return counts.tolist()


def sets_of(logs, runs):
    """Each run alone, or as many sets of several, `SETS` at least; the first have no run in common."""
    if logs == 1:
        return np.arange(runs)[:, None]
    rng, sets, count = np.random.default_rng(0), [], max(SETS, runs)
    while len(sets) < count:
        order = rng.permutation(runs)
        sets += [order[first : first + logs] for first in range(0, runs - logs + 1, logs)]
    return np.array(sets[:count])


@cache
def runs_with(name):
    """The recorded runs with a bug, (runs, epochs, 3)."""
    from planted import recorded

    return recorded(name).values


def share(p, level):
    """The share of verdicts at or below a level, as it is recorded."""
    return rate(np.array(p) <= level)


def rate(answers):
    """The share of yes among some answers, or the mean of shares, as it is recorded."""
    return round(float(np.mean(list(answers))), 4)


def false_alarms(results):
    """A record for each cell of good runs."""
    cells = []
    for (split, epochs, logs), found in results.items():
        for name in (*IMPLEMENTATIONS, None) if logs == 1 else (None,):
            p = [value for implementation, value in found if name in (None, implementation)]
            cell = {"split": split, "implementation": name or "both", "epochs": epochs, "logs": logs}
            cells.append({**cell, "verdicts": len(p), "alarms": {str(a): share(p, a) for a in LEVELS}})
    return cells


def detection(results):
    """Bug -> level -> number of logs -> number of epochs -> share found."""
    found = {}
    for (name, epochs, logs, known), p in results.items():
        for level in LEVELS if known else ():
            by_logs = found.setdefault(name, {}).setdefault(str(level), {})
            by_logs.setdefault(str(logs), {})[str(epochs)] = share(p, level)
    return found


def mean_over(bugs, detected):
    """Level -> number of logs -> number of epochs -> the mean share found over the bugs."""
    first = detected[bugs[0]]
    return {
        level: {
            logs: {epochs: rate(detected[bug][level][logs][epochs] for bug in bugs) for epochs in by_epochs}
            for logs, by_epochs in by_logs.items()
        }
        for level, by_logs in first.items()
    }


def of_fresh_runs(bugs, results):
    """The mean share found of the runs of each bug that were recorded after the last choice: as `found`, and
    of a verdict that does not know the bug."""
    from planted import FRESH

    def mean(epochs, known):
        return rate(share(results[bug, epochs, 1, known][-FRESH:], LEVEL) for bug in bugs)

    return {
        "found": {str(epochs): mean(epochs, True) for epochs in ALL_EPOCHS},
        "unknown": mean(EPOCHS, False),
    }


def same_distribution():
    """Scratch and Gluon on the reshuffled split: Szekely and Rizzo's energy distance, labels permuted."""
    reference = load_ranks(BOOKS_SPLIT)
    values = reference.values.reshape(len(reference), -1)
    ranks = np.apply_along_axis(rankdata, 0, values)  # jumps of good runs would rule the distances else
    white = PCA(whiten=True).fit_transform(ranks)
    distances = cdist(white, white)
    is_scratch = np.array([name == "scratch" for name in reference.implementations])

    def energy(labels):
        a, b = labels, ~labels
        return (
            2 * distances[np.ix_(a, b)].mean()
            - distances[np.ix_(a, a)].mean()
            - distances[np.ix_(b, b)].mean()
        )

    rng = np.random.default_rng(0)
    own = energy(is_scratch)
    others = [energy(rng.permutation(is_scratch)) for _ in range(9999)]
    p = (1 + sum(other >= own for other in others)) / 10000
    scratch, gluon = (reference.values[chosen] for chosen in (is_scratch, ~is_scratch))
    seen = Ground(load_makers(BOOKS_SPLIT).values, gluon, load_mistakes(), view(EPOCHS))
    answers = [one.answers for one in seen.judge(seen.view.of(scratch), [None] * len(scratch))]
    curves = p_of_all(answers, [seen.answers] * len(answers))
    last = reference.values[:, -1]
    means = {
        column: [float(last[chosen, c].mean()) for chosen in (is_scratch, ~is_scratch)]
        + [
            float(
                np.sqrt(
                    sum(last[chosen, c].var(ddof=1) / chosen.sum() for chosen in (is_scratch, ~is_scratch))
                )
            )
        ]
        for c, column in enumerate(COLUMNS)
    }
    return {
        "runs": [int(is_scratch.sum()), int((~is_scratch).sum())],
        "p_energy": round(p, 4),
        "p_training": round(float(curves[TRAINING]), 4),
        "p_test": round(float(curves[TEST]), 4),
        "epoch_10": {k: [round(x, 5) for x in v] for k, v in means.items()},
    }


def percent(value):
    return f"{100 * value:.0f}%" if value in (0, 1) or value >= 0.1 else f"{100 * value:.1f}%"


def same_section(same):
    rows = [
        [label, *(f"{x:.4f}" for x in same["epoch_10"][column][:2]), f"{same['epoch_10'][column][2]:.4f}"]
        for label, column in (
            ("training loss", "loss"),
            ("training accuracy", "train_acc"),
            ("test accuracy", "test_acc"),
        )
    ]
    scratch, gluon = same["runs"]
    return (
        f"Scratch and Gluon are the same experiment, and so are their runs: of {scratch} and {gluon}\n"
        f"runs on the reshuffled split, the energy distance of all values has p = {same['p_energy']:.2f}\n"
        "(9,999 permutations of the labels, on whitened ranks). The verdict's own test, all scratch runs as\n"
        f"one against the Gluon runs, has p = {same['p_training']:.2f} for training and\n"
        f"{same['p_test']:.2f} for test. So the two are pooled. Means at epoch 10:\n\n"
        + report.table(["", "scratch", "Gluon", "standard error of the difference"], rows)
    )


def alarms_section(cells):
    def cell(split, name, epochs, logs, level):
        for one in cells:
            if (one["split"], one["implementation"], one["epochs"], one["logs"]) == (
                split,
                name,
                epochs,
                logs,
            ):
                return percent(one["alarms"][str(level)])
        return "-"

    def count(split, name, logs):
        return next(
            one["verdicts"]
            for one in cells
            if (one["split"], one["implementation"], one["logs"]) == (split, name, logs)
        )

    rows = [
        [split, name, "1", str(count(split, name, 1)), f"{100 * level:g}%"]
        + [cell(split, name, epochs, 1, level) for epochs in range(1, EPOCHS + 1)]
        for split in reversed(SPLITS)
        for name in IMPLEMENTATIONS
        for level in LEVELS[2:]
    ] + [
        [split, "both", str(logs), str(count(split, "both", logs)), f"{100 * level:g}%"]
        + [cell(split, "both", epochs, logs, level) for epochs in range(1, EPOCHS + 1)]
        for split in reversed(SPLITS)
        for logs in GOOD_EPOCHS
        if logs > 1
        for level in LEVELS[2:]
    ]
    return report.table(
        ["split", "runs", "logs", "verdicts", "level", *(f"{e} ep." for e in range(1, EPOCHS + 1))], rows
    )


def releases_section():
    """Means and standard deviations on both splits, beside what the book prints."""
    books = [documented_log(name) for name in IMPLEMENTATIONS]
    rows = []
    for epoch in (1, 3, 5, 7, 10):
        row = [str(epoch)]
        for column, digits in (("test_acc", 3), ("loss", 3)):
            for split in SPLITS:
                values = load(split).values[:, epoch - 1, COLUMNS.index(column)]
                row.append(f"{values.mean():.{digits}f} ± {values.std(ddof=1):.{digits}f}")
            printed = (getattr(book[epoch - 1], column) for book in books)
            row.append(" / ".join(f"{value:.{4 if column == 'loss' else 3}f}" for value in printed))
        rows.append(row)
    runs = ", ".join(f"{len(load(split))} {split}" for split in SPLITS)
    head = [
        f"{curve}{split}" if split == SPLITS[0] else split
        for curve in ("test accuracy, ", "training loss, ")
        for split in (*SPLITS, "book, scratch / Gluon")
    ]
    return f"Runs: {runs}.\n\n" + report.table(["epoch", *head], rows)


def public_logs():
    """Name -> log: the two that the book prints, and those that other people published."""
    logs = {f"the book, {name}": tuple(documented_log(name)) for name in IMPLEMENTATIONS}
    for log in json.loads((ROOT / "tests/data/logs/public.json").read_text()):
        rows = enumerate(log["epochs"], 1)
        what = "" if log["documented_configuration"] else f", {log['config']}"
        logs[log["id"] + what] = tuple(EpochRecord(number, *row) for number, row in rows)
    return {name: ReadLog(epochs, name, DIGITS) for name, epochs in logs.items()}


def public_section():
    """What the verdict says of the book's logs, alone and together, and of other people's."""
    logs = public_logs()
    judged = {name: [log] for name, log in logs.items()}
    judged["the book, both"] = [log for name, log in logs.items() if name.startswith("the book")]
    rows = []
    for name in sorted(judged, key=lambda name: not name.startswith("the book")):
        row = [name, str(len(judged[name][0].epochs))]
        for split in reversed(SPLITS):
            said = compare(judged[name], split=split, joint=len(judged[name]) > 1)
            one = said.joint[0] if said.joint else said.rows[0]
            for p in (one.p, *(curve.p for curve in one.curves)):
                row.append(f"**{p_text(p)}**" if one.differs and p <= LEVEL else p_text(p))
        rows.append(row)
    head = [f"{split}: {curve}" for split in reversed(SPLITS) for curve in ("log", "training", "test")]
    return report.table(["log", "epochs", *head], rows)


def by_power(detected):
    """The bugs' names, the best found first, the harmless change last."""
    from planted import HARMLESS

    return sorted(detected, key=lambda name: (name in HARMLESS, -sum(detected[name]["0.01"]["1"].values())))


def power_section(content):
    from planted import BUGS, FRESH, HARMLESS, MORE, UNKNOWN

    detected, found, unknown = content["detected"], content["found"], content["detected_unknown"]

    def cells(shares):
        one, several = shares["1"], [shares[logs]["10"] for logs in ("3", "5", "10")]
        return [percent(one[epochs]) for epochs in ("1", "3", "5", "10")], [percent(x) for x in several]

    rows, notes = [], []
    for kind, names in (("", BUGS), (" *", MORE), (" **", UNKNOWN), ("", HARMLESS)):
        judged = by_power({name: detected[name] for name in names if name in detected})
        notes += [MARKS[kind]] if kind and judged else []
        for name in judged:
            one, several = cells(detected[name]["0.01"])
            count = str(content["judged"][name]) + diverged(name)
            alone = percent(unknown[name]) if name in unknown else "-"
            rows.append([name + kind, count, *one, alone, *several])
        if not kind and names is BUGS:
            one, several = cells(found["0.01"])
            mean = percent(float(np.mean([unknown[name] for name in BUGS])))
            rows.append([f"**mean over these {len(BUGS)}**", "", *one, mean, *several])
    fresh = content["fresh"]
    last = listed(percent(fresh["found"][epochs]) for epochs in ("1", "3", "5", "10"))
    sure = sum(detected[name]["0.01"]["1"]["10"] >= 0.95 for name in BUGS)
    head = ["planted bug", "runs", "1 epoch", "3 epochs", "5 epochs", "10 epochs", "not known"]
    return (
        f"One log of ten epochs shows {sure} of the {len(BUGS)} bugs in at least 95% of their runs. Not\n"
        "known: how often the verdict finds the bug when nothing of it was recorded. The last three columns\n"
        f"are of sets of 3, 5 and 10 logs. The last {FRESH} runs of each of these {len(BUGS)} were recorded\n"
        f"when nothing was to be chosen any more: of them {last} are found after\n"
        f"1, 3, 5 and 10 epochs, and {percent(fresh['unknown'])} after 10 where the bug is not known.\n\n"
        + report.table([*head, "3 logs", "5 logs", "10 logs"], rows)
        + "\n\n"
        + (f"{'; '.join(notes)}.\n\n" if notes else "")
        + "![Share of runs found, by bug and number of epochs](verdict-power.png)"
    )


def diverged(name):
    """How many runs more there were, in words."""
    from planted import recorded

    count = next((note.split()[0] for note in recorded(name).notes if note.endswith("diverged")), "")
    return f" (and {count} diverged)" if count else ""


def sets_section(mixed):
    rows = []
    for kind, (sets, found, wrong, right) in mixed.items():
        bad, good = MIXED[kind]
        cells = (found / sets, wrong / sets / bad, right / sets / good)
        rows.append([kind, str(sets), *map(percent, cells)])
    return report.table(
        ["wrong logs", "sets", "something differs", "wrong logs named", "good logs named"], rows
    )


def naming_section(named):
    rows = [
        [epochs, *(str(cell) if isinstance(cell, int) else percent(cell) for cell in named[epochs].values())]
        for epochs in map(str, NAMED_EPOCHS)
    ]
    head = ["epochs", "logs found", "right mistake first", "of twenty", "of last runs", "... of twenty",
            "of the right ones *is*", "*is*, and wrong", "not known: logs found", "*is*, wrong",
            "*resembles*"]  # fmt: skip
    return report.table(head, rows)


def power_figure(detected):
    """A row a bug, a column an epoch: the share of single logs found at 1%."""
    from planted import HARMLESS

    names = by_power(detected)
    shares = np.array([list(detected[name]["0.01"]["1"].values()) for name in names])
    figure = Figure(figsize=(9, 0.9 + 0.31 * len(names)), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    axes.set_yticks(range(len(names)), [f"{name} (no bug)" if name in HARMLESS else name for name in names])
    axes.set_xticks(range(EPOCHS), ALL_EPOCHS)
    axes.set_xlabel("Epochs in the log")
    axes.set_title("Share of single logs called different, at a level of 1%", loc="left")
    for (row, column), value in np.ndenumerate(shares):
        axes.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=8,
                  color="white" if value < 0.55 else "black")  # fmt: skip
    axes.spines[:].set_visible(False)
    figure.colorbar(image, format=PercentFormatter(1), shrink=0.6)
    return figure


def bands_figure():
    """A public log without dropout, which differs."""
    log = next(log for name, log in public_logs().items() if name.endswith("no dropout"))
    return plot_verdict(compare(replace(log, source="a public log, trained without dropout")))


def rates_of_naming(results):
    """Epochs -> what found logs are called by the verdict that knows the bug, and by one that does not.

    The right name is asked of bugs that are known, a wrong one of those left out and of those never known.
    """
    from planted import KNOWN

    rates = {}
    for epochs in NAMED_EPOCHS:
        known, unknown, few = [], [], []
        for (name, length), (with_it, without, among_few) in results.items():
            if length == epochs:
                known += [(word, mistake == name, new) for word, mistake, new in with_it if name in KNOWN]
                unknown += [word for word, *_ in without]
                few += [(mistake == name, new) for _, mistake, new in among_few]
        rates[str(epochs)] = {
            "found": len(known),
            "right": rate(right for _, right, _ in known),
            "right_of_few": rate(right for right, _ in few),
            "right_fresh": rate(right for _, right, new in known if new),
            "right_of_few_fresh": rate(right for right, new in few if new),
            "right_is": rate(word == "is" for word, right, _ in known if right),
            "wrong_is": rate(word == "is" and not right for word, right, _ in known),
            "unknown_found": len(unknown),
            "unknown_is": rate(word == "is" for word in unknown),
            "unknown_resembles": rate(word == "resembles" for word in unknown),
        }
    return rates


def main() -> None:
    from planted import BUGS, EVERY, HARMLESS

    names = [name for name in EVERY if len(runs_with(name)) >= max(BUG_EPOCHS)]
    good_tasks = [
        (split, epochs, logs) for logs in GOOD_EPOCHS for split in SPLITS for epochs in GOOD_EPOCHS[logs]
    ]
    bug_tasks = [
        (name, epochs, logs, True) for name in names for logs in BUG_EPOCHS for epochs in BUG_EPOCHS[logs]
    ] + [(name, EPOCHS, 1, False) for name in BUGS]
    named_tasks = [(name, epochs) for name in names if name not in HARMLESS for epochs in NAMED_EPOCHS]
    mixed_tasks = [(name, kind) for kind in MIXED for name in BUGS]

    def all_of(function, tasks, what):
        shown = {"chunksize": 1, "max_workers": len(os.sched_getaffinity(0)), "desc": what}
        return dict(zip(tasks, process_map(function, tasks, **shown)))

    alarms = false_alarms(all_of(good, good_tasks, "good runs"))
    results = all_of(bug, bug_tasks, "planted bugs")
    detected = detection(results)
    sets = all_of(mixed, mixed_tasks, "mixed sets")
    content = {
        "made_by": "make calibrate, from the recorded runs (all draws seeded)",
        "versions": {name: metadata.version(name) for name in ("numpy", "scipy", "scikit-learn")},
        "ranked_among": {split: len(load_ranks(split)) for split in SPLITS},
        "judged": {name: len(runs_with(name)) for name in names},
        "found": mean_over(list(BUGS), detected),
        "fresh": of_fresh_runs(list(BUGS), results),
        "detected": detected,
        "detected_unknown": {name: share(p, LEVEL) for (name, *_, known), p in results.items() if not known},
        "mixed": {kind: np.sum([sets[name, kind] for name in BUGS], axis=0).tolist() for kind in MIXED},
        "named": rates_of_naming(all_of(naming, named_tasks, "names")),
        "false_alarms": alarms,
        "scratch_and_gluon": same_distribution(),
    }
    write_whole(POWER, (json.dumps(content, indent=1) + "\n").encode())
    report.publish("table", releases_section(), document=PAGE.parent / "releases.md")
    report.publish("public", public_section(), document=PAGE)
    report.publish("same", same_section(content["scratch_and_gluon"]), document=PAGE)
    report.publish("alarms", alarms_section(alarms), document=PAGE)
    report.publish("sets", sets_section(content["mixed"]), document=PAGE)
    report.publish("naming", naming_section(content["named"]), document=PAGE)
    figures = {"verdict-power.png": png(power_figure(detected)), "verdict-bands.png": png(bands_figure())}
    report.publish("power", power_section(content), figures, document=PAGE)


if __name__ == "__main__":
    main()
