//! The `teorell` command.

mod cli;

fn main() {}
