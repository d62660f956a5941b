//! Options that several commands have: said and read in one place.

use std::str::FromStr;

use super::report::Failure;

/// Help of `--solver`.
pub const SOLVER: &str = "Integrator: auto, taylor, linear, rk, stiff or reference";

/// Help of `--threads`.
pub const THREADS: &str = "Number of threads; results do not depend on it [default: all of the machine]";

/// A number of threads.
///
/// # Errors
/// What was expected, where it is none: the parser of arguments names the option and the value.
pub fn threads(text: &str) -> Result<usize, String> {
    /// More than any machine has; starting tens of thousands takes minutes.
    const MOST: usize = 1024;
    let number = usize::from_str(text.trim()).ok().filter(|number| (1..=MOST).contains(number));
    number.ok_or_else(|| {
        format!("expected a whole number of at least 1 and at most {MOST}; leave it out for all of the machine")
    })
}

/// A whole number.
///
/// # Errors
/// What was expected, where it is none: the parser of arguments names the option and the value.
pub fn whole<T: FromStr>(text: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_| "expected a whole number in digits, such as 1000".to_owned())
}

/// A number with or without a fraction.
///
/// # Errors
/// What was expected, where it is none: the parser of arguments names the option and the value.
pub fn decimal(text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|_| "expected a number, such as 12.5 or 1e-3".to_owned())
}

/// A finite number that an option or a part of it says.
///
/// # Errors
/// Where the text is no such number.
pub fn number(text: &str, origin: &str) -> Result<f64, Failure> {
    let value = text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
    value.ok_or_else(|| Failure::bad_input(format!("{origin}: `{text}` is not a number")))
}

#[cfg(test)]
mod tests {
    use teorell::study::spec::SolverName;

    use super::*;

    #[test]
    fn the_help_names_every_solver_that_a_study_can_choose() {
        let error = toml::Value::from("none").try_into::<SolverName>().expect_err("there is no solver `none`");
        let mut known: Vec<&str> = error.message().split('`').skip(3).step_by(2).collect();
        let listed = SOLVER.trim_start_matches("Integrator: ").replace(" or ", ", ");
        let mut listed: Vec<&str> = listed.split(", ").collect();
        known.sort_unstable();
        listed.sort_unstable();
        assert_eq!(known, listed);
    }
}
