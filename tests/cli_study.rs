//! `teorell study`, and what every command shares: help, usage errors, closed pipes.

use assert_cmd::Command;
use predicates::str::contains;

fn teorell() -> Command {
    Command::cargo_bin("teorell").unwrap()
}

#[test]
fn study_without_a_name_lists_the_built_in_ones() {
    teorell().arg("study").assert().success().stdout(contains("inotuzumab  ")).stderr("");
}

#[test]
fn study_prints_the_file_as_it_is_embedded() {
    let file = std::fs::read_to_string("data/studies/inotuzumab.toml").unwrap();
    teorell().args(["study", "inotuzumab"]).assert().success().stdout(file).stderr("");
}

#[test]
fn an_unknown_study_is_refused_with_the_nearest_name() {
    let refused = teorell().args(["study", "inotuzmab"]).assert().code(2).stdout("");
    refused.stderr(
        "error: there is no built-in study `inotuzmab`\n\nhint: did you mean `inotuzumab`? `teorell study` lists all\n",
    );
}

#[test]
fn wrong_usage_is_status_2_and_help_is_status_0() {
    teorell().arg("--no-such-flag").assert().code(2).stdout("");
    teorell().arg("--help").assert().success().stdout(contains("Exit status:"));
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_quietly() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("teorell"))
        .args(["study", "inotuzumab"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0));
}
