//! Visual predictive checks: data simulated from the model lie in their bands as often as they should, data from another model do
//! not, correction follows its closed form, and `teorell vpc` says what is wrong.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use tempfile::TempDir;
use teorell::exposure::vpc::{VpcParameters, VpcResult};
use teorell::simulate::result::Simulated;
use teorell::simulate::sink::{AnySink, Sink};
use teorell::study::Study;

/// One compartment after a bolus, CL 5 L/h, V 50 L: k = 0.1 per h. Solved exactly, and fast.
const MODEL: &str = r#"
bolus <- function() {
  units <- list(time = "h", dosing = "mg", concentration = "mg/L")
  ini({ lcl <- log(5); lv <- log(50); etacl ~ 0.09; etav ~ 0.04; prop_sd <- 0.15 })
  model({
    cl <- exp(lcl + etacl)
    v <- exp(lv + etav)
    d/dt(central) <- -cl / v * central
    Cc <- central / v
    Cc ~ prop(prop_sd)
  })
}
"#;

/// A folder with the model in it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bolus.R"), MODEL).unwrap();
    folder
}

/// A study of `data.csv` in a folder; `more` is what else it says.
fn study(folder: &Path, seed: u64, more: &str) -> Study {
    let text = format!(
        "seed = {seed}\nmodel = {model:?}\n{more}\n[data]\npath = {data:?}\nobservations_only = true\n",
        model = folder.join("bolus.R").display().to_string(),
        data = folder.join("data.csv").display().to_string(),
    );
    Study::from_text(&text, &[]).unwrap()
}

/// Keeps simulated observations in order.
#[derive(Default)]
struct Collect(Mutex<Vec<f64>>);

impl Sink for Collect {
    type Digest = Vec<f64>;

    fn digest(&self, chunk: &[Simulated]) -> Vec<f64> {
        chunk.iter().flat_map(|simulated| simulated.outcome.as_ref().unwrap().observed.clone()).collect()
    }

    fn absorb(&self, values: Vec<f64>) -> std::io::Result<()> {
        self.0.lock().unwrap().extend(values);
        Ok(())
    }
}

/// Times of each subject, after 100 mg at time 0.
type Design = Vec<Vec<f64>>;

/// Writes `data.csv`; `values` one per sample, in order, missing where there are none.
fn write_data(folder: &Path, design: &Design, values: &[f64]) {
    let mut values = values.iter();
    let mut text = "ID,TIME,AMT,DV\n".to_owned();
    for (subject, times) in design.iter().enumerate() {
        text += &format!("{subject},0,100,.\n");
        for time in times {
            let value = values.next().map_or_else(|| ".".to_owned(), f64::to_string);
            text += &format!("{subject},{time},.,{value}\n");
        }
    }
    fs::write(folder.join("data.csv"), text).unwrap();
}

/// Writes data simulated with a seed, with parameters as `more` says.
fn simulated(folder: &Path, design: &Design, seed: u64, more: &str) {
    write_data(folder, design, &[]);
    let sink = Collect::default();
    let sinks: [&dyn AnySink; 1] = [&sink];
    study(folder, seed, more).run(Some(1), &sinks, &mut |_| ()).unwrap();
    write_data(folder, design, &sink.0.into_inner().unwrap());
}

/// Such data checked against the model as it is written.
fn checked(folder: &Path, design: &Design, seed: u64, more: &str, replicates: u32) -> VpcResult {
    simulated(folder, design, seed, more);
    // Another seed than the data's: with the same one replicate 0 would be the data.
    let study = study(folder, seed + 1_000_000, &format!("[vpc]\nreplicates = {replicates}"));
    study.vpc().unwrap().run(Some(2), &[], &mut |_| ()).unwrap().0
}

/// Share of the 5th, 50th and 95th percentiles that lie in their bands, over seeds, and how many of each there were.
fn coverage(design: &Design, seeds: std::ops::Range<u64>, more: &str, replicates: u32) -> ([f64; 3], f64) {
    let folder = folder();
    let (mut inside, mut of) = ([0.0; 3], 0.0);
    for seed in seeds {
        let result = checked(folder.path(), design, seed, more, replicates);
        for cell in &result.cells {
            of += 1.0;
            for (count, compared) in inside.iter_mut().zip(&cell.percentiles) {
                *count += f64::from(u8::from(compared.is_inside().unwrap()));
            }
        }
    }
    (inside.map(|count| count / of), of)
}

