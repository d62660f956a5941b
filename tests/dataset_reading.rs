//! What the reader of data sets makes of well-formed ones, and that writing is its inverse.

use std::io::{Cursor, Write as _};
use std::sync::Arc;

use proptest::prelude::*;
use teorell::engine::timeline::{DoseRate, Interpolation, Interval, SteadyState};
use teorell::regimen::dataset::{Dataset, DatasetOptions, DatasetReader, check, write};
use teorell::regimen::event::{Compartment, EventRecord, Evid, SubjectRecords};
use teorell::regimen::names::ModelNames;
use teorell::regimen::schedule::{
    CovariateInterpolation, Plan, PlannedDose, ScheduleOptions, from_plan, from_records, records_from_plan,
};

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn names(covariates: &str) -> ModelNames {
    ModelNames {
        states: words("depot central"),
        endpoints: words("Cc"),
        covariates: words(covariates),
        ..ModelNames::default()
    }
}

fn read_with(data: &[u8], options: &DatasetOptions) -> Vec<SubjectRecords> {
    let dataset = Dataset::from_reader(Cursor::new(data.to_vec()), "data.csv", options);
    dataset.unwrap_or_else(|error| panic!("{error}")).into_subjects()
}

fn read(data: &str, covariates: &str) -> Vec<SubjectRecords> {
    read_with(data.as_bytes(), &DatasetOptions::for_model(&names(covariates)))
}

/// The records of the one subject of a data set, for a model without covariates.
fn records(data: &str) -> Vec<EventRecord> {
    let mut subjects = read(data, "");
    assert_eq!(subjects.len(), 1);
    subjects.remove(0).records
}

fn times(data: &str) -> Vec<f64> {
    records(data).iter().map(|record| record.time).collect()
}

