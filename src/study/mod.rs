//! One study from TOML: model, cohort, arms, regimen or data set, sampling times, seed, outputs, level 5.
