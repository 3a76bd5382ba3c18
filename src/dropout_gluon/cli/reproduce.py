"""The command dropout-gluon reproduce."""

from __future__ import annotations

import argparse
from typing import Any

from ..config import BOOKS_RELEASE, FIRST_SEED, IMPLEMENTATIONS, SPLITS, RunConfig


def add_reproduce(commands: Any, **shared: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "reproduce",
        **shared,
        help="train both implementations, print the book's lines beside the book's numbers",
        description="Train the chapter's networks on Fashion-MNIST, print the book's lines beside the "
        "book's numbers, save the logs (JSON) and figures, and end with the verdict on them.",
        epilog="Exit status: that of the verdict, 0 matches, 1 differs, 3 undecided, as after one epoch; 0 "
        "where the runs depart from the chapter otherwise than in --epochs. 2 is bad input.",
    )
    chapter = RunConfig()
    add = parser.add_argument
    add("--implementation", choices=(*IMPLEMENTATIONS, "both"), default="both", help="what to train (both)")
    add("--epochs", dest="num_epochs", type=int, default=chapter.num_epochs, metavar="N",
        help="passes over the training set (%(default)s)")  # fmt: skip
    add("--seed", type=int, default=FIRST_SEED, metavar="N", help="same seed, same numbers (%(default)s)")
    add("--split", choices=SPLITS,
        help="the images split as the files have them, or all 70,000 split anew from the seed (released "
        f"where the machine has the book's release of {BOOKS_RELEASE}, else reshuffled)")  # fmt: skip
    add("--out", default="out", metavar="DIR",
        help="folder for the logs and the figures (%(default)s)")  # fmt: skip
    add("--force", action="store_true", help="replace files in that folder that hold something else")
    add("--quiet", action="store_true", help="print nothing when all is well")
    add = parser.add_argument_group("departing from the chapter").add_argument
    add("--drop-probs", nargs=2, type=float, default=chapter.drop_probs, metavar=("P1", "P2"),
        help="drop probabilities of the two hidden layers (0.2 0.5)")  # fmt: skip
    add("--learning-rate", type=float, default=chapter.learning_rate, metavar="LR", help="(%(default)s)")
    add("--batch-size", type=int, default=chapter.batch_size, metavar="N", help="(%(default)s)")
    parser.set_defaults(command=reproduce_chapter)


def reproduce_chapter(arguments: argparse.Namespace) -> int:
    """dropout-gluon reproduce"""
    from ..reproduction import reproduce, silent

    made = reproduce(
        IMPLEMENTATIONS if arguments.implementation == "both" else arguments.implementation,
        split=arguments.split,
        out=arguments.out,
        force=arguments.force,
        num_epochs=arguments.num_epochs,
        seed=arguments.seed,
        drop_probs=tuple(arguments.drop_probs),
        learning_rate=arguments.learning_rate,
        batch_size=arguments.batch_size,
        **({"say": silent} if arguments.quiet else {}),
    )
    if arguments.quiet and made.status:
        print(made.verdict)
    return made.status
