//! The gallery shows every picture that the program draws, and needs nothing but itself.

#[path = "../examples/gallery/collection/mod.rs"]
mod gallery;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use teorell::plot::style::Theme;

fn names(folder: &Path, ending: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    entries.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
}

#[test]
fn a_small_gallery_shows_every_kind_of_picture_beside_its_command() {
    let folder = tempfile::tempdir().unwrap();
    // One theme: what the others change is tested where colours are.
    gallery::make(Path::new(env!("CARGO_BIN_EXE_teorell")), folder.path(), 10, &[Theme::Dark]).unwrap();
    let pictures = names(&folder.path().join("pictures"), ".svg");
    assert_eq!(pictures, names(&folder.path().join("pictures"), ".png"));
    let kinds = [
        "course-concentration",
        "course-spaghetti",
        "course-accumulation",
        "course-clearance",
        "groups-clearance",
        "comparison-comparison",
        "doses-sweep",
        "doses-sweep_concentration",
        "targets-pta",
        "forest-forest",
        "forest-uncertain-forest",
        "check-vpc",
        "check-arms-vpc",
    ];
    for kind in kinds {
        assert!(pictures.contains(&format!("{kind}-dark")), "{kind} is not among {pictures:?}");
    }
    let page = fs::read_to_string(folder.path().join("index.html")).unwrap();
    assert_eq!(page.matches("<img ").count(), pictures.len());
    assert_eq!(page.matches("src=\"").count(), page.matches("src=\"data:image/svg+xml;base64,").count());
    for name in &pictures {
        assert!(page.contains(&format!("href=\"pictures/{name}.png\"")), "{name}");
    }
    assert!(page.contains("teorell vpc examples/data/visits.csv --model examples/models/oral.R --out check"));
    assert!(page.contains("--sweep &quot;every=8 h,12 h,24 h&quot;"), "an argument with spaces is quoted");
    assert!(page.contains("alt=\"vancomycin: target attainment over amount."), "pictures say what they show");
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    let error = gallery::make(Path::new("no-such-program"), folder.path(), 1, &[Theme::Light]).err().unwrap();
    assert!(error.to_string().contains("holds no gallery; give a new or empty folder"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