#[test]
fn the_same_records_come_from_every_way_of_writing_them() {
    let plain = "ID,TIME,EVID,AMT,CMT,WT\n1,0,1,100,1,70\n1,8,0,.,2,71.5\n";
    let expected = read(plain, "WT");
    assert_eq!(expected[0].covariates, [70.0, 71.5]);
    for other in [
        "id,Time,evid,amt,cmt,wt\n1,0,1,100,1,70\n1,8,0,NA,2,71.5\n",
        "ID;TIME;EVID;AMT;CMT;WT\r\n1;0;1;100;1;70\r\n1;8;0;;2;71.5\r\n",
        "\u{feff}ID\tTIME\tEVID\tAMT\tCMT\tWT\n1\t0\t1\t1e2\t1\t70\n1\t8.0\t0\tna\t2\t71.5",
        "\"ID\",\"TIME\",\"EVID\",\"AMT\",\"CMT\",\"WT\"\n\"1\",\"0\",\"1\",\"100\",\"depot\",\"70\"\n1, 8 ,0,.,CENTRAL,71.5\n",
    ] {
        assert_eq!(read(other, "WT"), expected, "{other}");
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(plain.as_bytes()).unwrap();
    assert_eq!(read_with(&packed.finish().unwrap(), &DatasetOptions::for_model(&names("WT"))), expected);
}

#[test]
fn comment_rows_are_skipped_and_line_numbers_stay_those_of_the_file() {
    let data = "C,ID,TIME,AMT\n.,1,0,100\nC,whatever stands here\nexcluded,1,x,y\n\n.,1,8,.\n";
    let report = check(DatasetReader::new(Cursor::new(data), "data.csv", &DatasetOptions::default()));
    assert!(report.is_usable(), "{report}");
    assert_eq!((report.comments, report.records), (2, 2));
    assert_eq!(records(data).iter().map(|record| record.line).collect::<Vec<_>>(), [2, 6]);
}

#[test]
fn rule_17_an_amount_makes_a_dose_where_evid_is_missing() {
    let evids = |data| records(data).iter().map(|record| record.evid).collect::<Vec<_>>();
    let expected = [Evid::Dose, Evid::Observation, Evid::Observation];
    assert_eq!(evids("ID,TIME,AMT\n1,0,100\n1,1,0\n1,2,.\n"), expected);
    assert_eq!(evids("ID,TIME,AMT,EVID\n1,0,100,.\n1,1,0,NA\n1,2,.,\n"), expected);
    let mdv = records("ID,TIME,AMT,MDV,DV\n1,0,100,1,.\n1,1,.,0,7.5\n1,2,.,1,.\n1,3,.,.,.\n");
    assert_eq!(mdv.iter().map(|record| record.missing_dv).collect::<Vec<_>>(), [true, false, true, false]);
    assert_eq!(mdv[1].dv, Some(7.5));
}

#[test]
fn rule_4_every_evid_is_read() {
    let rows = "1,0,1,100\n1,1,0,0\n1,2,2,0\n1,3,3,0\n1,4,4,50\n";
    let evids: Vec<u8> = records(&format!("ID,TIME,EVID,AMT\n{rows}")).iter().map(|r| r.evid.number()).collect();
    assert_eq!(evids, [1, 0, 2, 3, 4]);
}

#[test]
fn rule_12_rates_and_durations() {
    let rate =
        |rate: &str, duration: &str| records(&format!("ID,TIME,AMT,RATE,TINF\n1,0,100,{rate},{duration}\n"))[0].rate;
    assert_eq!(rate("0", "."), DoseRate::Bolus);
    assert_eq!(rate("50", "0"), DoseRate::Rate(50.0));
    assert_eq!(rate("-1", "."), DoseRate::ModelledRate);
    assert_eq!(rate("-2", "."), DoseRate::ModelledDuration);
    assert_eq!(rate(".", "3"), DoseRate::Duration(3.0));
    // What says the same twice is no contradiction: the duration is the exact one.
    assert_eq!(rate("33.333333", "3"), DoseRate::Duration(3.0));
}

#[test]
fn rules_6_and_7_trains_of_doses() {
    let data = "ID,TIME,AMT,II,ADDL,SS\n1,0,100,12,3,1\n1,48,50,24,0,2\n";
    let read: Vec<_> = records(data).iter().map(|r| (r.interval, r.additional, r.steady_state)).collect();
    assert_eq!(read, [(12.0, 3, SteadyState::Replace), (24.0, 0, SteadyState::Add)]);
}

#[test]
fn rule_9_a_constant_infusion_at_steady_state_has_no_amount_and_no_interval() {
    for amount in ["0", "."] {
        let data = format!("ID,TIME,EVID,AMT,RATE,II,SS\n1,0,1,{amount},10,0,1\n");
        let record = records(&data)[0];
        assert_eq!((record.amount, record.rate, record.interval), (0.0, DoseRate::Rate(10.0), 0.0));
    }
}

#[test]
fn rule_16_compartments_by_number_by_name_and_turned_off() {
    let compartment = |evid: u8, cmt: &str| {
        let amount = if evid == 1 { "100" } else { "." };
        records(&format!("ID,TIME,EVID,AMT,CMT\n1,0,{evid},{amount},{cmt}\n"))[0].compartment
    };
    assert_eq!(compartment(1, "."), Compartment::Default);
    assert_eq!(compartment(1, "0"), Compartment::Default);
    assert_eq!(compartment(1, "2"), Compartment::Number(2));
    assert_eq!(compartment(1, "central"), Compartment::Number(2));
    assert_eq!(compartment(2, "-2"), Compartment::Off(2));
    assert_eq!(compartment(2, "-central"), Compartment::Off(2));
    assert_eq!(compartment(0, "Cc"), Compartment::Number(3));
    assert_eq!(compartment(0, "3"), Compartment::Number(3));
}

#[test]
fn rule_18_the_clock_may_go_back_at_resets_and_stand_still_anywhere() {
    let rows = "1,0,1,100\n1,24,0,.\n1,24,0,.\n1,0,3,.\n1,12,0,.\n1,6,4,100\n";
    assert_eq!(times(&format!("ID,TIME,EVID,AMT\n{rows}")), [0.0, 24.0, 24.0, 0.0, 12.0, 6.0]);
}

#[test]
fn subjects_keep_their_order_and_their_ids_as_text() {
    let data = "ID,TIME,AMT\n10,0,1\n9,0,1\n007,0,1\n7,0,1\nann,0,1\n\"a,b\",0,1\n";
    let ids: Vec<String> = read(data, "").into_iter().map(|subject| subject.id).collect();
    assert_eq!(ids, ["10", "9", "007", "7", "ann", "a,b"]);
}

#[test]
fn clock_times_and_dates_count_from_the_first_record() {
    assert_eq!(times("ID,TIME,AMT\n1,8:00,100\n1,8:30,.\n1,26:00,.\n"), [0.0, 0.5, 18.0]);
    let rows = "1,2024-02-28,08:00,100\n1,2/29/2024,8:15,.\n1,01MAR2024,0:00,.\n1,01.03.2024,6.5,.\n";
    assert_eq!(times(&format!("ID,DATE,TIME,AMT\n{rows}")), [0.0, 24.25, 40.0, 46.5]);
    assert_eq!(times("ID,DATE,AMT\n1,2024-12-31 22:00,100\n1,2025-01-01T01:00:36,.\n"), [0.0, 3.01]);
    let mut options = DatasetOptions::for_model(&names(""));
    options.hours_per_time_unit = 24.0;
    let days = read_with(b"ID,DAT1,TIME,AMT\n1,1/2/2024,8:00,100\n1,2/2/2024,20:00,.\n", &options);
    assert_eq!(days[0].records[1].time, 1.5);
}

#[test]
fn covariates_come_in_the_models_order_and_a_duration_may_be_one() {
    let subjects = read("ID,TIME,AMT,wt,Age,DUR\n1,0,100,70,40,2\n1,1,.,.,41,3\n", "AGE WT DUR");
    assert_eq!(subjects[0].covariates[..3], [40.0, 70.0, 2.0]);
    assert!(subjects[0].covariates[4].is_nan());
    assert_eq!(subjects[0].records[0].rate, DoseRate::Bolus);
}

#[test]
fn a_covariate_that_is_carried_back_may_begin_missing() {
    let data = "ID,TIME,AMT,WT\n1,0,100,.\n1,1,.,71\n";
    let mut options = DatasetOptions::for_model(&names("WT"));
    options.interpolation =
        CovariateInterpolation { by_name: vec![("wt".to_owned(), Interpolation::Nocb)], ..Default::default() };
    assert_eq!(read_with(data.as_bytes(), &options)[0].covariates[1], 71.0);
}

#[test]
fn carried_columns_keep_their_text() {
    let mut options = DatasetOptions::for_model(&names(""));
    options.carry = words("arm Dose");
    let subjects = read_with(b"ID,TIME,AMT,ARM,DOSE\n1,0,100,fixed,1.80\n1,1,.,\"a \"\"b\"\"\",.\n", &options);
    assert_eq!(subjects[0].carried, ["fixed", "1.80", "a \"b\"", "."]);
}

#[test]
fn without_a_model_every_free_column_of_numbers_is_a_covariate() {
    let data = "ID,TIME,AMT,CMT,WT,SEX\n1,0,100,gut,70,F\n";
    let report = check(DatasetReader::new(Cursor::new(data), "data.csv", &DatasetOptions::default()));
    assert!(report.is_usable(), "{report}");
    assert_eq!(report.covariates, ["WT"]);
}

#[test]
fn subjects_stream_before_the_source_ends() {
    /// Gives one subject after the other and never ends.
    struct Endless(u64);
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let line = if self.0 == 0 { "ID,TIME,AMT\n".to_owned() } else { format!("{},0,100\n", self.0) };
            self.0 += 1;
            buffer[..line.len()].copy_from_slice(line.as_bytes());
            Ok(line.len())
        }
    }
    let options = DatasetOptions::for_model(&names(""));
    let ids: Vec<String> =
        DatasetReader::new(Endless(0), "endless", &options).take(3).map(|subject| subject.id).collect();
    assert_eq!(ids, ["1", "2", "3"]);
}

