//! What must hold for any bytes as a model: the reader answers, every fault can be shown, and what is read prints to a text
//! that reads back. Shared by the fuzzer and by `tests/language/corpus.rs`.

use teorell::model::language;

/// Panics where the property does not hold.
pub fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match language::read_bytes(bytes, "model") {
        Ok(reading) => {
            let printed = reading.ir.to_string();
            let again = language::read(&printed, "model").unwrap_or_else(|faults| {
                let shown: String = faults.iter().map(|fault| fault.render(&printed, "printed")).collect();
                panic!("{shown}\nof\n{text}\nprinted as\n{printed}")
            });
            assert_eq!(again.ir.to_string(), printed, "{text}");
        }
        Err(faults) => {
            assert!(!faults.is_empty(), "{text}");
            for fault in faults {
                assert!(fault.render(&text, "model.R").contains(&fault.message));
            }
        }
    }
}
