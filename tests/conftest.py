"""Nothing clever: tests import what they need from `tests.support`."""