#[test]
fn a_faulty_subject_does_not_hide_its_neighbours() {
    let data = "ID,TIME,AMT\n1,0,100\n2,0,oops\n2,1,.\n3,0,100\n";
    let mut reader = DatasetReader::new(Cursor::new(data), "data.csv", &DatasetOptions::for_model(&names("")));
    let ids: Vec<String> = reader.by_ref().map(|subject| subject.id).collect();
    assert_eq!(ids, ["1", "3"]);
    assert_eq!((reader.report().subjects, reader.report().errors.count()), (3, 1));
}

#[test]
fn what_no_data_set_can_hold_is_not_written() {
    let with = |change: fn(&mut SubjectRecords)| {
        let mut subject = SubjectRecords { id: "1".to_owned(), ..SubjectRecords::default() };
        subject.records.push(EventRecord::observation(1.0));
        change(&mut subject);
        write(Vec::new(), &[subject]).unwrap_err().to_string()
    };
    let messages = [
        with(|subject| subject.id = "NA".to_owned()),
        with(|subject| subject.id = "a\nb".to_owned()),
        with(|subject| subject.records[0].compartment = Compartment::Unresolved),
        with(|subject| subject.records[0].time = f64::INFINITY),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r#"
    "NA" cannot be the ID of a subject; expected printable text that does not stand for a missing value
    "a\nb" cannot be the ID of a subject; expected printable text that does not stand for a missing value
    record 1 of subject `1` names a compartment of no model; read it with the model's names
    record 1 of subject `1` holds a number that is not finite; expected finite ones
    "#);
}

/// Sensible numbers of very different size, many of them not short decimals.
fn amount() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), (1_u32..1000).prop_map(f64::from), 1e-6..1e6_f64]
}

