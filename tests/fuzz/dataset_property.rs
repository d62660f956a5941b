//! What holds for any bytes read as a data set: the reader answers, what it takes has a schedule, and what is written of it
//! reads back to the same bytes.

use std::io::Cursor;

use teorell::regimen::dataset::{DatasetOptions, DatasetReader, SHOWN, write};
use teorell::regimen::event::SubjectRecords;
use teorell::regimen::names::ModelNames;
use teorell::regimen::schedule::{ScheduleOptions, from_records};

/// Fails by panicking; says whether the bytes were a data set without errors.
pub fn holds(bytes: &[u8]) -> bool {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let (states, endpoints) = (words("depot central"), words("Cc"));
    let names = ModelNames { states, endpoints, covariates: words("WT"), default_state: 1, ..ModelNames::default() };
    let mut options = DatasetOptions::for_model(&names);
    let Some(subjects) = read(bytes, &options) else { return false };
    for subject in &subjects {
        from_records(subject, &names, &ScheduleOptions::default()).expect("what was read has a schedule");
    }
    let text = written(&subjects);
    // What was once counted in hours from clock times is now a number.
    options.hours_per_time_unit = 1.0;
    let again = read(&text, &options).expect("what was written is a data set");
    assert_eq!(String::from_utf8_lossy(&written(&again)), String::from_utf8_lossy(&text));
    for (subject, again) in subjects.iter().zip(&again) {
        let timeline = |subject| from_records(subject, &names, &ScheduleOptions::default()).map(|found| found.timeline);
        assert_eq!(timeline(subject), timeline(again));
    }
    true
}

/// All subjects of a data set without errors.
fn read(bytes: &[u8], options: &DatasetOptions) -> Option<Vec<SubjectRecords>> {
    let mut reader = DatasetReader::new(Cursor::new(bytes.to_vec()), "data.csv", options);
    let subjects: Vec<SubjectRecords> = reader.by_ref().collect();
    let report = reader.into_report();
    assert!(report.errors.shown.len() <= SHOWN && !report.to_string().is_empty());
    assert!(subjects.len() as u64 <= report.subjects);
    report.is_usable().then_some(subjects)
}

fn written(subjects: &[SubjectRecords]) -> Vec<u8> {
    let mut text = Vec::new();
    write(&mut text, subjects).expect("memory takes everything");
    text
}
