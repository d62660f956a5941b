//! Files as a user finds them: whole or not at all, read back as written, and nobody else's touched.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use teorell::cohort::uncertainty::ParameterDraw;
use teorell::exposure::summary::Summary;
use teorell::output::columns;
use teorell::output::folder::{OutputError, OutputFolder};
use teorell::output::layout::{Encoding, Format, Layout, Quantity};
use teorell::output::manifest::{Counts, Manifest};
use teorell::output::profiles::ProfileSink;
use teorell::output::read;
use teorell::output::replicates::{ConfidenceRow, ReplicateSink, Statistic};
use teorell::output::rows::Table;
use teorell::output::summaries::{
    AccumulationRow, SummaryOf, SummaryPlan, SummarySink, append_accumulation, write_summary,
};
use teorell::profile::{IntervalExposure, Profile};
use teorell::regimen::dosing::Cycle;
use teorell::simulate::Replicates;
use teorell::simulate::result::{Failure, Outcome, Simulated};
use teorell::simulate::sink::Sink;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn write(folder: OutputFolder, files: &[(&str, &str)]) -> Result<Manifest, OutputError> {
    let mut open = Vec::new();
    for (name, text) in files {
        let mut file = folder.create(name, Vec::new())?;
        file.write_all(text.as_bytes()).unwrap();
        open.push(file);
    }
    folder.commit(open, Manifest { counts: Counts { subjects: 2, ..Counts::default() }, ..Manifest::default() })
}

#[test]
fn a_finished_folder_holds_the_files_and_a_manifest_that_describes_them() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("new/folder");
    let folder = OutputFolder::open(&path).unwrap();
    let mut file = folder.create("exposure.csv", columns::exposure(&Layout::default())).unwrap();
    file.write_all(b"abc").unwrap();
    assert_eq!(fs::read(file.written_path()).unwrap(), b"abc");
    assert!(!path.join("exposure.csv").exists(), "it has no name of its own before all are done");
    let manifest = folder.commit(vec![file], Manifest::default()).unwrap();
    assert_eq!(names(&path), ["exposure.csv", "run.json"]);
    let record = manifest.file("exposure.csv").unwrap();
    assert_eq!(record.bytes, 3);
    // `printf abc | b3sum`, b3sum 1.2.0.
    assert_eq!(record.blake3, "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
    assert_eq!(record.columns[5].name, "dose");
    assert_eq!(Manifest::read(&path).unwrap(), manifest);
}

#[cfg(unix)]
#[test]
fn finished_files_have_the_permissions_of_other_new_files() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    write(OutputFolder::open(place.path()).unwrap(), &[("summary.csv", "x")]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let ordinary = place.path().join("ordinary");
    fs::write(&ordinary, "x").unwrap();
    assert_eq!(mode(&place.path().join("summary.csv")), mode(&ordinary));
}

#[test]
fn an_unfinished_run_leaves_nothing_behind_and_the_last_results_as_they_were() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("run");
    let folder = OutputFolder::open(&path).unwrap();
    let file = folder.create("summary.csv", Vec::new()).unwrap();
    drop(file);
    drop(folder);
    assert!(!path.exists());

    write(OutputFolder::open(&path).unwrap(), &[("summary.csv", "first")]).unwrap();
    let before = fs::read(path.join("run.json")).unwrap();
    let folder = OutputFolder::open(&path).unwrap();
    let mut file = folder.create("summary.csv", Vec::new()).unwrap();
    file.write_all(b"second, half").unwrap();
    drop(file);
    drop(folder);
    assert_eq!(names(&path), ["run.json", "summary.csv"]);
    assert_eq!(fs::read(path.join("summary.csv")).unwrap(), b"first");
    assert_eq!(fs::read(path.join("run.json")).unwrap(), before);
}

#[test]
fn a_second_run_replaces_what_is_ours_and_keeps_what_is_not() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path();
    write(OutputFolder::open(path).unwrap(), &[("summary.csv", "1"), ("profiles.csv", "1"), ("exposure.csv", "1")])
        .unwrap();
    fs::write(path.join("notes.txt"), "mine").unwrap();
    fs::write(path.join("exposure.csv"), "edited by hand").unwrap();
    let manifest = write(OutputFolder::open(path).unwrap(), &[("summary.csv", "2")]).unwrap();
    // profiles.csv would be of another run than summary.csv; exposure.csv has been changed and so is not ours any more.
    assert_eq!(names(path), ["exposure.csv", "notes.txt", "run.json", "summary.csv"]);
    assert_eq!(fs::read(path.join("summary.csv")).unwrap(), b"2");
    assert_eq!(fs::read(path.join("exposure.csv")).unwrap(), b"edited by hand");
    assert_eq!(manifest.files.len(), 1);
    let refused = OutputFolder::open(path).unwrap().create("exposure.csv", Vec::new()).unwrap_err();
    assert!(matches!(refused, OutputError::ForeignFile { .. }), "{refused}");
}

