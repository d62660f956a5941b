//! Pictures into a folder, with a word on what they cannot show.

use teorell::output::folder::{OutputFile, OutputFolder};
use teorell::plot::source::NamedPicture;
use teorell::plot::{self, PlotError};

use super::report::warning;

/// Letters that a warning names.
const MOST_NAMED: usize = 12;

/// Writes pictures into a folder's unfinished files, and warns of letters that their font lacks.
pub fn write_pictures(folder: &OutputFolder, pictures: &[NamedPicture]) -> Result<Vec<OutputFile>, PlotError> {
    let missing = plot::missing_letters(pictures);
    if !missing.is_empty() {
        let named: String = missing.chars().take(MOST_NAMED).collect();
        let more = if missing.chars().count() > MOST_NAMED { " and more" } else { "" };
        warning(&format!(
            "the font of PNG pictures lacks `{named}`{more}: boxes stand in their place; the SVG pictures show them, in a font of \
             their viewer"
        ));
    }
    plot::write(folder, pictures)
}
