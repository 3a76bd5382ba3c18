"""These tests need Chromium and JupyterLab: `make browser-test` runs them."""


def pytest_ignore_collect(collection_path, config):
    return True if collection_path.name.startswith("test_") and not config.getoption("--browser") else None
