//! Files: the list of columns, CSV, manifest, and writing so that nothing half-written stays behind, level 5.
