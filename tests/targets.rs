//! Targets: attainment against closed forms, time above a concentration by every solver, who counts, and what is refused.

mod bench;

use std::fs;
use std::sync::Mutex;

use bench::Bench;
use predicates::str::contains;
use statrs::distribution::{ContinuousCDF, Normal};
use teorell::simulate::result::Simulated;
use teorell::simulate::sink::Sink;
use teorell::study::{Override, Study};

/// One compartment, CL = 5 L/h with 30 % (SD of the logarithm), V = 40 L.
const MODEL: &str = "one <- function() {
  units <- list(time = \"h\", dosing = \"mg\", concentration = \"mg/L\")
  ini({ lcl <- log(5); lvc <- log(40); etalcl ~ 0.09; prop_sd <- 0.2 })
  model({
    cl <- exp(lcl + etalcl)
    vc <- exp(lvc) * WT / WT
    d/dt(central) <- -cl / vc * central
    Cc <- central / vc
    Cc ~ prop(prop_sd)
  })
}
";

const STUDY: &str = r#"name = "small"
model = "one.R"
seed = 11

[cohort]
size = 2000
covariates = { WT = 70 }

[[arm]]
name = "once"
regimen = { amount = 400, every = "1000 h", repeat = 1 }
"#;

/// Cells of a CSV without quotes, without the header.
fn cells(table: &str) -> Vec<Vec<String>> {
    table.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn attainment_of_a_lognormal_area_is_that_of_its_closed_form_and_the_smallest_dose_is_found() {
    let bench = Bench::new(STUDY, MODEL);
    let study = format!("{STUDY}[[target]]\nname = \"AUC\"\ncondition = \"auc > 80 mg*h/L\"\nshare = 0.9\n");
    fs::write(bench.path("s.toml"), study).unwrap();
    let run = ["simulate", "s.toml", "--no-plots", "--sweep", "amount=180:780:120", "--out", "out"];
    bench.teorell(&run).success().stdout(contains("once  AUC              90  660 to 780"));
    let normal = Normal::standard();
    let rows = cells(&bench.read("out/targets.csv"));
    assert_eq!(rows.len(), 6);
    for row in &rows {
        let number = |column: usize| row[column].parse::<f64>().unwrap();
        let (dose, n, share) = (number(0), number(4), number(6));
        // AUC = dose / CL (what is left after 1000 h is below 1e-30 of it), so AUC > 80 where ln CL < ln(dose / 80).
        let expected = normal.cdf((dose / 80.0 / 5.0).ln() / 0.3);
        // Four binomial standard errors at n = 2000: one in 16,000 by chance, and the seed is fixed.
        let tolerance = 4.0 * (expected * (1.0 - expected) / n).sqrt();
        assert!((share - expected).abs() <= tolerance, "{dose} mg: {share} against {expected} ± {tolerance}");
        assert!(number(7) < share && share < number(8) || share == 0.0, "{row:?}");
    }
    // 90 % are reached at 400 exp(0.3 z90) = 587.5 mg; of the swept doses 540 has 84.1 % and 660 has 95.2 %.
    let reached = bench.read("out/reached.csv");
    assert_eq!(
        reached,
        "arm,target,required,swept,unit,smallest,largest,smallest_sure,largest_sure\nonce,AUC,0.9,amount,mg,660,780,660,780\n"
    );
}

#[test]
fn with_uncertain_parameters_attainment_has_the_interval_of_its_closed_form_and_so_has_the_dose() {
    let uncertain = "[uncertainty]\nreplicates = 100\nrse = { lcl = 10 }\n";
    let target = "[[target]]\nname = \"AUC\"\ncondition = \"auc > 80\"\nshare = 0.3\n";
    let bench = Bench::new(&format!("{}{uncertain}{target}", STUDY.replace("2000", "300")), MODEL);
    let run = ["simulate", "s.toml", "--no-plots", "--sweep", "amount=300:600:100", "--out", "out"];
    bench.teorell(&run).success().stdout(contains("95 % CI over replicates"));
    let (normal, z) = (Normal::standard(), 1.959_963_985);
    let rows = cells(&bench.read("out/target_confidence.csv"));
    assert_eq!(rows.len(), 4);
    for row in &rows {
        let number = |column: usize| row[column].parse::<f64>().unwrap();
        let (dose, pooled) = (number(0), number(7));
        assert_eq!((row[4].as_str(), row[5].as_str()), ("100", "30000"));
        // The share of a draw is that of a certain study with its CL, whose logarithm is normal with SD 0.1.
        let share = |score: f64| normal.cdf(((dose / 80.0 / 5.0).ln() - 0.1 * score) / 0.3);
        let expected = [share(z), share(0.0), share(-z)];
        // Ends of 100 draws are exact to 0.27 SD (0.13 for the middle), which is 0.036 of the share at most, and the same 300 people are under
        // all draws: 0.029. Three standard errors of both.
        for (column, expected) in [12, 13, 14].into_iter().zip(expected) {
            assert!((number(column) - expected).abs() < 0.14, "{dose} mg: {row:?} against {expected}");
        }
        // Wilson's interval of 30,000 subjects is 1 % wide and knows nothing of the parameters; that over replicates is 10 to 50 % wide.
        assert!(number(9) - number(8) < 0.012 && number(14) - number(12) > 0.1, "{row:?}");
        assert!(number(12) < pooled && pooled < number(14));
    }
    // ln(dose / 400) = 0.3 z(0.3) where 30 % attain it: 342 mg. With CL at its 97.5th percentile exp(0.196) times that, 416, and at its
    // 2.5th 281. Of the swept doses 400, 500 and 300; these ends are exact to 15 mg, so that their neighbours may do.
    let reached = cells(&bench.read("out/reached.csv"));
    let doses: Vec<f64> = reached[0][5..].iter().map(|cell| cell.parse().unwrap()).collect();
    let [smallest, _, sure, _, confident, largest, low, middle, high] = doses[..] else { panic!("{reached:?}") };
    assert_eq!((smallest, sure, largest, middle), (400.0, 400.0, 600.0, 400.0), "{reached:?}");
    assert!((400.0..=500.0).contains(&confident) && (400.0..=500.0).contains(&high) && low < high, "{reached:?}");

    // Every replicate is in `targets.csv`, and the interval is over them.
    let mut shares: Vec<f64> = cells(&bench.read("out/targets.csv"))
        .iter()
        .filter(|row| row[0] == "400")
        .map(|row| row[7].parse().unwrap())
        .collect();
    shares.sort_by(f64::total_cmp);
    let at_400 = rows.iter().find(|row| row[0] == "400").unwrap();
    // Type 7: 99 · 0.025 = 2.475 steps from the first of 100.
    let expected = shares[2] + 0.475 * (shares[3] - shares[2]);
    assert!((at_400[12].parse::<f64>().unwrap() - expected).abs() < 1e-12);
}

#[test]
fn the_picture_of_attainment_says_what_its_interval_is_of() {
    let uncertain = "[uncertainty]\nreplicates = 20\nrse = { lcl = 10 }\n";
    let bench = Bench::new(&format!("{}{uncertain}", STUDY.replace("2000", "20")), MODEL);
    let run = ["simulate", "s.toml", "-q", "--target", "auc > 80", "--sweep", "amount=200,400,800", "--out"];
    bench.teorell(&[&run[..], &["sure", "--replicates", "0"]].concat()).success();
    bench.teorell(&[&run[..], &["unsure"]].concat()).success();
    assert!(bench.read("sure/pta.svg").contains("Wilson"));
    assert!(!bench.path("sure/target_confidence.csv").exists(), "nothing is uncertain");
    let unsure = bench.read("unsure/pta.svg");
    assert!(unsure.contains("over 20 replicates of the parameters") && !unsure.contains("Wilson"));
    bench.teorell(&["plot", "unsure"]).success();
    assert_eq!(unsure, bench.read("unsure/pta.svg"));
}

/// Keeps the time above the levels of every subject, in order.
#[derive(Default)]
struct Above(Mutex<Vec<Vec<f64>>>);

impl Sink for Above {
    type Digest = Vec<Vec<f64>>;

    fn digest(&self, chunk: &[Simulated]) -> Self::Digest {
        chunk.iter().map(|subject| subject.outcome.as_ref().unwrap().profile.above.clone()).collect()
    }

    fn absorb(&self, digest: Self::Digest) -> std::io::Result<()> {
        self.0.lock().unwrap().extend(digest);
        Ok(())
    }
}

fn above(study: &Study) -> Vec<Vec<f64>> {
    let sink = Above::default();
    study.run(Some(1), &[&sink], &mut |_| ()).unwrap();
    sink.0.into_inner().unwrap()
}

fn overridden(bench: &Bench, sets: &[&str]) -> Study {
    let changes: Vec<Override> = sets.iter().map(|set| Override::parse(set, "--set").unwrap()).collect();
    Study::from_path(&bench.path("s.toml"), &changes).unwrap()
}

#[test]
fn time_above_is_that_of_the_closed_form_by_every_solver() {
    let study = format!(
        "{}[[target]]\ncondition = \"time_above(2) > 3 & time_above(4 mg/L) > 3 & time_above(0.01) > 3 & time_above(99) > 3\"\n",
        STUDY.replace("\"1000 h\", repeat = 1", "\"12 h\", repeat = 3")
    );
    let bench = Bench::new(&study, MODEL);
    let k = 5.0_f64 / 40.0;
    for solver in ["auto", "linear", "taylor", "rk", "stiff", "reference"] {
        let found = above(&overridden(&bench, &["typical=true", "cohort.size=1", &format!("solver.choice={solver}")]));
        let mut expected = Vec::new();
        let mut start = 0.0;
        for _ in 0..3 {
            // After a bolus of 400 mg in 40 L: C0 exp(-k t) is above c until ln(C0 / c) / k.
            start += 10.0;
            expected.extend([2.0_f64, 4.0, 0.01, 99.0].map(|level| ((start / level).ln() / k).clamp(0.0, 12.0)));
            start *= (-12.0 * k).exp();
        }
        for (found, expected) in found[0].iter().zip(&expected) {
            // The tolerance of the integration (1e-8 of C) over the slope k C, with room.
            assert!((found - expected).abs() < 1e-6, "{solver}: {found} against {expected}");
        }
        assert_eq!(found[0].len(), expected.len());
    }
}

#[test]
fn time_above_agrees_with_dense_samples_of_real_curves() {
    // Absorption through transit compartments, and a clearance that falls with time under weekly infusions.
    for (study, level, sets) in [
        ("rifampicin", "3", ["cohort.size=24", "sampling.grid.1.by=0.02", "arms=['600 mg']", "sampling.grid.1.to=72"]),
        (
            "inotuzumab",
            "40",
            ["cohort.size=16", "arms=['fixed']", "outputs.variables=['Cc']", "sampling.grid.1.by=0.02"],
        ),
    ] {
        let changes: Vec<Override> = sets
            .iter()
            .map(|set| set.to_string())
            .chain([format!("target=[{{ condition = 'time_above({level}) > 3' }}]"), "residual.on=false".to_owned()])
            .map(|set| Override::parse(&set, "--set").unwrap())
            .collect();
        let study = Study::embedded(study, &changes).unwrap();
        let samples = Samples { level: level.parse().unwrap(), seen: Mutex::default() };
        study.run(None, &[&samples], &mut |_| ()).unwrap();
        let seen = samples.seen.into_inner().unwrap();
        assert!(seen.iter().filter(|(exact, ..)| *exact > 0.0).count() > 20, "curves rise above the level");
        for (exact, sampled, step) in seen {
            // Samples can miss the crossing by half a step on either side of up to three peaks.
            assert!((exact - sampled).abs() <= 3.0 * step, "{exact} against {sampled} by samples every {step}");
        }
    }
}

/// Time above a level per cycle: exact, by counting samples, and their distance.
struct Samples {
    level: f64,
    seen: Mutex<Vec<(f64, f64, f64)>>,
}

impl Sink for Samples {
    type Digest = Vec<(f64, f64, f64)>;

    fn digest(&self, chunk: &[Simulated]) -> Self::Digest {
        let mut seen = Vec::new();
        for subject in chunk {
            let profile = &subject.outcome.as_ref().unwrap().profile;
            for (index, cycle) in subject.cycles.iter().enumerate() {
                let mut sampled = 0.0;
                let mut longest = 0.0_f64;
                for (row, pair) in subject.times.windows(2).enumerate() {
                    let (from, to) = (pair[0].max(cycle.start), pair[1].min(cycle.end));
                    if from >= to {
                        continue;
                    }
                    longest = longest.max(to - from);
                    let middle = 0.5 * (profile.row(row)[0] + profile.row(row + 1)[0]);
                    sampled += if middle > self.level { to - from } else { 0.0 };
                }
                // Where a cycle lies beyond the last sample there is nothing to compare with.
                if longest > 0.0 {
                    seen.push((profile.above[index], sampled, longest));
                }
            }
        }
        seen
    }

    fn absorb(&self, digest: Self::Digest) -> std::io::Result<()> {
        self.seen.lock().unwrap().extend(digest);
        Ok(())
    }
}

#[test]
fn a_target_changes_no_other_number_and_a_sweep_of_one_point_says_the_same() {
    let bench =
        Bench::new(&STUDY.replace("2000", "40").replace("\"1000 h\", repeat = 1", "\"12 h\", repeat = 4"), MODEL);
    let run = |out: &str, more: &[&str]| {
        bench.teorell(
            &[&["simulate", "s.toml", "--no-plots", "-q", "--grid", "0:48:1", "--out", out][..], more].concat(),
        );
    };
    run("plain", &[]);
    run("target", &["--target", "time_above(3) / tau > 0.5", "--target", "cmax < 12"]);
    run("point", &["--target", "time_above(3) / tau > 0.5", "--target", "cmax < 12", "--sweep", "amount=400"]);
    for table in ["profiles.csv", "exposure.csv", "subjects.csv", "summary.csv"] {
        assert_eq!(bench.read(&format!("plain/{table}")), bench.read(&format!("target/{table}")), "{table}");
    }
    let point: String =
        bench.read("point/targets.csv").lines().map(|line| line.split_once(',').unwrap().1.to_owned() + "\n").collect();
    assert_eq!(point, bench.read("target/targets.csv"));
    assert!(!bench.path("target/reached.csv").exists(), "nothing is asked for");
}

#[test]
fn who_fails_or_does_not_get_there_counts_as_not_attaining() {
    // One of two subjects has no weight to dose by.
    let study = STUDY
        .replace("size = 2000\ncovariates = { WT = 70 }", "size = 2\ncsv = { path = \"people.csv\" }")
        .replace("repeat = 1", "repeat = 1, per = \"WT\"");
    let bench = Bench::new(
        &format!("{study}[[target]]\ncondition = \"auc > 1\"\n[[target]]\ncondition = \"auc(cycle = 2) > 1\"\n"),
        MODEL,
    );
    fs::write(bench.path("people.csv"), "ID,WT\n1,70\n2,0\n").unwrap();
    bench.teorell(&["simulate", "s.toml", "--no-plots", "--out", "out"]).code(3);
    let rows = cells(&bench.read("out/targets.csv"));
    // target, required, n, attained, share; failed, undefined.
    assert_eq!(rows[0][1..6], ["auc > 1", "", "2", "1", "0.5"]);
    assert_eq!(rows[0][8..], ["1", "0"]);
    assert_eq!(rows[1][1..6], ["auc(cycle = 2) > 1", "", "2", "0", "0"]);
    assert_eq!(rows[1][8..], ["1", "1"]);
}

#[test]
fn what_is_no_target_is_refused_at_its_place() {
    let refused = |text: &str| {
        let bench = Bench::new(&format!("{STUDY}\n{text}\n"), MODEL);
        let output = bench.teorell(&["simulate", "s.toml", "--out", "out"]).code(2).get_output().stderr.clone();
        assert!(!bench.path("out").exists(), "nothing is written");
        String::from_utf8(output).unwrap()
    };
    let all: String = [
        "[[target]]\ncondition = \"cmx > 3\"",
        "[[target]]\ncondition = 'cmax > 3 h'",
        "[[target]]\ncondition = \"cmax > 3\\u006Dg\"",
        "[[target]]\nconditon = \"cmax > 3\"",
        "[[target]]\nname = \"without a condition\"",
        "[[target]]\ncondition = \"cmax > 3\"\nshare = 90",
        "[[target]]\ncondition = \"cmax > 3\"\n[[target]]\ncondition = \"cmax > 3\"",
        "[[target]]\nname = \"a\"\ncondition = \"cmax > 3\"\n[[target]]\nname = \"a\"\ncondition = \"cmax > 4\"",
    ]
    .map(refused)
    .join("\n");
    insta::assert_snapshot!(all);
    let bench = Bench::new(STUDY, MODEL);
    bench.teorell(&["simulate", "s.toml", "--target", "cmax > 3 & aucc > 4"]).code(2).stderr(
        "error: `aucc` is not known here\n  --> --target:1:12\n  |\n1 | cmax > 3 & aucc > 4\n  |            ^^^^\n\n\
         hint: known are auc, cmax, tmax, ctrough, cavg, accumulation, time_above, tau, dose\n",
    );
}

#[test]
fn the_picture_of_attainment_is_drawn_again_alike() {
    let bench = Bench::new(&STUDY.replace("2000", "100"), MODEL);
    let run = ["simulate", "s.toml", "--target", "auc > 80", "--sweep", "amount=200,400,800", "--out", "out"];
    bench.teorell(&run).success().stdout(contains("attained, %"));
    let before = bench.read("out/pta.svg");
    assert!(before.contains("Attained (%)") && before.contains("auc &gt; 80"));
    bench.teorell(&["plot", "out"]).success();
    assert_eq!(before, bench.read("out/pta.svg"));
}