/// How often a percentile lies in the 95 % band of R replicates of itself: it and they are exchangeable, so that its rank among
/// them is uniform, and the type-7 percentile 2.5 % lies (R - 1) 0.025 order statistics above the lowest.
fn expected_coverage(replicates: f64) -> f64 {
    1.0 - 2.0 * ((replicates - 1.0) * 0.025 + 1.0) / (replicates + 1.0)
}

const TIMES: [f64; 5] = [0.5, 2.0, 5.0, 10.0, 20.0];

#[test]
fn data_of_the_model_lie_in_their_bands_as_often_as_they_should() {
    // Each subject is seen once, 8 subjects at each of 5 times: bins are independent, and over 50 seeds there are 250 of each
    // percentile. The share inside is binomial: 3.3 standard deviations leave one false alarm in a thousand.
    let design: Design = (0..40).map(|subject| vec![TIMES[subject % 5]]).collect();
    let (inside, n) = coverage(&design, 0..50, "", 100);
    assert_eq!(n, 250.0);
    let expected = expected_coverage(100.0);
    let tolerance = 3.3 * (expected * (1.0 - expected) / n).sqrt();
    assert!(tolerance < 0.055);
    for share in inside {
        assert!((share - expected).abs() < tolerance, "{inside:?}, expected {expected:.3} ± {tolerance:.3}");
    }
}

#[test]
fn data_of_subjects_seen_again_and_again_lie_in_their_bands_as_often() {
    // All 8 subjects are seen at all times, so that bins of a seed hang together: the share has the same mean, and at the worst,
    // where all bins are inside or outside together, the spread of 50 seeds alone.
    let design: Design = vec![TIMES.to_vec(); 8];
    let (inside, n) = coverage(&design, 100..150, "", 100);
    assert_eq!(n, 250.0);
    let expected = expected_coverage(100.0);
    let tolerance = 3.3 * (expected * (1.0 - expected) / 50.0).sqrt();
    for share in inside {
        assert!((share - expected).abs() < tolerance, "{inside:?}, expected {expected:.3} ± {tolerance:.3}");
    }
}

#[test]
fn where_parameters_are_uncertain_data_lie_in_the_bands_that_draw_them_and_not_in_those_that_do_not() {
    // Clearance of each seed's data is lognormal with the standard error that the check is told, 0.5: the data and every replicate
    // then come from one distribution. The bins of a seed hang together, as above.
    let folder = folder();
    let design: Design = vec![TIMES.to_vec(); 8];
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let (mut drawn, mut estimates, mut of) = (0.0, 0.0, 0.0);
    for seed in 200..250 {
        let z: f64 = StandardNormal.sample(&mut random);
        let truth = format!("[parameters]\nlcl = {:?}", 5.0_f64.ln() + 0.5 * z);
        simulated(folder.path(), &design, seed, &truth);
        let result = |wanted: bool| {
            let more = format!(
                "[uncertainty]\nreplicates = 2\nse = {{ lcl = 0.5 }}\n[vpc]\nreplicates = 100\nuncertainty = {wanted}"
            );
            study(folder.path(), seed + 1_000_000, &more).vpc().unwrap().run(Some(2), &[], &mut |_| ()).unwrap().0
        };
        let (with, without) = (result(true), result(false));
        assert_eq!(with.design.parameters, VpcParameters::Drawn);
        assert_eq!(without.design.parameters, VpcParameters::Estimates);
        let inside = |result: &VpcResult| result.inside().0 as f64;
        (drawn, estimates, of) = (drawn + inside(&with), estimates + inside(&without), of + with.inside().1 as f64);
    }
    assert_eq!(of, 750.0);
    let expected = expected_coverage(100.0);
    let tolerance = 3.3 * (expected * (1.0 - expected) / 50.0).sqrt();
    let share = drawn / of;
    assert!((share - expected).abs() < tolerance, "{share}, expected {expected:.3} ± {tolerance:.3}");
    assert!(estimates / of < 0.75, "with the same parameters {}", estimates / of);
}

