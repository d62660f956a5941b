//! Pictures of a simulated study, drawn from its files: the same files give the same bytes.
//!
//! All speak one visual language ([`style`]). A picture is a list of shapes in points ([`picture::Picture`]); SVG and PNG are
//! two renderings of it by plotters, with a font that the program carries. [`source`] makes the data of pictures from the
//! files of a folder.

pub mod accumulation;
mod axis;
pub mod figure;
mod panel;
pub mod picture;
mod render;
pub mod source;
pub mod spaghetti;
pub mod style;
pub mod time_course;

use std::io::Write;

use rayon::prelude::*;

use crate::output::folder::{OutputError, OutputFile, OutputFolder};

use source::NamedPicture;

/// Why a picture could not be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// A table that it is drawn from could not be read.
    #[error(transparent)]
    Read(#[from] crate::output::read::ReadError),
    /// The unit of time is not known.
    #[error(transparent)]
    Unit(#[from] crate::units::UnitError),
    /// A file could not be opened.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A file could not be written.
    #[error("could not write `{name}`")]
    Write {
        /// Its name.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// Plotters refused.
    #[error("could not draw a picture: {cause}")]
    Draw {
        /// What it says.
        cause: String,
    },
}

/// Renders pictures as SVG and PNG into a folder's unfinished files, in parallel.
///
/// # Errors
/// Where one cannot be drawn or written.
pub fn write(folder: &OutputFolder, pictures: &[NamedPicture]) -> Result<Vec<OutputFile>, PlotError> {
    let render = |named: &NamedPicture| Ok((named.picture.to_svg()?, named.picture.to_png()?));
    let rendered = pictures.par_iter().map(render).collect::<Result<Vec<_>, PlotError>>()?;
    let mut files = Vec::new();
    for (named, (svg, png)) in pictures.iter().zip(rendered) {
        for (ending, bytes) in [("svg", svg.as_bytes()), ("png", &png)] {
            let mut file = folder.create(&format!("{}.{ending}", named.name), Vec::new())?;
            file.write_all(bytes).map_err(|source| PlotError::Write { name: file.name().to_owned(), source })?;
            files.push(file);
        }
    }
    Ok(files)
}
