//! How much does inotuzumab ozogamicin accumulate by cycle 4?
//!
//! Runs one arm of the built-in study with 200 virtual patients and compares the area under the curve of cycle 4 with that of
//! cycle 1, in every way that such a ratio can be meant.
//!
//!     cargo run --release --example 01_accumulation

use teorell::study::watch::Watch;
use teorell::study::{Override, Study};

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let overrides = [
        Override::parse("cohort.size=200", "example")?,
        Override::parse("arms=[\"fixed\"]", "example")?,
        Override::parse("sampling.grid=[{ to = 0, by = 1 }]", "example")?,
    ];
    let study = Study::embedded("inotuzumab", &overrides)?;
    let watch = Watch::new(0, &study);
    let counts = study.run(None, &[&watch], &mut |_| ())?;

    let accumulation = watch.accumulation(4).ok_or("nobody reached cycle 4")?;
    println!("{} patients, AUC of cycle 4 over AUC of cycle 1", counts.subjects);
    for (name, ratio) in [
        ("ratio of means", accumulation.ratio_of_means),
        ("ratio of medians", accumulation.ratio_of_medians),
        ("geometric mean of the ratios", accumulation.geometric_mean_of_ratios),
    ] {
        println!("  {name:30} {:.2}", ratio.ok_or("undefined")?);
    }
    Ok(())
}