#[test]
fn data_of_another_model_fall_out() {
    // Clearance doubled: at 20 h the median is exp(-2) of what the model says.
    let design: Design = vec![TIMES.to_vec(); 8];
    let (inside, _) = coverage(&design, 0..5, "[parameters]\nlcl = \"log(10)\"", 100);
    assert!(inside[1] < 0.5, "medians inside: {inside:?}");
    // Residual error without the variability between subjects: the tails come in.
    let wide: Design = vec![TIMES.to_vec(); 30];
    let (inside, _) = coverage(&wide, 0..5, "[omega]\netacl = 0\netav = 0", 100);
    assert!(inside[0].min(inside[2]) < 0.5, "tails inside: {inside:?}");
}

#[test]
fn correction_follows_the_closed_form_of_the_prediction() {
    // Doses 100 and 50 mg and times 9 and 11 h in one bin: PRED = dose/50 exp(-t/10), and pcDV = DV times their median over it.
    // The linear solver is exact: rounding through a handful of exponentials, 1e-12.
    let folder = folder();
    let text = "ID,TIME,AMT,DV\n1,0,100,.\n1,9,.,0.7\n1,11,.,0.8\n2,0,50,.\n2,9,.,0.5\n2,11,.,0.3\n";
    fs::write(folder.path().join("data.csv"), text).unwrap();
    let run = |more: &str| {
        let study = study(folder.path(), 1, &format!("[vpc]\nbins = [8, 12]\nreplicates = 40\n{more}"));
        study.vpc().unwrap().run(None, &[], &mut |_| ()).unwrap().0
    };
    let result = run("prediction_corrected = true");
    let pred =
        [(100.0, 9.0_f64), (100.0, 11.0), (50.0, 9.0), (50.0, 11.0)].map(|(dose, t)| dose / 50.0 * (-t / 10.0).exp());
    let median = pred[1].midpoint(pred[2]);
    for (factor, pred) in result.factors.iter().zip(pred) {
        assert!((factor * pred / median - 1.0).abs() < 1e-12, "{factor} not {}", median / pred);
    }
    // Corrected, what the doses differ by is gone: the band of the highest percentile is narrower, relative to its middle.
    let width = |result: &VpcResult| {
        let p95 = result.cells[0].percentiles[2];
        (p95.high - p95.low) / p95.median
    };
    assert_eq!(run("").factors, [1.0; 4]);
    assert!(result.corrected && width(&result) < 1.5);
}

#[test]
fn one_dose_and_one_time_per_bin_need_no_correction() {
    // All predictions of a bin are the same number, so that each factor is it over itself, exactly 1.
    let folder = folder();
    let design: Design = vec![TIMES.to_vec(); 6];
    let plain = checked(folder.path(), &design, 3, "", 40);
    let study = study(folder.path(), 1_000_003, "[vpc]\nreplicates = 40\nprediction_corrected = true");
    let corrected = study.vpc().unwrap().run(Some(1), &[], &mut |_| ()).unwrap().0;
    assert_eq!(corrected.factors, [1.0; 30]);
    assert_eq!(plain.cells, corrected.cells, "for any number of threads, too");
}

/// The command in a folder with the model and a small data set: two subjects, a nominal time, a stratum.
struct Bench {
    folder: TempDir,
}

const DATA: &str = "ID,TIME,NTIME,AMT,DV,BLQ,SEX\n\
    1,0,0,100,.,0,0\n1,1.1,1,.,1.9,0,0\n1,8,8,.,0.8,0,0\n1,24,24,.,.,1,0\n\
    2,0,0,100,.,0,1\n2,0.9,1,.,1.7,0,1\n2,8.3,8,.,0.9,0,1\n2,24,24,.,0.2,0,1\n";

impl Bench {
    fn new(data: &str) -> Self {
        let folder = folder();
        fs::write(folder.path().join("data.csv"), data).unwrap();
        Self { folder }
    }

