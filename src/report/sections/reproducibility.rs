//! All it takes to run the study again and to see whether the files are the same.

use maud::{Markup, html};

use crate::report::folder::FileState;
use crate::report::{Material, ReportError};
use crate::study::Study;
use crate::study::copies::STUDY_FILE;

pub(super) fn body(material: &Material<'_>) -> Result<Markup, ReportError> {
    let manifest = material.folder.manifest();
    let instructions = manifest.solver.instruction_set.as_deref();
    Ok(html! {
        dl.facts {
            dt { "Program" } dd { (manifest.program) " " (manifest.version) }
            dt { "Seed" } dd { (manifest.study.seed) }
            @if let Some(hash) = &manifest.model.sha256 { dt { "Model, SHA-256" } dd { code.hash { (hash) } } }
            @if let Some(instructions) = instructions {
                dt { "Instructions" } dd { (instructions) ": digits beyond 1e−12 may depend on them" }
            }
            @if material.study.is_ok() { dt { "To repeat" } dd {
                code { (manifest.program) " " (manifest.command) " " (STUDY_FILE) " --out again" }
                " in the folder of the results; the tables are the same bytes for any number of threads"
            } }
        }
        div.wide {
            table.files {
                caption { "Files of the run" }
                thead { tr { th scope="col" { "file" } th.number scope="col" { "bytes" } th scope="col" { "BLAKE3" } th scope="col" { "now" } } }
                tbody {
                    @for (file, state) in material.folder.files() {
                        tr {
                            td { code { (file.name) } }
                            td.number { (file.bytes) }
                            td { code.hash { (file.blake3) } }
                            td class=(if state == FileState::Unchanged { "passed" } else { "failed" }) { (state.words()) }
                        }
                    }
                }
            }
        }
        h3 { "Study file" }
        pre { code { (material.study.map_or_else(|_| manifest.study.text.clone(), Study::to_toml)) } }
        @if let Ok(study) = material.study {
            h3 { "Model file" }
            pre { code { (study.model_text().text) } }
        }
    })
}
