"""Set up what every test shares: repeatable examples, and honesty about browsers."""

from __future__ import annotations

import os
from collections.abc import Generator

import browser
import pytest
from command_runs import Run
from hypothesis import settings

from planner.cli import main

settings.register_profile("patrol", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("patrol")

_skipped_for_browser = pytest.StashKey[list[str]]()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``patrol`` in this process: exit code, standard output, standard error."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def patrol(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return patrol


def pytest_configure(config: pytest.Config) -> None:
    """Start the list of browser tests that did not run."""
    config.stash[_skipped_for_browser] = []


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a browser test where there is no browser."""
    if item.get_closest_marker("browser") and browser.found() is None:
        pytest.skip("no Chromium on the path")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count browser tests that are skipped; with PATROL_REQUIRE_BROWSER they fail."""
    report = yield
    if report.skipped and item.get_closest_marker("browser"):
        item.config.stash[_skipped_for_browser].append(item.nodeid)
        if os.environ.get("PATROL_REQUIRE_BROWSER"):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid}: a browser is required but was not used"
    return report


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how many browser tests did not run, and what would run them."""
    skipped = config.stash[_skipped_for_browser]
    if skipped:
        terminalreporter.write_line(
            f"{len(skipped)} browser tests did not run: install chromium to run them"
        )
