"""In which form a subscriber gets the voices."""

SINGLE = ""
"""The layer as it comes from its publisher."""
MERGED = "+merged"
"""Three packets of 20 ms in one of 60 ms, made by the engine."""
