//! What a curve means: areas, half-life, accumulation, targets, summaries, level 3.
