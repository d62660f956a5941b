//! Every command of the README runs, in order, in a folder that holds nothing but `examples/`.

use std::path::Path;
use std::process::Command;

/// Commands that build or test this very project: running them here would start this test again, or install something.
const NOT_HERE: [&str; 3] =
    ["cargo test", "cargo install --path .", "cargo run --release --example gallery -- gallery"];

/// The lines of all `sh` blocks, without what follows a `#`.
fn commands(readme: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside => commands.push(line.split(" #").next().unwrap_or_default().trim().to_owned()),
            _ => {}
        }
    }
    commands
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn every_command_of_the_readme_runs() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Path::new(env!("CARGO_BIN_EXE_teorell"));
    let folder = tempfile::tempdir().unwrap();
    copy(&project.join("examples"), &folder.path().join("examples"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let with_program =
        std::env::join_paths(std::iter::once(program.parent().unwrap().to_owned()).chain(std::env::split_paths(&path)))
            .unwrap();

    let commands = commands(&std::fs::read_to_string(project.join("README.md")).unwrap());
    assert!(commands.len() > 12, "the README has lost its commands: {commands:?}");
    for command in commands {
        if NOT_HERE.contains(&command.as_str()) {
            continue;
        }
        // The tests' own build of the program stands for the one that cargo would make.
        let line = command.replace("cargo run --release --", "teorell");
        let output = Command::new("sh")
            .args(["-c", &line])
            .current_dir(folder.path())
            .env("PATH", &with_program)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "`{command}` ended with {}:\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
