"""Measure how often the verdict calls good runs different, and how often it finds each planted bug.

    make calibrate

From the recorded runs alone, a quarter of an hour on two processors: into power.json beside the reference
runs, and into the tables and figures of docs/verdict.md. Good runs are held out fold by fold: none is in the
reference that it is judged by.
"""

import json
import os
import sys
from dataclasses import replace
from functools import cache
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
from dropout_gluon.plotting import png
from dropout_gluon.verdict.compare import Printed, compare
from dropout_gluon.verdict.figure import plot_verdict
from dropout_gluon.verdict.permutation import permutation_test
from dropout_gluon.verdict.reading import ReadLog
from dropout_gluon.verdict.references import COLUMNS, EPOCHS, Mistakes, load, load_mistakes

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/verdict.md"
sys.path.append(str(ROOT / "tests"))
POWER = ROOT / "src/dropout_gluon/reference/power.json"
HARMLESS = "dropout before the ReLU"

FRESH = 9010  # from this seed on, runs that alternatives of the measure were not tried on
FOLDS = 10
DIGITS = (4, 3, 3)  # as the book prints them
LEVELS = (0.001, 0.01, 0.05)
ALL_EPOCHS = range(1, EPOCHS + 1)
BUG_EPOCHS = {1: ALL_EPOCHS, 3: (3, 10), 5: (10,), 10: (10,)}  # by number of logs
GOOD_EPOCHS = {1: ALL_EPOCHS, 3: (1, 10), 10: (1, 10)}
SETS = 20  # of several logs, from a bug's runs


def p_value(values, reference, mistakes=None):
    """p of the verdict on some runs, printed as the book prints them."""
    return min(Printed.rounded(values, DIGITS).test(reference, mistakes=mistakes))


def good(task):
    """(split, epochs, logs) -> (implementation or None, p) of verdicts on good runs held out, each once."""
    split, epochs, logs = task
    reference = load(split)
    folds = np.random.default_rng(0).permutation(len(reference)) % FOLDS
    found = []
    for fold in range(FOLDS):
        held, rest = np.flatnonzero(folds == fold), reference.keep(np.flatnonzero(folds != fold))
        for first in range(0, len(held) - logs + 1, logs):
            chosen = held[first : first + logs]
            name = reference.implementations[chosen[0]] if logs == 1 else None
            found.append((name, p_value(reference.values[chosen, :epochs], rest)))
    return found


def bug(task):
    """(name, epochs, logs, known) -> p of verdicts on runs with the bug, each alone or in sets of several.

    What the verdict knows of mistakes is from runs of other seeds: two runs of one seed share the order of
    the examples and the split, whatever else differs. It knows nothing of this bug where that is not `known`.
    """
    name, epochs, logs, known = task
    runs = planted()[name]
    names = [other for other in load_mistakes().names if known or other != name]
    return [
        p_value(
            runs.values[chosen, :epochs],
            load("reshuffled"),
            mistakes_without({runs.seeds[i] for i in chosen}, names),
        )
        for chosen in sets_of(logs, len(runs.seeds))
    ]


def sets_of(logs, runs):
    """Each run alone, or sets of several; where the runs suffice, no two sets have one in common."""
    if logs == 1:
        return np.arange(runs)[:, None]
    rng, sets = np.random.default_rng(0), []
    while len(sets) < SETS:
        order = rng.permutation(runs)
        sets += [order[first : first + logs] for first in range(0, runs - logs + 1, logs)]
    return sets[:SETS]


@cache
def planted():
    """The recorded runs with each bug."""
    from planted import ALL, recorded

    return {name: recorded(name) for name in sorted(ALL)}


def mistakes_without(seeds, names):
    """What the verdict would know of some mistakes had runs of these seeds not been recorded."""
    kept = [planted()[name].values[~np.isin(planted()[name].seeds, list(seeds))] for name in names]
    return Mistakes(tuple(names), np.array([np.median(values, axis=0) for values in kept]))


def share(p, level):
    """The share of verdicts at or below a level, as it is recorded."""
    return round(float(np.mean(np.array(p) <= level)), 4)


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
            logs: {
                epochs: round(float(np.mean([detected[bug][level][logs][epochs] for bug in bugs])), 4)
                for epochs in by_epochs
            }
            for logs, by_epochs in by_logs.items()
        }
        for level, by_logs in first.items()
    }