#[test]
fn other_peoples_folders_are_refused_by_name_and_remedy() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("thesis.tex"), "years").unwrap();
    let error = OutputFolder::open(place.path()).unwrap_err().to_string();
    assert!(error.contains("`thesis.tex`") && error.contains("--out"), "{error}");
    let error = OutputFolder::open(&place.path().join("thesis.tex")).unwrap_err();
    assert!(matches!(error, OutputError::NotAFolder { .. }), "{error}");
    let error = OutputFolder::open(&place.path().join("thesis.tex/below")).unwrap_err();
    assert!(matches!(error, OutputError::Folder { .. }), "{error}");
    fs::write(place.path().join("run.json"), "{\"somebody\": \"else\"}").unwrap();
    let error = OutputFolder::open(place.path()).unwrap_err();
    assert!(matches!(error, OutputError::Manifest { .. }), "{error}");
    assert_eq!(names(place.path()), ["run.json", "thesis.tex"]);
}

#[test]
fn what_an_interrupted_run_left_does_not_make_a_folder_foreign() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join(".teorell-abc-profiles.csv"), "half a").unwrap();
    assert!(OutputFolder::open(place.path()).is_ok());
}

/// A disk with room for the header and no more.
struct FullDisk {
    room: usize,
}

impl Write for FullDisk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = bytes.len().min(self.room);
        self.room -= written;
        if written == 0 { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(written) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_stops_the_sink_with_an_error() {
    let sink = ProfileSink::new(Arc::new(layout()), Format::default(), FullDisk { room: 100 }).unwrap();
    let rows = sink.digest(&cohort(50));
    assert_eq!(sink.absorb(rows).unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    let error = OutputError::Write { path: "out/profiles.csv".into(), source: std::io::ErrorKind::StorageFull.into() };
    assert_eq!(
        error.to_string(),
        "could not write `out/profiles.csv`; free some space, write fewer files with --outputs, or give another folder with --out"
    );
}

fn layout() -> Layout {
    Layout {
        arms: vec!["fixed".to_owned(), "late".to_owned()],
        time_unit: "h".to_owned(),
        outputs: vec![Quantity { index: 0, name: "Cc".to_owned(), unit: "ng/mL".to_owned(), meaning: String::new() }],
        observed_unit: Some("ng/mL".to_owned()),
        exposure_unit: "ng/mL".to_owned(),
        ..Layout::default()
    }
}

/// Subject k has Cc = k at 0 h and k + 1 at 24 h, AUC 2 k and 3 k; every tenth fails; in arm `late` odd subjects stop after cycle 1.
fn cohort(n: u64) -> Vec<Simulated> {
    let times: Arc<[f64]> = [0.0, 24.0].into();
    let given = |n: u32| {
        (1..=n)
            .map(|number| Cycle {
                number,
                start: 24.0 * f64::from(number - 1),
                end: 24.0 * f64::from(number),
                dose: 1.0,
            })
            .collect()
    };
    let both: Arc<[Cycle]> = given(2);
    let one: Arc<[Cycle]> = given(1);
    let mut cohort = Vec::new();
    for number in 1..=n {
        for arm in 0..2 {
            let k = number as f64;
            let cycles = if arm == 1 && number % 2 == 1 { &one } else { &both };
            let exposures = [2.0 * k, 3.0 * k].map(|auc| IntervalExposure { auc, cmax: k, tmax: 1.0, ctrough: 0.0 });
            let profile = Profile {
                n_outputs: 1,
                values: vec![k, k + 1.0],
                exposures: exposures[..cycles.len()].to_vec(),
                ..Profile::default()
            };
            cohort.push(Simulated {
                arm,
                replicate: 0,
                number,
                id: number.to_string().into(),
                covariates: Vec::new(),
                etas: Vec::new(),
                parameters: Vec::new(),
                terminal_half_life: None,
                times: Arc::clone(&times),
                cycles: Arc::clone(cycles),
                events: Vec::new(),
                carried: Vec::new(),
                outcome: if number % 10 == 0 {
                    Err(Failure { time: None, message: "asked to".to_owned() })
                } else {
                    Ok(Outcome { profile, observed: vec![k, f64::NAN], solver: "taylor" })
                },
            });
        }
    }
    cohort
}

fn summarise(cohort: &[Simulated], chunk: usize) -> teorell::output::summaries::Summaries {
    let plan = SummaryPlan { times: vec![[0.0, 24.0].into(); 2], observed: true, expected_subjects: 0 };
    let sink = SummarySink::new(Arc::new(layout()), plan);
    for chunk in cohort.chunks(chunk) {
        let digest = sink.digest(chunk);
        sink.absorb(digest).unwrap();
    }
    sink.finish()
}

#[test]
fn summaries_are_those_of_the_subjects_that_have_a_value() {
    let found = summarise(&cohort(100), 20);
    let row = |arm: &str, of: SummaryOf, quantity: &str| -> Summary {
        found.summary.iter().find(|row| row.arm == arm && row.of == of && row.quantity == quantity).unwrap().summary
    };
    // 1..=100 without the tens: 5050 - 550 over 90.
    let start = row("fixed", SummaryOf::Time(0.0), "Cc");
    assert_eq!((start.n, start.mean), (90, Some(50.0)));
    assert_eq!(row("fixed", SummaryOf::Time(24.0), "Cc").mean, Some(51.0));
    assert_eq!(row("fixed", SummaryOf::Time(24.0), "DV"), Summary::default(), "it was not observed");
    assert_eq!(row("fixed", SummaryOf::Cycle(2), "auc").mean, Some(150.0));
    assert_eq!(row("fixed", SummaryOf::Cycle(2), "auc_ratio").p50, Some(1.5));
    assert_eq!(row("late", SummaryOf::Cycle(1), "auc").n, 90);
    assert_eq!(row("late", SummaryOf::Cycle(2), "auc").n, 40, "the even ones without the tens");
    assert_eq!(row("fixed", SummaryOf::Cycle(2), "ctrough").geometric_mean, None, "zero has no logarithm");
}

#[test]
fn accumulation_compares_the_same_subjects() {
    let found = summarise(&cohort(100), 20);
    for arm in ["fixed", "late"] {
        let row = found.accumulation.iter().find(|r| r.arm == arm && r.cycle == 2 && r.quantity == "auc").unwrap();
        // Every subject has 1.5, so every definition must say so, however many left after cycle 1.
        let all = [
            row.accumulation.ratio_of_means,
            row.accumulation.ratio_of_medians,
            row.accumulation.geometric_mean_of_ratios,
            row.accumulation.median_of_ratios,
        ];
        assert!(all.iter().all(|ratio| (ratio.unwrap() - 1.5).abs() < 1e-14), "{row:?}");
    }
}

#[test]
fn means_and_medians_over_the_first_cycle_are_of_all_who_have_both_also_where_the_first_is_0() {
    let mut cohort = cohort(100);
    for subject in &mut cohort {
        let Ok(outcome) = &mut subject.outcome else { continue };
        for (exposure, later) in outcome.profile.exposures.iter_mut().zip([0.0, 1.0]) {
            exposure.ctrough = if subject.number <= 50 { 3.0 } else { later };
        }
    }
    let found = summarise(&cohort, 20);
    let accumulation = |cycle: u32| {
        let of = |row: &&AccumulationRow| row.arm == "fixed" && row.cycle == cycle && row.quantity == "ctrough";
        let found = found.accumulation.iter().find(of).unwrap().accumulation;
        (found.n, found.ratio_of_means, found.ratio_of_medians, found.geometric_mean_of_ratios)
    };
    // 45 subjects have 3 in both cycles, 45 have 0 and then 1: (45·3 + 45·1) / (45·3), and medians of 1.5 and 2.
    assert_eq!(accumulation(1), (90, Some(1.0), Some(1.0), Some(1.0)));
    assert_eq!(accumulation(2), (90, Some(2.0 / 1.5), Some(2.0 / 1.5), Some(1.0)));
}

#[test]
fn numbers_do_not_depend_on_how_chunks_are_cut_beyond_rounding() {
    let cohort = cohort(500);
    let (fine, coarse) = (summarise(&cohort, 34), summarise(&cohort, 1000));
    for (a, b) in fine.summary.iter().zip(&coarse.summary) {
        assert_eq!((a.summary.n, a.summary.p5, a.summary.p95), (b.summary.n, b.summary.p5, b.summary.p95));
        if let (Some(a), Some(b)) = (a.summary.sd, b.summary.sd) {
            // Rounding of a sum of 500 squares.
            assert!((a - b).abs() <= 1e-12 * b);
        }
    }
    assert_eq!(fine, summarise(&cohort, 34), "the same chunks give the same bits");
}

#[test]
fn replicates_of_any_size_are_told_apart_however_far_threads_are_ahead() {
    let replicates =
        Replicates::of_draws(vec![ParameterDraw { thetas: vec![], omegas: vec![], redrawn: 0 }; 2], 1, true);
    let other = |mut subject: Simulated| {
        subject.replicate = 1;
        if let Ok(outcome) = &mut subject.outcome {
            outcome.profile.values.iter_mut().for_each(|value| *value *= 10.0);
        }
        subject
    };
    let first = cohort(60);
    let second: Vec<Simulated> = first.iter().cloned().map(other).collect();
    // Above 20,000 expected subjects nothing but counts is kept, which are added as chunks are made.
    for expected_subjects in [60, 30_000] {
        let plan = SummaryPlan { times: vec![[0.0, 24.0].into(); 2], observed: false, expected_subjects };
        let layout = Arc::new(layout());
        let mut sink = ReplicateSink::new(layout.clone(), plan, &replicates, Format::default(), Vec::new()).unwrap();
        let digests: Vec<_> = first.chunks(24).chain(second.chunks(24)).map(|chunk| sink.digest(chunk)).collect();
        digests.into_iter().for_each(|digest| sink.absorb(digest).unwrap());
        let rows = sink.end().unwrap().rows();
        let of = |statistic| {
            let is = |row: &&ConfidenceRow| {
                row.arm == "fixed" && row.of == SummaryOf::Time(0.0) && row.statistic == statistic
            };
            rows.iter().find(is).unwrap().percentiles
        };
        // Values 1 to 60 without the tens, and ten times those: medians 30 and 300, and percentiles over two are between them. A sketch
        // says the middle of a bucket, within 0.1 %, and between two order statistics.
        let [low, middle, high] = of(Statistic::P50).map(Option::unwrap);
        for (found, expected) in [(low, 30.0 + 0.025 * 270.0), (middle, 165.0), (high, 30.0 + 0.975 * 270.0)] {
            assert!((found / expected - 1.0).abs() < 2e-3, "{expected_subjects}: {found} instead of {expected}");
        }
        let text = String::from_utf8(sink.into_writer().unwrap()).unwrap();
        assert_eq!(text.lines().filter(|line| line.starts_with("fixed,1,profile,0,")).count(), 1, "{text}");
    }
}

#[test]
fn tables_read_back_as_they_were_written() {
    let place = tempfile::tempdir().unwrap();
    let cohort = cohort(30);
    let found = summarise(&cohort, 10);
    let path = place.path().join("summary.csv");
    fs::write(&path, write_summary(&found.summary, &layout(), Format::default(), Vec::new()).unwrap()).unwrap();
    assert_eq!(read::summary(&path).unwrap(), found.summary);
    let table = Table::new(Vec::new(), Format::default(), &columns::accumulation(&layout())).unwrap();
    append_accumulation(&table, &found.accumulation, &layout()).unwrap();
    let text = table.into_writer().unwrap();
    assert!(String::from_utf8(text).unwrap().contains("\nfixed,2,auc,27,1.5,1.5,1.5"), "3 of 30 failed");

    for encoding in Encoding::ALL.into_iter().filter(|encoding| encoding.is_built_in()) {
        let format = Format { encoding, ..Format::default() };
        let sink = ProfileSink::new(Arc::new(layout()), format, Vec::new()).unwrap();
        for chunk in cohort.chunks(7) {
            let rows = sink.digest(chunk);
            sink.absorb(rows).unwrap();
        }
        let path = place.path().join(format!("profiles.{}", encoding.ending()));
        fs::write(&path, sink.into_writer().unwrap()).unwrap();
        let curves = read::curves(&path, &["Cc"], 11).unwrap();
        assert_eq!(curves.len(), 22, "11 subjects in two arms");
        assert_eq!((curves[2].arm.as_str(), curves[2].id.as_str()), ("fixed", "2"));
        assert_eq!(curves[2].values, [[2.0, 3.0]]);
        assert!(curves[18].values[0][0].is_nan(), "subject 10 failed");
    }
}

#[test]
fn a_table_that_is_not_one_is_refused_with_its_place() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("profiles.csv");
    fs::write(&path, "arm,id,time,Cc\nfixed,1,0,0\nfixed,1,one,5\n").unwrap();
    let error = read::curves(&path, &["Cc"], 5).unwrap_err().to_string();
    assert!(error.ends_with("line 3: column `time` has `one`, expected a number or nothing"), "{error}");
    let error = read::curves(&path, &["cl"], 5).unwrap_err().to_string();
    assert!(error.contains("no column `cl`") && error.ends_with("run `simulate`, `vpc` or `forest` again"), "{error}");
}
