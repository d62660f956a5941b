//! How do I run a model of my own?
//!
//! The model is a text in the nlmixr2/rxode2 language, the regimen a line of TOML: nothing here is compiled by a C compiler, and
//! the same text can be fitted in R. Prints the steady-state trough of twelve-hourly doses in five virtual patients.
//!
//!     cargo run --release --example 02_your_own_model

use std::sync::Mutex;

use teorell::simulate::result::Simulated;
use teorell::simulate::sink::Sink;
use teorell::study::Study;

const MODEL: &str = include_str!("models/oral.R");

const STUDY: &str = r#"
name = "oral"
model = "MODEL_FILE"
[cohort]
size = 5
[cohort.covariates]
WT = { normal = { mean = 70, sd = 12 }, min = 45, max = 110 }
[sampling]
grid = [{ to = 168, by = 12 }]
[[arm]]
name = "twice daily"
regimen = { amount = 100.0, every = "12 h", repeat = 14 }
"#;

/// Prints what the last dosing interval left.
#[derive(Default)]
struct Troughs(Mutex<Vec<String>>);

impl Sink for Troughs {
    type Digest = Vec<String>;

    fn digest(&self, chunk: &[Simulated]) -> Vec<String> {
        let line = |subject: &Simulated| match &subject.outcome {
            Ok(outcome) => {
                let trough = outcome.profile.exposures.last().map_or(f64::NAN, |exposure| exposure.ctrough);
                format!("patient {}: {:.1} kg, trough {trough:.2} mg/L", subject.id, subject.covariates[0])
            }
            Err(failure) => format!("patient {}: {}", subject.id, failure.message),
        };
        chunk.iter().map(line).collect()
    }

    fn absorb(&self, lines: Vec<String>) -> std::io::Result<()> {
        self.0.lock().expect("one thread absorbs").extend(lines);
        Ok(())
    }
}

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let model = folder.path().join("oral.R");
    std::fs::write(&model, MODEL)?;
    let study = Study::from_text(&STUDY.replace("MODEL_FILE", &model.display().to_string()), &[])?;

    let troughs = Troughs::default();
    study.run(None, &[&troughs], &mut |_| ())?;
    for line in troughs.0.into_inner()? {
        println!("{line}");
    }
    Ok(())
}