def same_distribution():
    """Scratch and Gluon on the reshuffled split: Szekely and Rizzo's energy distance, labels permuted."""
    reference = load("reshuffled")
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
    curves = Printed(reference.values[is_scratch], (None,) * 3).test(
        reference.keep(np.flatnonzero(~is_scratch)), permutation_test
    )
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
        "p_training": round(curves[0], 4),
        "p_test": round(curves[1], 4),
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
        for level in LEVELS[1:]
    ] + [
        [split, "both", str(logs), str(count(split, "both", logs)), f"{100 * level:g}%"]
        + [cell(split, "both", epochs, logs, level) for epochs in range(1, EPOCHS + 1)]
        for split in reversed(SPLITS)
        for logs in GOOD_EPOCHS
        if logs > 1
        for level in LEVELS[1:]
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
            for curve in compare(judged[name], split=split).groups[0].curves:
                row.append(f"**{curve.p_text}**" if curve.differs else curve.p_text)
        rows.append(row)
    head = [f"{split}: {curve}" for split in reversed(SPLITS) for curve in ("training", "test")]
    return report.table(["log", "epochs", *head], rows)


def by_power(detected):
    """The bugs' names, the best found first, the harmless change last."""
    return sorted(detected, key=lambda name: (name == HARMLESS, -sum(detected[name]["0.01"]["1"].values())))


def power_section(content, runs, diverged):
    detected, found = content["detected"], content["found"]
    fresh, unknown = content["detected_fresh"], {HARMLESS: None, **content["detected_unknown"]}

    def cells(shares):
        one, several = shares["1"], [shares[logs]["10"] for logs in ("3", "5", "10")]
        return [percent(one[epochs]) for epochs in ("1", "3", "5", "10")], [percent(x) for x in several]

    rows = []
    for name in by_power(detected):
        one, several = cells(detected[name]["0.01"])
        count = str(runs[name]) + (f" (and {diverged[name]} diverged)" if diverged[name] else "")
        alone = "-" if unknown[name] is None else percent(unknown[name])
        rows.append([name, count, *one, percent(fresh[name]), alone, *several])
    bugs = [name for name in detected if name != HARMLESS]
    one, several = cells(found["0.01"])
    means = [percent(float(np.mean([shares[name] for name in bugs]))) for shares in (fresh, unknown)]
    rows.append(["**mean over the bugs**", "", *one, *means, *several])
    sure = sum(detected[name]["0.01"]["1"]["10"] >= 0.95 for name in bugs)
    head = ["planted bug", "runs", "1 epoch", "3 epochs", "5 epochs", "10 epochs", "fresh seeds", "not known"]
    return (
        f"One log of ten epochs shows {sure} of the {len(bugs)} bugs in at least 95% of their runs. Fresh\n"
        f"seeds: the runs from seed {FRESH} on alone. Not known: how often the verdict finds the bug when\n"
        "it does not look for it. The last three columns are of 3, 5 and 10 logs, judged jointly.\n\n"
        + report.table([*head, "3 logs", "5 logs", "10 logs"], rows)
        + "\n\n![Share of runs found, by bug and number of epochs](verdict-power.png)"
    )


def power_figure(detected):
    """A row a bug, a column an epoch: the share of single logs found at 1%."""
    names = by_power(detected)
    shares = np.array([list(detected[name]["0.01"]["1"].values()) for name in names])
    figure = Figure(figsize=(9, 7.4), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    axes.set_yticks(range(len(names)), [n if n != HARMLESS else f"{n} (no bug)" for n in names])
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


def main() -> None:
    recorded = planted()
    good_tasks = [
        (split, epochs, logs) for logs in GOOD_EPOCHS for split in SPLITS for epochs in GOOD_EPOCHS[logs]
    ]
    bug_tasks = [
        (name, epochs, logs, True) for name in recorded for logs in BUG_EPOCHS for epochs in BUG_EPOCHS[logs]
    ] + [(name, EPOCHS, 1, False) for name in recorded if name != HARMLESS]
    shown = {"chunksize": 1, "max_workers": len(os.sched_getaffinity(0))}
    alarms = false_alarms(dict(zip(good_tasks, process_map(good, good_tasks, desc="good runs", **shown))))
    results = dict(zip(bug_tasks, process_map(bug, bug_tasks, desc="planted bugs", **shown)))
    unknown = {name: share(p, 0.01) for (name, *_, known), p in results.items() if not known}
    detected = detection(results)
    found = mean_over([name for name in recorded if name != HARMLESS], detected)
    fresh = {
        name: share([p for p, seed in zip(results[name, EPOCHS, 1, True], runs.seeds) if seed >= FRESH], 0.01)
        for name, runs in recorded.items()
    }
    same = same_distribution()
    content = {
        "made_by": "make calibrate, from the recorded runs (seed 0 for folds and draws)",
        "versions": {name: metadata.version(name) for name in ("numpy", "scipy", "scikit-learn")},
        "found": found,
        "detected": detected,
        "detected_fresh": fresh,
        "detected_unknown": unknown,
        "false_alarms": alarms,
        "scratch_and_gluon": same,
    }
    write_whole(POWER, (json.dumps(content, indent=1) + "\n").encode())
    diverged = {
        name: next((note.split()[0] for note in runs.notes if note.endswith("diverged")), "")
        for name, runs in recorded.items()
    }
    runs = {name: len(runs.seeds) for name, runs in recorded.items()}
    report.publish("table", releases_section(), document=PAGE.parent / "releases.md")
    report.publish("public", public_section(), document=PAGE)
    report.publish("same", same_section(same), document=PAGE)
    report.publish("alarms", alarms_section(alarms), document=PAGE)
    figures = {"verdict-power.png": png(power_figure(detected)), "verdict-bands.png": png(bands_figure())}
    report.publish("power", power_section(content, runs, diverged), figures, document=PAGE)


if __name__ == "__main__":
    main()
