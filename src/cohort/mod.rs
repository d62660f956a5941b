//! Who is treated: covariates, random effects, and the random streams that draw them, level 3.