    fn vpc(&self, arguments: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = Command::cargo_bin("teorell").unwrap();
        command.current_dir(self.folder.path()).args(["vpc", "data.csv", "--model", "bolus.R"]);
        command.args(arguments).assert()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// Exits with 2, tells all of these, and leaves nothing behind.
    fn refuses(&self, arguments: &[&str], expected: &[&str]) {
        let mut assert = self.vpc(arguments).code(2).stdout("");
        for text in expected {
            assert = assert.stderr(contains(*text));
        }
        assert!(!self.folder.path().join("data-vpc").exists(), "a folder is left behind");
    }
}

#[test]
fn a_check_writes_tables_a_picture_and_where_they_come_from() {
    let bench = Bench::new(DATA);
    let arguments = ["--replicates", "60", "--bins", "nominal", "--lloq", "0.25"];
    bench
        .vpc(&arguments)
        .success()
        .stdout(
            contains("observed percentiles lie in their 95 % bands")
                .and(contains("60 replicates with the same parameters, 3 bins")),
        )
        .stderr(contains("60 replicates make unsteady bands").and(contains("wrote 8 files into `data-vpc`")));
    let table = bench.read("data-vpc/vpc.csv");
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(
        rows[0],
        "endpoint,stratum,bin,start,end,time,n,n_blq,replicates,parameters,quantity,unit,observed,simulated_low,simulated_median,simulated_high,inside"
    );
    assert_eq!(rows.len(), 1 + 3 * 4, "three percentiles and a share per bin");
    // The 5th percentile of 1.7 and 1.9 is a twentieth of the way.
    assert!(rows[1].starts_with("Cc,,1,0.9,1.1,1,2,0,60,estimates,p5,mg/L,1.71,"), "{}", rows[1]);
    // Of 0.2 and a value below 0.25, both are below the limit.
    assert!(rows[9].starts_with("Cc,,3,24,24,24,2,2,60,estimates,p5,mg/L,,"), "{}", rows[9]);
    assert!(rows[12].starts_with("Cc,,3,24,24,24,2,2,60,estimates,blq_share,,1,"), "{}", rows[12]);
    let observations = bench.read("data-vpc/vpc_observations.csv");
    assert_eq!(observations.lines().next().unwrap(), "id,time,time_after_dose,stratum,bin,DV,blq,lloq");
    assert!(observations.contains("\n1,24,24,,3,,1,0.25\n"), "{observations}");
    assert!(bench.read("data-vpc/vpc.svg").contains("visual predictive check of Cc"));
    let manifest = bench.read("data-vpc/run.json");
    for part in ["\"seed\": 20170817", "bins = \\\"nominal\\\"", "\"sha256\"", "\"simulated_low\"", "\"subjects\": 120"]
    {
        assert!(manifest.contains(part), "{part} in {manifest}");
    }
}

#[test]
fn a_picture_drawn_again_from_the_tables_is_the_same_and_takes_another_theme() {
    let bench = Bench::new(DATA);
    bench.vpc(&["--replicates", "40", "--lloq", "0.25"]).success();
    let before = bench.read("data-vpc/vpc.svg");
    let plot = |theme: &str| {
        let mut command = Command::cargo_bin("teorell").unwrap();
        command.current_dir(bench.folder.path()).args(["plot", "data-vpc", "--theme", theme]).assert().success();
        bench.read("data-vpc/vpc.svg")
    };
    assert_ne!(plot("dark"), before);
    assert_eq!(plot("light"), before);
}

#[test]
fn the_same_bytes_come_out_for_any_number_of_threads() {
    let bench = Bench::new(DATA);
    let read = |threads: &str| {
        let arguments = ["--replicates", "150", "--lloq", "0.25", "--prediction-corrected", "--threads", threads, "-q"];
        bench.vpc(&arguments).success().stdout("");
        ["vpc.csv", "vpc_observations.csv", "vpc.svg"].map(|name| bench.read(&format!("data-vpc/{name}")))
    };
    assert_eq!(read("1"), read("5"));
}

#[test]
fn strata_are_compared_each_by_itself() {
    let bench = Bench::new(DATA);
    bench.vpc(&["--replicates", "40", "--bins", "0,5,25", "--lloq", "0.1", "--stratify", "SEX"]).success();
    let table = bench.read("data-vpc/vpc.csv");
    let strata: Vec<&str> = table.lines().skip(1).map(|row| row.split(',').nth(1).unwrap()).collect();
    assert_eq!(strata.iter().filter(|stratum| **stratum == "SEX 0").count(), 8);
    assert_eq!(strata.iter().filter(|stratum| **stratum == "SEX 1").count(), 8);
}

#[test]
fn a_study_with_a_table_vpc_says_the_same_as_flags() {
    let bench = Bench::new(DATA);
    bench.vpc(&["--replicates", "40", "--lloq", "0.25", "--bins", "0,5,25", "--out", "flags"]).success();
    let study = "name = \"data\"\nmodel = \"bolus.R\"\n[data]\npath = \"data.csv\"\n\
                 [vpc]\nreplicates = 40\nlloq = 0.25\nbins = [0, 5, 25]\n";
    fs::write(bench.folder.path().join("s.toml"), study).unwrap();
    let mut command = Command::cargo_bin("teorell").unwrap();
    command.current_dir(bench.folder.path()).args(["vpc", "s.toml", "--out", "study"]).assert().success();
    for name in ["vpc.csv", "vpc.svg"] {
        assert_eq!(bench.read(&format!("flags/{name}")), bench.read(&format!("study/{name}")));
    }
    // Wrong keys are shown where they stand.
    fs::write(bench.folder.path().join("s.toml"), study.replace("replicates = 40", "replicates = 4")).unwrap();
    let mut command = Command::cargo_bin("teorell").unwrap();
    let assert = command.current_dir(bench.folder.path()).args(["vpc", "s.toml"]).assert().code(2);
    assert.stderr(contains("s.toml:6:14").and(contains("`4` replicates are too few")));
}

#[test]
fn arguments_that_cannot_be_used_are_refused_by_name_and_remedy() {
    let bench = Bench::new(DATA);
    let lloq = ["--lloq", "0.25"];
    let with = |more: &[&'static str]| [&lloq, more].concat();
    bench.refuses(
        &with(&["--replicates", "20"]),
        &["`20` replicates are too few", "at least 40", "--> --replicates 20"],
    );
    bench.refuses(&with(&["--replicates", "-1"]), &["--replicates -1"]);
    bench.refuses(&with(&["--bins", "0,x"]), &["--bins is `0,x`; expected auto, nominal, or edges"]);
    bench.refuses(&with(&["--bins", "0,8,4"]), &["edge `4` of a bin follows `8`", "--> --bins 0,8,4"]);
    bench.refuses(&with(&["--bins", "0,2,4,30"]), &["the bin from 2 to 4 holds no observation", "--> --bins"]);
    bench.refuses(&["--lloq", "-1"], &["`lloq` is `-1`; expected a number above 0", "--> --lloq -1"]);
    bench.refuses(&with(&["--stratify", "SEXX"]), &["has no column `SEXX`", "did you mean `SEX`?"]);
    bench.refuses(&with(&["--nominal", "WHEN"]), &["has no column `WHEN`", "--> --nominal WHEN"]);
    bench.refuses(&with(&["--endpoint", "Cd"]), &["the model has no endpoint `Cd`", "there are `Cc`"]);
    bench.refuses(&with(&["--set", "vpc.bin=1"]), &["unknown key `bin`", "did you mean `bins`?"]);
    bench.refuses(&with(&["--theme", "sepia"]), &["sepia", "--> --theme sepia"]);
    let mut command = Command::cargo_bin("teorell").unwrap();
    let assert = command.current_dir(bench.folder.path()).args(["vpc", "data.csv"]).assert().code(2);
    assert.stderr(contains("a data set alone does not say what the drug does").and(contains("--model")));
}

#[test]
fn data_that_cannot_be_checked_are_refused_by_line_and_remedy() {
    let refuses = |data: &str, expected: &[&str]| Bench::new(data).refuses(&[], expected);
    refuses(
        "ID,TIME,AMT\n1,0,100\n1,1,.\n",
        &["has no column DV", "name the column of observed values DV; there are `ID`, `TIME`, `AMT`"],
    );
    refuses("ID,TIME,AMT,DV\n1,0,100,.\n1,1,.,.\n", &["has 1 observation records of `Cc`, and none counts"]);
    refuses("ID,TIME,AMT,DV,MDV\n1,0,100,.,1\n1,1,.,3,1\n", &["none counts: a DV is missing, or MDV is 1"]);
    refuses("ID,TIME,AMT,DV\n1,0,100,.\n1,1,.,x\n", &["line 3", "`x`"]);
    refuses(
        "ID,TIME,AMT,DV,BLQ\n1,0,100,.,0\n1,1,.,3,2\n",
        &["line 3, column `BLQ`: `2` is not 1 (below quantification) or 0"],
    );
    refuses(DATA, &["line 5: the value is marked as below quantification, and the limit is not given", "--lloq"]);
    refuses(
        "ID,TIME,AMT,DV,LLOQ\n1,0,100,.,.\n1,1,.,3,0\n",
        &["line 3, column `LLOQ`: `0` is not a limit of quantification above 0"],
    );
    refuses("ID,TIME,AMT,DV,NTIME\n1,0,100,.,0\n1,1,.,3,.\n", &["line 3, column `NTIME`: `.` is not a nominal time"]);
    let many: String = (1..=9).map(|id| format!("{id},0,100,.,{id}\n{id},1,.,2,{id}\n")).collect();
    Bench::new(&format!("ID,TIME,AMT,DV,SITE\n{many}"))
        .refuses(&["--stratify", "SITE"], &["column `SITE` has 9 different values; expected at most 8 strata"]);
    let mut command = Command::cargo_bin("teorell").unwrap();
    command.args(["vpc", "-", "--model", "bolus.R"]).write_stdin(DATA).assert().code(2);
}

/// Doses at 0 and 12 h (the second by ADDL) and at 24.2 h, a sample before all of them, and nominal times since the start.
const DOSED_AGAIN: &str = "ID,TIME,NTIME,AMT,II,ADDL,DV\n\
    1,0,0,.,.,.,0.1\n1,0,0,100,12,1,.\n1,2.1,2,.,.,.,1.5\n1,12,12,.,.,.,2.4\n1,14.2,14,.,.,.,2.1\n\
    1,24.1,24,.,.,.,0.9\n1,24.2,24,100,.,.,.\n1,26.3,26,.,.,.,2.4\n";

#[test]
fn by_time_after_dose_intervals_lie_over_each_other() {
    let bench = Bench::new(DOSED_AGAIN);
    let arguments = ["--time-after-dose", "--bins", "nominal", "--replicates", "40"];
    bench
        .vpc(&arguments)
        .success()
        .stdout(contains("after dose, h"))
        .stderr(contains("1 observations precede every dose, have no time after dose and do not count"));
    let table = bench.read("data-vpc/vpc.csv");
    let rows: Vec<&str> = table.lines().filter(|row| !row.contains(",p50,") && !row.contains(",p95,")).collect();
    assert!(rows[0].starts_with("endpoint,stratum,bin,start,end,time_after_dose,n,"), "{}", rows[0]);
    // The additional dose at 12 h is given before the sample at 12 h; nominal times of doses are 0, 12 and 24 h.
    let bins: Vec<&str> = rows[1..].iter().map(|row| row.split(",estimates").next().unwrap()).collect();
    assert_eq!(bins, ["Cc,,1,0,0,0,1,0,40", "Cc,,2,2.1,2.2,2,3,0,40", "Cc,,3,12.1,12.1,12,1,0,40"]);
    let observations = bench.read("data-vpc/vpc_observations.csv");
    let shown: Vec<String> =
        observations.lines().map(|row| row.split(',').take(5).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(shown[..4], ["id,time,time_after_dose,stratum,bin", "1,0,,,", "1,2.1,2.1,,2", "1,12,0,,1"]);
    let picture = bench.read("data-vpc/vpc.svg");
    assert!(picture.contains("Time after dose (h)"));
    let mut command = Command::cargo_bin("teorell").unwrap();
    command.current_dir(bench.folder.path()).args(["plot", "data-vpc"]).assert().success();
    assert_eq!(bench.read("data-vpc/vpc.svg"), picture);
    // Planned before the dose at 24 h and drawn after it.
    let late = Bench::new("ID,TIME,NTIME,AMT,DV\n1,0,0,100,.\n1,24,24,100,.\n1,24.5,23.5,.,2\n");
    late.vpc(&arguments).success();
    assert!(late.read("data-vpc/vpc.csv").contains("\nCc,,1,0.5,0.5,0,1,0,40,"), "{}", late.read("data-vpc/vpc.csv"));
    // A column of nominal times after the dose says so itself.
    let own = Bench::new("ID,TIME,NTAD,AMT,DV\n1,0,.,100,.\n1,1.3,1,.,1\n1,8,.,100,.\n1,8.9,1,.,2\n");
    own.vpc(&arguments).success();
    assert!(own.read("data-vpc/vpc.csv").contains("\nCc,,1,0.9,1.3,1,2,0,40,"), "{}", own.read("data-vpc/vpc.csv"));
}

#[test]
fn time_after_dose_needs_doses_and_their_nominal_times() {
    let undosed = Bench::new("ID,TIME,AMT,DV\n1,0,.,1\n1,1,.,3\n");
    undosed.refuses(
        &["--time-after-dose"],
        &["no dose is recorded before any of the 2 observations", "--> --time-after-dose", "leave time_after_dose out"],
    );
    undosed.vpc(&["--replicates", "40"]).success().stderr(contains("the data set gives nobody a dose"));
    Bench::new("ID,TIME,NTIME,AMT,DV\n1,0,.,100,.\n1,1,1,.,3\n")
        .refuses(&["--time-after-dose"], &["line 2, column `NTIME`: `.` is not a nominal time of the dose"]);
}

#[test]
fn whether_parameters_are_drawn_is_said_in_output_table_and_picture_and_can_be_chosen() {
    let bench = Bench::new(DATA);
    let study =
        "name = \"data\"\nmodel = \"bolus.R\"\n[data]\npath = \"data.csv\"\n[vpc]\nreplicates = 40\nlloq = 0.25\n";
    let uncertain = format!("{study}[uncertainty]\nreplicates = 3\nrse = {{ lcl = 20 }}\n");
    fs::write(bench.folder.path().join("s.toml"), uncertain).unwrap();
    let vpc = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("teorell").unwrap();
        command.current_dir(bench.folder.path()).args(["vpc", "s.toml"]).args(arguments).assert()
    };
    vpc(&[]).success().stdout(contains("40 replicates with parameters drawn by [uncertainty]"));
    assert!(bench.read("data-vpc/vpc.csv").contains(",40,drawn,p5,"));
    assert!(bench.read("data-vpc/vpc.svg").contains("each with parameters drawn"));
    let drawn = bench.read("data-vpc/vpc.csv");
    vpc(&["--uncertainty", "off"]).success().stdout(contains("with the same parameters"));
    assert_ne!(bench.read("data-vpc/vpc.csv").replace("estimates", "drawn"), drawn);
    let same = bench.read("data-vpc/vpc.csv");
    // No replicates of [uncertainty] are no uncertainty.
    vpc(&["--set", "uncertainty.replicates=0"]).success();
    assert_eq!(bench.read("data-vpc/vpc.csv"), same);
    vpc(&["--set", "uncertainty.replicates=0", "--uncertainty", "on"])
        .code(2)
        .stderr(contains("the study says nothing of how uncertain").and(contains("--> --uncertainty on")));
}

#[test]
fn a_study_of_a_cohort_has_nothing_to_compare_with() {
    let folder = folder();
    let study = "model = \"bolus.R\"\n[cohort]\nsize = 3\n[sampling]\ngrid = [{ to = 4, by = 2 }]\n\
                 [[arm]]\nname = \"a\"\nregimen = { amount = 1, every = \"1 d\", repeat = 2 }\n";
    fs::write(folder.path().join("s.toml"), study).unwrap();
    let mut command = Command::cargo_bin("teorell").unwrap();
    let assert = command.current_dir(folder.path()).args(["vpc", "s.toml"]).assert().code(2);
    assert.stderr(contains("compares with observed data, and the study has none").and(contains("[data]")));
}

#[test]
fn models_say_what_is_observed() {
    let bench = Bench::new(DATA);
    let write = |bench: &Bench, text: &str| fs::write(bench.folder.path().join("bolus.R"), text).unwrap();
    write(&bench, &MODEL.replace("    Cc ~ prop(prop_sd)\n", ""));
    bench.refuses(&[], &["the model has no endpoint", "Cc ~ prop(prop_sd)"]);
    let bench = Bench::new("ID,TIME,AMT,CMT,DV\n1,0,100,1,.\n1,1,.,1,3\n1,1,.,3,3\n1,2,.,3,4\n");
    // Endpoints are numbered after the states: CMT 2 is Cc, CMT 3 the amount; what names a state observes the first.
    let two = "    Cc ~ prop(prop_sd)\n    A <- central\n    A ~ prop(prop_sd)\n";
    write(&bench, &MODEL.replace("    Cc ~ prop(prop_sd)\n", two));
    bench.refuses(&[], &["the data observe 2 endpoints, `Cc`, `A`", "--endpoint Cc"]);
    bench.vpc(&["--endpoint", "A", "--replicates", "40"]).success();
    assert!(
        bench.read("data-vpc/vpc.csv").contains("\nA,,1,1,1,1,1,0,40,estimates,p5,"),
        "{}",
        bench.read("data-vpc/vpc.csv")
    );
}
