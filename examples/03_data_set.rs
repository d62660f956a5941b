//! What does my model predict for the records of a NONMEM data set?
//!
//! The data set is read and checked as a whole; every record gets its row, doses and missing observations included.
//!
//!     cargo run --release --example 03_data_set

use teorell::engine::{Engine, SolverChoice, SubjectInput, Tolerance};
use teorell::model::{Model, ModelOptions};
use teorell::regimen::dataset::{Dataset, DatasetOptions};
use teorell::regimen::names::ModelNames;
use teorell::regimen::schedule::{ScheduleOptions, from_records};

const MODEL: &str = "
one <- function() {
  ini({ tcl <- 5; tv <- 50 })
  model({
    d/dt(central) <- -tcl / tv * central
    Cc <- central / tv
  })
}";

const DATA: &str = "\
ID,TIME,AMT,RATE,II,ADDL,SS,EVID
1,0,100,0,12,2,0,1
1,4,.,.,.,.,.,0
1,36,.,.,.,.,.,0
2,0,100,50,12,0,1,1
2,2,.,.,.,.,.,0
2,12,.,.,.,.,.,0
";

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = Model::from_text(MODEL, "one", &ModelOptions::default()).map_err(|faults| faults[0].message.clone())?;
    let states: Vec<String> = model.states().map(str::to_owned).collect();
    let names = ModelNames::new(&states, model.covariates());
    let data = Dataset::from_reader(DATA.as_bytes(), "data.csv", &DatasetOptions::for_model(&names))?;

    let engine = Engine::new(model.program().clone().into(), SolverChoice::Auto, Tolerance::default())?;
    let conc = model.output("Cc").ok_or("the model has no output Cc")?;
    println!("solved by `{}`: {}", engine.solver(), engine.why());
    for (number, subject) in (1..).zip(data.subjects()) {
        let timeline = from_records(subject, &names, &ScheduleOptions::default())?.timeline;
        let input = SubjectInput { number, thetas: &model.thetas(), etas: &[], timeline: &timeline };
        let profile = engine.run(&[input]).remove(0)?;
        for (row, record) in subject.records.iter().enumerate() {
            println!("{:>3} {:>6} h {:>10.6} mg/L", subject.id, record.time, profile.row(row)[conc]);
        }
    }
    Ok(())
}
