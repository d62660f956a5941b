//! `teorell nca`: non-compartmental analysis of a table of concentrations.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use teorell::exposure::nca::{BlqRule, BlqRules, Dose, Method, Options};
use teorell::output::nca::{NcaColumns, NcaRequest, analyse_table, write_table};

use super::exit_code::Exit;
use super::options;
use super::report::{Failure, print};

const EXAMPLES: &str = "\
Examples:
  teorell nca observed.csv --route oral > parameters.csv        Doses are rows of the table (AMT)
  teorell nca single.csv --dose 100 --infusion 1                One dose at time 0 for every curve
  teorell nca inotuzumab/profiles.csv --conc Cc                 Simulated curves: areas, half-lives
  teorell nca observed.csv --tau 24 --method linear --lloq 0.5  Over an interval, BLQ below 0.5
  teorell nca observed.csv --lloq 0.5 --blq zero,0.25,drop      BLQ between others as 0.25

Parameters have PKNCA's names and the units of the table: mg over mg/L*h is a clearance in L/h.
Where a dose finds drug of earlier ones, auc.tau and cl.tau hold; what goes to infinity (aucinf,
cl.obs, mrt, vz, vss) is that of a single dose.
An empty cell is undefined; the column `undefined` says why.";

/// Analyse sampled concentrations without a model.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A CSV file with ID, TIME, a concentration, and where it has them dose records (AMT, RATE or DUR, II, ADDL) and marks
    /// or limits of values below quantification (BLQ or CENS, LLOQ); `-` is standard input.
    data: PathBuf,
    /// Column of the concentration [default: the first of DV, CONC, CONCENTRATION, Cc, CP].
    #[arg(long, value_name = "NAME")]
    conc: Option<String>,
    /// Column that tells curves apart beside the id; may be given several times [default: arm, replicate].
    #[arg(long, value_name = "NAME")]
    by: Vec<String>,
    /// Amount of one dose at time 0, where the table has no dose records.
    #[arg(long, value_name = "AMOUNT", value_parser = options::decimal)]
    dose: Option<f64>,
    /// Length of that dose's infusion, in the table's unit of time.
    #[arg(long, value_name = "TIME", requires = "dose", value_parser = options::decimal, default_value_t = 0.0)]
    infusion: f64,
    /// How doses are given.
    #[arg(long, value_enum, default_value = "iv")]
    route: Route,
    /// Dosing interval [default: the time to the next dose].
    #[arg(long, value_name = "TIME", value_parser = options::decimal)]
    tau: Option<f64>,
    /// How areas are measured.
    #[arg(long, value_enum, default_value = "up-down")]
    method: AreaMethod,
    /// Values below this are below quantification [default: the column LLOQ].
    #[arg(long, value_name = "CONC", value_parser = options::decimal)]
    lloq: Option<f64>,
    /// What values below quantification count as before, between and after measured ones: zero, drop or a number each.
    #[arg(long, value_name = "RULES", default_value = "zero,drop,zero", value_parser = blq_rules)]
    blq: BlqRules,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Route {
    /// Into the blood.
    Iv,
    /// Anywhere else.
    Oral,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum AreaMethod {
    /// Linear up, logarithmic down.
    UpDown,
    /// Linear everywhere.
    Linear,
    /// Linear up to the maximum, logarithmic after it.
    Log,
}

/// `zero,drop,0.05`: rules before, between and after measured values.
fn blq_rules(text: &str) -> Result<BlqRules, String> {
    let rule = |word: &str| match word.trim() {
        "zero" => Ok(BlqRule::Zero),
        "drop" => Ok(BlqRule::Drop),
        word => match word.parse::<f64>() {
            Ok(value) if value >= 0.0 && value.is_finite() => Ok(BlqRule::Value(value)),
            _ => Err(format!("`{word}` is no rule; expected zero, drop, or a number such as half the limit")),
        },
    };
    match text.split(',').map(rule).collect::<Result<Vec<_>, _>>()?.as_slice() {
        &[first, middle, last] => Ok(BlqRules { first, middle, last }),
        rules => Err(format!("{} rules; expected three, such as zero,drop,zero", rules.len())),
    }
}

pub fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    for (flag, value) in [("--dose", arguments.dose), ("--tau", arguments.tau), ("--lloq", arguments.lloq)] {
        if let Some(value) = value.filter(|value| !(*value > 0.0 && value.is_finite())) {
            return Err(Failure::bad_input(format!("{flag} is `{value}`; expected a number above 0")));
        }
    }
    if !(arguments.infusion >= 0.0 && arguments.infusion.is_finite()) {
        let message = format!("--infusion is `{}`; expected a length of 0 or more", arguments.infusion);
        return Err(Failure::bad_input(message));
    }
    let intravascular = matches!(arguments.route, Route::Iv);
    let request = NcaRequest {
        columns: NcaColumns { concentration: arguments.conc.clone(), by: arguments.by.clone() },
        dose: arguments.dose.map(|amount| Dose { amount, duration: arguments.infusion, intravascular }),
        intravascular,
        lloq: arguments.lloq,
        options: Options {
            method: match arguments.method {
                AreaMethod::UpDown => Method::LinearUpLogDown,
                AreaMethod::Linear => Method::Linear,
                AreaMethod::Log => Method::LinearLog,
            },
            blq: arguments.blq,
            tau: arguments.tau,
            ..Options::default()
        },
    };
    let name = arguments.data.display();
    let source: Box<dyn Read + Send> = if arguments.data == Path::new("-") {
        Box::new(io::stdin())
    } else {
        let opened = File::open(&arguments.data);
        Box::new(opened.map_err(|error| Failure::bad_input(format!("`{name}` cannot be read: {error}")))?)
    };
    let table = analyse_table(source, &request).map_err(|error| Failure::bad_input(format!("{name}: {error}")))?;
    let mut text = Vec::new();
    write_table(&table, &mut text).map_err(|error| Failure::bad_input(error.to_string()))?;
    print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Success)
}
