"""The fixture `book_verdict`, in a pytest of its own, as a reader's tests have it."""

from xml.etree import ElementTree as ET

from dropout_gluon.logs import documented_log

pytest_plugins = ["pytester"]

BOOK = "".join(f"{epoch}\n" for epoch in documented_log("gluon"))
OFF = "".join(f"epoch {n}, loss 0.6000, train acc 0.785, test acc 0.830\n" for n in range(1, 11))


def run(pytester, test, *options):
    """A pytest that has the plugin, whether it knows the entry point or not."""
    pytester.makepyfile(test)
    (pytester.path / "good.txt").write_text(BOOK)
    (pytester.path / "off.txt").write_text(OFF)
    (pytester.path / "short.txt").write_text(BOOK.splitlines()[0])
    return pytester.runpytest_subprocess("-p", "dropout_gluon_pytest", "-p", "no:cacheprovider", *options)


def test_a_log_that_matches_passes_and_gives_its_verdict(pytester):
    test = """
        def test_training(book_verdict):
            verdict = book_verdict("good.txt", level=0.05)
            assert (verdict.outcome, verdict.level) == ("matches", 0.05)
    """
    # Without a warning, which a project of readers may have made an error.
    run(pytester, test, "--junitxml=report.xml", "-W", "error").assert_outcomes(passed=1)
    found = {
        one.get("name"): one.get("value") for one in ET.parse(pytester.path / "report.xml").iter("property")
    }
    assert found["verdict"] == "matches"
    assert 0.05 < float(found["p"]) <= 1


def test_others_fail_with_the_verdict_alone(pytester):
    test = """
        import pytest

        @pytest.mark.parametrize("log", ["off.txt", "short.txt", "missing.txt"])
        def test_training(book_verdict, log):
            book_verdict(log)
    """
    done = run(pytester, test)
    done.assert_outcomes(failed=3)
    done.stdout.fnmatch_lines([
        "DIFFERS from the book's experiment (p *",
        "UNDECIDED: nothing differs, but *",
        "missing.txt: No such file or directory",
    ])  # fmt: skip
    done.stdout.no_fnmatch_line("*def test_training*")  # no traceback: there is nothing to see in it


def test_who_does_not_use_it_imports_nothing_of_the_package(pytester):
    test = """
        import sys

        def test_nothing():
            assert "dropout_gluon_pytest" in sys.modules
            assert not [name for name in sys.modules if name in ("dropout_gluon", "numpy", "matplotlib")]
            assert not [one for one in sys.meta_path if "dropout_gluon" in type(one).__module__]
    """
    run(pytester, test).assert_outcomes(passed=1)
