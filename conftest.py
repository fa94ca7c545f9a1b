"""The order of a run: what fails fastest comes first."""


def pytest_collection_modifyitems(items):
    def place(item):
        slow = item.get_closest_marker("e2e") or item.get_closest_marker("browser")
        return (bool(slow), "tests/unit" not in str(item.path))

    items.sort(key=place)
