"""The order of a run: what fails fastest comes first. And how property tests run."""

from hypothesis import HealthCheck, settings

# A loaded machine takes seconds for the first draw: that is no fault of the code. Deadlines likewise.
settings.register_profile("hub", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hub")


def pytest_collection_modifyitems(items):
    def place(item):
        slow = item.get_closest_marker("e2e") or item.get_closest_marker("browser")
        return (bool(slow), "tests/unit" not in str(item.path))

    items.sort(key=place)