fn dose_rate() -> impl Strategy<Value = DoseRate> {
    prop_oneof![
        Just(DoseRate::Bolus),
        Just(DoseRate::ModelledRate),
        Just(DoseRate::ModelledDuration),
        (1e-3..1e3_f64).prop_map(DoseRate::Rate),
        (1e-3..1e3_f64).prop_map(DoseRate::Duration),
    ]
}

/// A legal record at a time still to be set; lines as a reader would number them come later.
fn event() -> impl Strategy<Value = EventRecord> {
    let dose = (any::<bool>(), 0_u32..3, amount(), dose_rate(), 0_u32..4, 1e-2..1e3_f64, 0_usize..3).prop_map(
        |(reset, compartment, amount, rate, additional, interval, ss)| EventRecord {
            evid: if reset { Evid::ResetAndDose } else { Evid::Dose },
            compartment: if compartment == 0 { Compartment::Default } else { Compartment::Number(compartment) },
            // With AMT 0, RATE above 0 and SS it would be a constant infusion, which has no interval.
            amount: if matches!(rate, DoseRate::Rate(_)) { amount.max(1.0) } else { amount },
            rate,
            additional,
            interval,
            steady_state: [SteadyState::None, SteadyState::Replace, SteadyState::Add][ss],
            missing_dv: true,
            ..EventRecord::observation(0.0)
        },
    );
    let observation =
        (0_u32..4, any::<bool>(), prop::option::of(amount())).prop_map(|(compartment, missing_dv, dv)| {
            let compartment = if compartment == 0 { Compartment::Default } else { Compartment::Number(compartment) };
            EventRecord { compartment, missing_dv, dv, ..EventRecord::observation(0.0) }
        });
    let other = (1_u32..3, any::<bool>()).prop_map(|(number, off)| EventRecord {
        compartment: if off { Compartment::Off(number) } else { Compartment::Number(number) },
        ..EventRecord::other(0.0)
    });
    let reset = Just(EventRecord { evid: Evid::Reset, ..EventRecord::other(0.0) });
    let constant = (1e-3..1e3_f64).prop_map(|rate| EventRecord {
        evid: Evid::Dose,
        rate: DoseRate::Rate(rate),
        steady_state: SteadyState::Replace,
        ..EventRecord::other(0.0)
    });
    prop_oneof![3 => dose, 5 => observation, 1 => other, 1 => reset, 1 => constant]
}

/// A subject with two covariates; times step forward, and now and then back at a reset.
fn subject() -> impl Strategy<Value = SubjectRecords> {
    let step = prop_oneof![Just(0.0), (1_u32..48).prop_map(f64::from), 1e-9..1e3_f64];
    let row = (event(), step, prop::option::of(amount()), amount());
    ("[A-Za-z0-9 ,;\"_.-]{0,6}[A-Za-z0-9]", prop::collection::vec(row, 1..20)).prop_map(|(id, rows)| {
        let mut subject = SubjectRecords { id: id.trim().to_owned(), ..SubjectRecords::default() };
        subject.covariate_names = words("WT CRCL").into();
        let mut time = 0.0;
        for (index, (record, step, weight, clearance)) in rows.into_iter().enumerate() {
            time = if record.evid.resets() && step > 100.0 { step - 100.0 } else { time + step };
            subject.records.push(EventRecord { time, ..record });
            let weight = if index == 0 { weight.or(Some(70.0)) } else { weight };
            subject.covariates.extend([weight.unwrap_or(f64::NAN), clearance]);
        }
        subject
    })
}

