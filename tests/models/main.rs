//! Models from text to program: meaning of the language, structure, findings, the built-in models.

mod analysis;
mod findings;
mod inotuzumab;
mod random_expressions;
mod register_file;
mod show;
