"""The command dropout-gluon data."""

from __future__ import annotations

import argparse
from typing import Any

from ..messages import named


def add_data(commands: Any, **shared: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "data",
        **shared,
        help="where Fashion-MNIST is, which release, verified or not; fetches it when missing",
        description="Find Fashion-MNIST, or fetch it, verify it, and name its release. $DROPOUT_GLUON_DATA "
        "names a folder to use.",
    )
    parser.add_argument("--root", metavar="DIR", help="use this folder, and no other; an empty one is filled")
    parser.add_argument("--quiet", action="store_true", help="print nothing when all is well")
    parser.set_defaults(command=show_data)


def show_data(arguments: argparse.Namespace) -> int:
    """dropout-gluon data"""
    from ..fashion_mnist.sources import locate

    archive = locate(arguments.root, progress=not arguments.quiet)
    if not arguments.quiet:
        print(f"folder    {named(archive.folder)}")
        print(f"release   {archive.release}")
        print("verified  60,000 training and 10,000 test images, and their labels")
        for name, digest in archive.digests.items():
            print(f"          {name:27} {digest}")
    return 0
