//! The commands whose pictures are shown.

/// Files that the commands read, by their places in the gallery: the same as in the sources.
pub const INPUTS: [(&str, &str); 4] = [
    ("examples/studies/oral.toml", include_str!("../../studies/oral.toml")),
    ("examples/studies/uncertain.toml", include_str!("../../studies/uncertain.toml")),
    ("examples/models/oral.R", include_str!("../../models/oral.R")),
    ("examples/data/visits.csv", include_str!("../../data/visits.csv")),
];

/// Stands for the number of subjects.
const N: &str = "{n}";

/// A command and what is said of its pictures.
pub struct Exhibit {
    /// Begins the names of its pictures.
    pub name: &'static str,
    /// Folder of its results.
    pub folder: &'static str,
    pub title: &'static str,
    pub about: &'static str,
    /// Arguments of `teorell`.
    command: &'static [&'static str],
    /// Pictures that are shown; all where empty.
    only: &'static [&'static str],
}

/// In the order of the page.
pub const EXHIBITS: &[Exhibit] = &[
    Exhibit {
        name: "course",
        folder: "course",
        title: "A published study",
        about: "Inotuzumab ozogamicin in three arms: concentrations of each arm on both scales, with the medians of the others in \
                grey and doses as marks; individual curves; accumulation of AUC over the cycles, with the number of patients where \
                some stop treatment; and a clearance that falls with time.",
        command: &["simulate", "inotuzumab", "-n", N, "--out", "course"],
        only: &[],
    },
    Exhibit {
        name: "groups",
        folder: "course",
        title: "By a covariate",
        about: "The clearance of the same run by thirds of body surface area, drawn again from its tables.",
        command: &["plot", "course", "--group-by", "BSA"],
        only: &["clearance"],
    },
    Exhibit {
        name: "comparison",
        folder: "comparison",
        title: "Arm against arm",
        about: "Geometric mean ratios to the reference arm, cycle by cycle, with 90 % confidence intervals against 0.80 to 1.25.",
        command: &[
            "simulate",
            "inotuzumab",
            "-n",
            N,
            "--compare",
            "reference=fixed",
            "--outputs",
            "exposure,plots",
            "--out",
            "comparison",
        ],
        only: &["comparison"],
    },
    Exhibit {
        name: "doses",
        folder: "doses",
        title: "A sweep",
        about: "Three amounts and three intervals in one run: exposure over the amount, and the concentrations of every point.",
        command: &[
            "simulate",
            "examples/studies/oral.toml",
            "-n",
            N,
            "--arm",
            "plain",
            "--sweep",
            "amount=50,100,200",
            "--sweep",
            "every=8 h,12 h,24 h",
            "--out",
            "doses",
        ],
        only: &[],
    },
    Exhibit {
        name: "targets",
        folder: "targets",
        title: "Which dose is enough",
        about: "The share of patients that attain each target over the dose of vancomycin, for three kidney functions.",
        command: &["simulate", "vancomycin", "-n", N, "--out", "targets"],
        only: &[],
    },
    Exhibit {
        name: "uncertain",
        folder: "uncertain",
        title: "Uncertain parameters",
        about: "Twenty sets of parameters: prediction intervals over all of them, and confidence intervals of the median.",
        command: &["simulate", "examples/studies/uncertain.toml", "-n", N, "--replicates", "20", "--out", "uncertain"],
        only: &[],
    },
    Exhibit {
        name: "forest",
        folder: "forest",
        title: "Which covariate matters",
        about: "The typical subject with one covariate moved, against the reference subject; subjects who are alike, in the last row.",
        command: &["forest", "inotuzumab", "--cycle", "4", "--out", "forest"],
        only: &[],
    },
    Exhibit {
        name: "forest-uncertain",
        folder: "forest-uncertain",
        title: "Which covariate matters, and how sure that is",
        about: "The same with uncertain parameters: lines are 90 % confidence intervals.",
        command: &["forest", "examples/studies/uncertain.toml", "--out", "forest-uncertain"],
        only: &[],
    },
    Exhibit {
        name: "check",
        folder: "check",
        title: "A visual predictive check",
        about: "Observed percentiles over the 95 % bands of the same percentiles in 500 simulations of the same subjects.",
        command: &["vpc", "examples/data/visits.csv", "--model", "examples/models/oral.R", "--out", "check"],
        only: &[],
    },
    Exhibit {
        name: "check-arms",
        folder: "check-arms",
        title: "A prediction-corrected check of two arms",
        about: "For doses and covariates that differ within a bin, by a column of the data set.",
        command: &[
            "vpc",
            "examples/data/visits.csv",
            "--model",
            "examples/models/oral.R",
            "--prediction-corrected",
            "--stratify",
            "ARM",
            "--out",
            "check-arms",
        ],
        only: &[],
    },
];

impl Exhibit {
    /// The command's arguments, for studies of so many subjects.
    pub fn arguments(&self, subjects: u32) -> Vec<String> {
        self.command.iter().map(|&word| if word == N { subjects.to_string() } else { word.to_owned() }).collect()
    }

    /// Whether a picture of its folder is shown.
    pub fn shows(&self, picture: &str) -> bool {
        self.only.is_empty() || self.only.contains(&picture)
    }
}

/// A command as it is typed.
pub fn written(arguments: &[String]) -> String {
    let word = |word: &String| if word.contains(' ') { format!("\"{word}\"") } else { word.clone() };
    format!("teorell {}", arguments.iter().map(word).collect::<Vec<_>>().join(" "))
}
