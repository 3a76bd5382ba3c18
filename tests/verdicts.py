"""Verdicts for tests of their views: made, not judged."""

from dropout_gluon.logs import EpochRecord
from dropout_gluon.verdict.record import Band, Curve, Joint, Row
from dropout_gluon.verdict.views import Verdict

COLUMNS = ("loss", "train_acc", "test_acc")
SIDE = {"loss": (0.03, 0.05), "train_acc": (0.02, 0.01), "test_acc": (0.015, 0.015)}  # of the band
REASON = "test accuracy is lower than in any of the 600 recorded runs at every epoch"

UGLY = "a|b`<b>&\n\x1b_\udc80\ufffe$x$*\\|[l](u)"
SHOWN = "a|b`<b>&\\n\\x1b_\\udc80\\ufffe$x$*\\|[l](u)"  # the same, as it is printed


def median(column, epoch):
    return 1.2 / epoch if column == "loss" else 1 - 0.4 / epoch


def record(epoch, off):
    """An epoch that lies `off` times the upper or lower side of the band away from the median."""
    values = [median(c, epoch) + off * SIDE[c][off > 0] for c in COLUMNS]
    return EpochRecord(epoch, *(round(value, 6) for value in values))


def row(source="log.txt:1", epochs=2, off=0.5, outcome="matches", p=0.23, offs=None, **others):
    """A log that lies `off` from the median, or at each epoch as `offs` says."""
    records = [record(e, one) for e, one in enumerate(offs or [off] * epochs, 1)]
    return of(records, source, outcome, p, **others)


def of(records, source="log.txt:1", outcome="matches", p=0.23, **others):
    """A log of these epochs."""
    bands = []
    for one in records:
        for column in COLUMNS:
            middle, (down, up) = median(column, one.epoch), SIDE[column]
            value = getattr(one, column)
            bands.append(Band(one.epoch, column, value, middle - down, middle, middle + up, 7, 3))
    differs = outcome == "differs"
    fields = {
        "source": source,
        "file": "",
        "cell": None,
        "heading": "",
        "epochs": tuple(records),
        "split": "reshuffled",
        "reference": 200,
        "p": p,
        "outcome": outcome,
        "curves": (Curve("training", 0.61), Curve("test", p, () if differs else ("reshuffled",))),
        "reason": REASON if differs else "",
        "word": "",
        "mistake": "",
        "sets": (),
        "remarks": (),
        "bands": tuple(bands),
    }
    return Row(**{**fields, **others})


def joint(members=(1, 2), p=0.36, differs=False, reason=""):
    return Joint(members, p, differs, (Curve("training", 0.5), Curve("test", p, ("reshuffled",))), reason)


def verdict(outcome="matches", rows=None, **others):
    """The outcome's own log, where none is given."""
    if rows is None:
        differs = outcome == "differs"
        rows = [row(off=-2.0, outcome=outcome, p=0.0025) if differs else row(outcome=outcome)]
    fields = {
        "outcome": outcome,
        "level": 0.01,
        "p": min(one.p for one in rows),
        "experiment": "the book's experiment",
        "rows": tuple(rows),
        "joint": (),
        "refused": (),
        "power": 0.3 if outcome == "undecided" else 0.87,
    }
    return Verdict(**{**fields, **others})


def notebook(logs=20):
    """The verdict on a notebook of many logs, of all outcomes."""
    kinds = [
        {"heading": "Drop probabilities 0.5 and 0.2", "sets": (("drop_probs", "0.5, 0.2"),)},
        {"outcome": "differs", "off": -2.0, "p": 0.0005, "word": "is", "mistake": "probabilities swapped"},
        {"outcome": "undecided", "epochs": 1, "heading": "A heading that is " + "quite " * 8 + "long"},
        {"outcome": "cut short", "epochs": 3, "remarks": ("ended in an error: KeyboardInterrupt",)},
        {"epochs": 10, "heading": "从零开始实现 dropout"},
    ]
    rows = [
        row(f"nb.ipynb, cell {2 * n + 3}", file="nb.ipynb", cell=2 * n + 3, **kinds[n % len(kinds)])
        for n in range(logs)
    ]
    left = tuple(n for n, one in enumerate(rows, 1) if one.outcome != "differs")
    return verdict("differs", rows, joint=(joint(left),))
