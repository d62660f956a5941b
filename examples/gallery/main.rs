//! What do the pictures look like?
//!
//! Runs small studies with the `teorell` command, once per theme, and gathers every picture that they draw: as SVG and PNG in
//! `pictures/`, and on one page that needs no other file, `index.html`, each beside the command that makes it. The folder also
//! holds the results, so that any of the commands can be tried again there.
//!
//!     cargo run --release --example gallery -- gallery

mod collection;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use teorell::plot::style::Theme;

/// Subjects of each study: enough for smooth bands.
const SUBJECTS: u32 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned());
    let shown =
        collection::make(&program()?, Path::new(&folder), SUBJECTS, &[Theme::Print, Theme::Dark, Theme::Light])?;
    let pictures: usize = shown.iter().map(|shown| shown.pictures.len()).sum();
    println!("{pictures} pictures by {} commands: open {folder}/{}", shown.len(), collection::PAGE);
    Ok(())
}

/// Builds the command as this example was built, and says where it is.
fn program() -> Result<PathBuf, Box<dyn Error>> {
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--quiet", "--bin", "teorell"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    if !build.status()?.success() {
        return Err("the command `teorell` could not be built".into());
    }
    let examples = std::env::current_exe()?.parent().map(Path::to_owned).unwrap_or_default();
    Ok(examples.with_file_name(format!("teorell{}", std::env::consts::EXE_SUFFIX)))
}