fn cohort() -> impl Strategy<Value = Vec<SubjectRecords>> {
    prop::collection::vec(subject(), 1..5).prop_map(|mut subjects| {
        for (index, subject) in subjects.iter_mut().enumerate() {
            subject.id.push_str(&index.to_string());
        }
        subjects
    })
}

fn written(subjects: &[SubjectRecords]) -> Vec<u8> {
    let mut text = Vec::new();
    write(&mut text, subjects).unwrap();
    text
}

proptest! {
    #[test]
    fn what_is_written_reads_back_to_the_same_records_timelines_and_bytes(subjects in cohort()) {
        let text = written(&subjects);
        let names = names("WT CRCL");
        let read = read_with(&text, &DatasetOptions::for_model(&names));
        prop_assert_eq!(written(&read), text);
        prop_assert_eq!(read.len(), subjects.len());
        for (read, subject) in read.iter().zip(&subjects) {
            prop_assert_eq!(&read.id, &subject.id);
            let unplaced = |records: &[EventRecord]| {
                records.iter().map(|record| EventRecord { line: 0, ..*record }).collect::<Vec<_>>()
            };
            prop_assert_eq!(unplaced(&read.records), unplaced(&subject.records));
            let timeline = |subject| from_records(subject, &names, &ScheduleOptions::default()).unwrap().timeline;
            prop_assert_eq!(timeline(read), timeline(subject));
        }
    }

    #[test]
    fn a_plan_has_the_same_timeline_as_its_data_set(
        doses in prop::collection::vec((0.0..500.0_f64, amount(), prop_oneof![Just(0.0), 0.1..24.0_f64], 0_usize..2), 0..8),
        samples in prop::collection::vec(prop_oneof![0.0..600.0_f64, (0_u32..600).prop_map(f64::from)], 1..20),
        weight in 40.0..120.0_f64,
    ) {
        let mut doses: Vec<PlannedDose> = doses
            .into_iter()
            .map(|(time, amount, duration, state)| PlannedDose { time, amount, duration, state })
            .collect();
        doses.sort_by(|a, b| a.time.total_cmp(&b.time));
        let mut samples = samples;
        samples.extend(doses.first().map(|dose| dose.time));
        samples.sort_by(f64::total_cmp);
        samples.dedup();
        let plan = Plan { doses: &doses, samples: &samples, covariates: &[weight], intervals: &[Interval { start: 0.0, end: 600.0 }] };
        let planned = from_plan(&plan).unwrap().timeline;
        prop_assert_eq!(planned.n_rows, samples.len());

        let covariate_names: Arc<[String]> = words("WT").into();
        let text = written(&[records_from_plan("1", &plan, &covariate_names).unwrap()]);
        let names = names("WT");
        let read = read_with(&text, &DatasetOptions::for_model(&names));
        let options = ScheduleOptions {
            answer: teorell::regimen::schedule::Answer::ObservationsOnly,
            exposures: teorell::regimen::schedule::Exposures::Given(plan.intervals),
            ..ScheduleOptions::default()
        };
        prop_assert_eq!(from_records(&read[0], &names, &options).unwrap().timeline, planned);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(ID|TIME|AMT|C|DATE|CMT|[,;\t\"\r\n. 0-9A-Za-z:/-]){0,80}") {
        let with_header = format!("ID,TIME,AMT,EVID,CMT,DATE,RATE,TINF,II,ADDL,SS\n{text}");
        for text in [text.clone(), with_header] {
            let report = check(DatasetReader::new(Cursor::new(text), "data.csv", &DatasetOptions::for_model(&names("WT"))));
            prop_assert!(report.errors.shown.len() <= 20);
        }
    }
}
