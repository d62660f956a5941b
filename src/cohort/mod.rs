//! Who is treated: covariates, random effects, and the random streams that draw them, level 3.

pub mod body_size;
pub mod random_effects;
pub mod streams;
