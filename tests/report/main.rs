//! `teorell report` as a user meets it: a page from a folder, its texts and numbers, messages, exit codes; and the page in a browser.

mod browser;
mod folders;
mod html;
mod numbers;
mod page;

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use assert_cmd::Command;
use tempfile::TempDir;

/// Six people, two arms, a week: everything that a page can hold, in milliseconds.
const STUDY: &str = r#"name = "small"
title = "Does a <script>alert('title')</script> dose & a \"loading\" dose matter?"
model = "oral.R"
seed = 7

[cohort]
size = 6
covariates = { WT = { normal = { mean = 70, sd = 12 }, min = 45, max = 110 }, SEX = 1 }

[sampling]
grid = [{ to = 96, by = 4 }]

[[arm]]
name = "plain"
label = "100 mg <b>every</b> 12 h"
regimen = { amount = 100.0, every = "12 h", repeat = 8 }

[[arm]]
name = "</script><script>alert('arm')</script>"
regimen = { amount = 100.0, every = "12 h", repeat = 8, loading = 200.0 }
"#;

const MODEL: &str = r#"oral <- function() {
  description <- "One compartment <img src=x onerror=alert('description')>"
  reference <- "Nobody & Others 2019, J Nowhere 1:2"
  units <- list(time = "h", dosing = "mg", concentration = "mg/L")
  covariateData <- list(WT = list(description = "Body weight", units = "kg"))
  ini({
    lka <- log(1.2);  label("Absorption rate (1/h)")
    lcl <- log(4);    label("Clearance (L/h)")
    lvc <- log(35);   label("Volume (L)")
    etalcl ~ 0.09
    prop_sd <- 0.15
  })
  model({
    ka <- exp(lka)
    cl <- exp(lcl + etalcl) * (WT / 70)^0.75
    if (SEX == 1) {
      vc <- exp(lvc) * WT / 70
    } else {
      vc <- exp(lvc)
    }
    d/dt(depot) <- -ka * depot
    d/dt(central) <- ka * depot - cl / vc * central
    Cc <- central / vc
    Cc ~ prop(prop_sd)
  })
}
"#;

/// The command in an empty folder that holds a study and its model.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("s.toml"), STUDY).unwrap();
        fs::write(folder.path().join("oral.R"), MODEL).unwrap();
        Self { folder }
    }

    /// With a finished run in the folder `small`: run once, copied for every test.
    fn simulated() -> Self {
        static FINISHED: OnceLock<Bench> = OnceLock::new();
        let finished = FINISHED.get_or_init(|| {
            let bench = Self::new();
            bench.teorell(&["simulate", "s.toml", "-q"]).success();
            bench
        });
        let bench = Self::new();
        fs::create_dir(bench.path("small")).unwrap();
        for entry in fs::read_dir(finished.path("small")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), bench.path("small").join(entry.file_name())).unwrap();
        }
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn teorell(&self, arguments: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = Command::cargo_bin("teorell").unwrap();
        command.current_dir(self.folder.path()).args(arguments).assert()
    }

    /// The page of the folder `small`, without checks.
    fn report(&self) -> String {
        self.teorell(&["report", "small", "--no-checks"]).success().stdout("small/report.html\n").stderr("");
        self.read("small/report.html")
    }
}
