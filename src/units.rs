//! Units of time, amount and concentration, and factors between them, level 0.
