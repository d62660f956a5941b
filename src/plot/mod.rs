//! Pictures of a simulated study, level 5.
