//! Runs the commands, copies their pictures, writes the page.

mod exhibits;
mod page;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use teorell::output::manifest::Manifest;
use teorell::plot::style::Theme;

use exhibits::{EXHIBITS, Exhibit, INPUTS};

/// The page.
pub const PAGE: &str = "index.html";
/// Folder of the pictures.
const PICTURES: &str = "pictures";

/// A picture in one theme.
pub struct Drawn {
    theme: Theme,
    /// Name of its files in [`PICTURES`], without ending.
    file: String,
    svg: String,
}

/// A picture in all themes.
pub struct Picture {
    drawn: Vec<Drawn>,
}

/// A command, and what it drew.
pub struct Shown {
    exhibit: &'static Exhibit,
    command: String,
    pub pictures: Vec<Picture>,
}

/// Makes the gallery with the given command, of studies with so many subjects. The results that stay are those of the last theme.
pub fn make(program: &Path, folder: &Path, subjects: u32, themes: &[Theme]) -> Result<Vec<Shown>, Box<dyn Error>> {
    let is_foreign = folder.exists() && !folder.join(PAGE).exists() && fs::read_dir(folder)?.next().is_some();
    if is_foreign {
        return Err(format!("`{}` holds no gallery; give a new or empty folder", folder.display()).into());
    }
    for (path, text) in INPUTS {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, text)?;
    }
    fs::create_dir_all(folder.join(PICTURES))?;
    let mut all = Vec::new();
    for exhibit in EXHIBITS {
        let arguments = exhibit.arguments(subjects);
        let mut pictures: Vec<Picture> = Vec::new();
        for &theme in themes {
            run(program, folder, &arguments, theme)?;
            for (index, drawn) in gather(folder, exhibit, theme)?.into_iter().enumerate() {
                match pictures.get_mut(index) {
                    Some(picture) => picture.drawn.push(drawn),
                    None => pictures.push(Picture { drawn: vec![drawn] }),
                }
            }
        }
        all.push(Shown { exhibit, command: exhibits::written(&arguments), pictures });
    }
    fs::write(folder.join(PAGE), page::page(&all, themes))?;
    Ok(all)
}

fn run(program: &Path, folder: &Path, arguments: &[String], theme: Theme) -> Result<(), Box<dyn Error>> {
    let output = Command::new(program).args(arguments).arg(format!("--theme={theme}")).current_dir(folder).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{}` ended with {}:\n{said}", exhibits::written(arguments), output.status).into())
}

/// Copies the pictures of a folder of results, in the order in which its run wrote them.
fn gather(folder: &Path, exhibit: &Exhibit, theme: Theme) -> Result<Vec<Drawn>, Box<dyn Error>> {
    let results = folder.join(exhibit.folder);
    let mut all = Vec::new();
    for file in Manifest::read(&results)?.files {
        let Some(name) = file.name.strip_suffix(".svg").filter(|name| exhibit.shows(name)) else { continue };
        let target = format!("{}-{name}-{theme}", exhibit.name);
        for ending in ["svg", "png"] {
            let copy = folder.join(PICTURES).join(format!("{target}.{ending}"));
            fs::copy(results.join(format!("{name}.{ending}")), copy)?;
        }
        all.push(Drawn { theme, file: target, svg: fs::read_to_string(results.join(&file.name))? });
    }
    if all.is_empty() {
        return Err(format!("`{}` drew nothing", exhibit.name).into());
    }
    Ok(all)
}
