"""Metrics, defined in words where they are made; `/metrics` prints them (Prometheus text format).

Each package declares its own in its `metrics.py` on this registry. Labels never hold ids of people,
rooms or lessons: their number must stay small and they are nobody's business.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry(auto_describe=True)


def counter(name: str, words: str, labels: tuple[str, ...] = ()) -> Counter:
    """A count that only grows."""
    return Counter(name, words, labels, registry=REGISTRY)


def gauge(name: str, words: str, labels: tuple[str, ...] = ()) -> Gauge:
    """A figure that goes up and down."""
    return Gauge(name, words, labels, registry=REGISTRY)


def histogram(
    name: str, words: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()
) -> Histogram:
    """A distribution; `buckets` are upper bounds in the metric's unit."""
    return Histogram(name, words, labels, buckets=buckets, registry=REGISTRY)
