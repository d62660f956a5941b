//! Percentiles, moments, geometric mean: the statistics of the field, level 0.
