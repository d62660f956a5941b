//! The command: arguments in, library calls, messages and exit codes out, level 6.

mod bench;
mod check;
mod dataset;
mod doses;
mod exit_code;
mod forest;
mod models;
mod nca;
mod options;
mod paths;
mod pictures;
mod plot;
mod progress;
mod report;
mod show;
mod simulate;
mod study;
mod table;
mod validate;
mod vpc;
mod write_report;

use clap::{Parser, Subcommand};

use exit_code::Exit;
use report::Failure;

/// Population pharmacokinetic simulation: published models, virtual cohorts, regimens, exposure.
#[derive(Debug, Parser)]
#[command(name = "teorell", version, max_term_width = 110, after_help = exit_code::EXPLAINED, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Simulate(Box<simulate::Arguments>),
    Study(study::Arguments),
    Models(models::Arguments),
    Check(check::Arguments),
    Dataset(dataset::Arguments),
    Bench(bench::Arguments),
    Plot(plot::Arguments),
    Nca(nca::Arguments),
    Report(write_report::Arguments),
    Show(show::Arguments),
    Validate(validate::Arguments),
    Vpc(Box<vpc::Arguments>),
    Forest(Box<forest::Arguments>),
}

/// Reads the arguments, runs, reports.
#[must_use]
pub fn run() -> Exit {
    let result = match Arguments::parse().command {
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Study(arguments) => study::run(&arguments),
        Command::Models(arguments) => models::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Dataset(arguments) => dataset::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Plot(arguments) => plot::run(&arguments),
        Command::Nca(arguments) => nca::run(&arguments),
        Command::Report(arguments) => write_report::run(&arguments),
        Command::Show(arguments) => show::run(&arguments),
        Command::Validate(arguments) => validate::run(&arguments),
        Command::Vpc(arguments) => vpc::run(&arguments),
        Command::Forest(arguments) => forest::run(&arguments),
    };
    result.unwrap_or_else(Failure::report)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn build_command() -> clap::Command {
        Arguments::command()
    }

    #[test]
    fn the_arguments_are_consistent() {
        build_command().debug_assert();
    }

    #[test]
    fn the_help_of_every_command_shows_two_examples() {
        for command in build_command().get_subcommands() {
            let help = command.clone().render_long_help().to_string();
            let examples = help.matches(&format!("teorell {}", command.get_name())).count();
            assert!(examples >= 2, "`teorell {} --help` shows {examples} examples", command.get_name());
        }
    }

    /// The words of the command in a line of examples: up to the text beside it, a pipe or a redirection.
    fn words(line: &str) -> Vec<String> {
        let command = line.trim().split("  ").next().unwrap_or_default();
        let mut words: Vec<String> = Vec::new();
        // Every second piece between quotes is one word, spaces and all.
        for (index, piece) in command.split('"').enumerate() {
            if index % 2 == 1 {
                words.push(piece.to_owned());
            } else {
                words.extend(piece.split_whitespace().map(str::to_owned));
            }
        }
        let end = words.iter().position(|word| word == "|" || word == ">").unwrap_or(words.len());
        words.truncate(end);
        words
    }

    #[test]
    fn every_example_in_the_help_is_a_command_that_is_understood() {
        for command in build_command().get_subcommands() {
            let help = command.clone().render_long_help().to_string();
            for line in help.lines().filter(|line| line.trim_start().starts_with("teorell ")) {
                let words = words(line);
                build_command().try_get_matches_from(&words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
            }
        }
    }
}
