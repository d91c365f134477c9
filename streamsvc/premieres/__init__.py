"""Films that are played as lessons: kept, checked, started at their time."""
