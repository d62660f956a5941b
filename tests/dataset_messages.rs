//! What the reader of data sets says about malformed ones: each case is a file and every message it gives.
//!
//! The snapshots in `tests/snapshots` are the catalogue of these messages.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use teorell::engine::timeline::Interpolation;
use teorell::regimen::dataset::{Dataset, DatasetError, DatasetOptions, DatasetReader, check};
use teorell::regimen::names::ModelNames;
use teorell::regimen::schedule::CovariateInterpolation;

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A model of two states with an endpoint, and the covariates named.
fn model(covariates: &str) -> DatasetOptions {
    let names = ModelNames {
        states: words("depot central"),
        endpoints: words("Cc"),
        covariates: words(covariates),
        ..ModelNames::default()
    };
    DatasetOptions::for_model(&names)
}

fn messages(bytes: &[u8], options: &DatasetOptions) -> String {
    check(DatasetReader::new(Cursor::new(bytes.to_vec()), "data.csv", options)).to_string()
}

/// Each case with its messages. A case without one would be no malformed data set.
fn catalogue(cases: &[(&str, &str)], options: &DatasetOptions) -> String {
    let mut text = String::new();
    for (name, data) in cases {
        let found = messages(data.as_bytes(), options);
        assert!(found.lines().count() > 1, "{name}: nothing found in\n{data}");
        let data: String = data.lines().map(|line| format!("    {line}\n")).collect();
        write!(text, "# {name}\n{data}{found}\n\n").unwrap();
    }
    text
}

#[test]
fn files_that_are_no_data_set() {
    let cases = [
        ("empty file", ""),
        ("blank lines only", "\n\n\r\n"),
        ("header only", "ID,TIME,AMT\n"),
        ("comments only", "C,ID,TIME,AMT\nC,1,0,100\n"),
        ("separated by spaces", "ID TIME AMT\n1 0 100\n"),
        ("no header", "1,0,100\n1,8,0\n"),
        ("a workbook", "PK\u{3}\u{4}and so on"),
        ("header with an open quote", "ID,\"TIME,AMT\n1,0,100\n"),
    ];
    insta::assert_snapshot!(catalogue(&cases, &model("")));
}

#[test]
fn bytes_that_are_no_text() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let rows: String = (0..20_000).map(|row| format!("1,{row},0\n")).collect();
    packed.write_all(format!("ID,TIME,AMT\n{rows}").as_bytes()).unwrap();
    let mut packed = packed.finish().unwrap();
    packed.truncate(packed.len() / 2);
    let long = format!("ID,TIME,AMT\n1,0,{}\n1,1,0\n", "9".repeat(1 << 20));
    let cases: [(&str, &[u8]); 6] = [
        ("UTF-16", b"\xff\xfeI\0D\0,\0"),
        ("Latin-1 in the header", b"ID,TIME,gr\xf6\xdfe\n1,0,1\n"),
        ("Latin-1 in an ID", b"ID,TIME,AMT\nM\xfcller,0,100\n"),
        ("Latin-1 in a number", b"ID,TIME,AMT\n1,0,100\xb5g\n"),
        ("gzip cut short", &packed),
        ("a line without end", long.as_bytes()),
    ];
    let mut text = String::new();
    for (name, data) in cases {
        write!(text, "# {name}\n{}\n\n", messages(data, &model(""))).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn headers() {
    let cases = [
        ("no ID", "SUBJ,TIME,AMT\n1,0,100\n"),
        ("no TIME", "ID,AMT\n1,100\n"),
        ("neither", "A,B\nx,y\n"),
        ("a column twice", "ID,TIME,AMT,amt\n1,0,100,100\n"),
        ("two durations", "ID,TIME,AMT,TINF,DUR\n1,0,100,1,1\n"),
        ("two dates", "ID,DATE,DAT2,TIME,AMT\n1,2024-03-31,24/3/31,8:00,100\n"),
        ("a column without a name", ",ID,TIME,AMT\n1,1,0,100\n"),
        ("a covariate missing", "ID,TIME,AMT,WT\n1,0,100,70\n"),
        ("a covariate misspelt", "ID,TIME,AMT,WT,BSAA\n1,0,100,70,1.8\n"),
    ];
    let mut text = catalogue(&cases[..7], &model(""));
    text += &catalogue(&cases[7..], &model("WT BSA"));
    let mut options = model("WT");
    options.carry = words("ARM DOSEE");
    options.interpolation.by_name = vec![("WTT".to_owned(), Interpolation::Linear)];
    text += &catalogue(&[("options that fit no column", "ID,TIME,AMT,WT,DOSE\n1,0,100,70,100\n")], &options);
    insta::assert_snapshot!(text);
}

#[test]
fn rows_and_cells() {
    let cases = [
        ("too few cells", "ID,TIME,AMT\n1,0\n"),
        ("too many cells", "ID,TIME,AMT\n1,0,100,\n"),
        ("an open quote", "ID,TIME,AMT\n\"1,0,100\n2,0,100\n"),
        ("text behind a quote", "ID,TIME,AMT\n1,0,\"100\" mg\n"),
        ("ID missing", "ID,TIME,AMT\n.,0,100\n"),
        ("a control character in an ID", "ID,TIME,AMT\na\u{1b}[2Jb,0,100\n"),
        ("a word for a number", "ID,TIME,AMT\n1,0,abc\n"),
        ("a unit behind a number", "ID,TIME,AMT\n1,0,100mg\n"),
        ("a number in hexadecimal", "ID,TIME,AMT\n1,0,0x64\n"),
        ("decimal commas", "ID;TIME;AMT\n1;0;0,5\n"),
        ("NaN as R writes it", "ID,TIME,AMT,DV\n1,0,100,NaN\n"),
        ("infinity", "ID,TIME,AMT\n1,Inf,100\n"),
        ("beyond double precision", "ID,TIME,AMT\n1,0,1e400\n"),
        ("below the limit of quantification", "ID,TIME,AMT,DV\n1,1,.,<0.5\n"),
        (
            "a cell of great length",
            "ID,TIME,AMT\n1,0,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
        ),
    ];
    insta::assert_snapshot!(catalogue(&cases, &model("")));
}

#[test]
fn times() {
    let cases = [
        ("TIME missing", "ID,TIME,AMT\n1,.,100\n"),
        ("TIME a word", "ID,TIME,AMT\n1,noon,100\n"),
        ("no such clock time", "ID,TIME,AMT\n1,8:75,100\n"),
        ("clock time in halves", "ID,TIME,AMT\n1,8:30 PM,100\n"),
        ("numbers and clock times", "ID,TIME,AMT\n1,8:30,100\n1,9.5,.\n"),
        ("no such date", "ID,DATE,TIME,AMT\n1,2023-02-29,8:00,100\n"),
        ("day first in DATE", "ID,DATE,TIME,AMT\n1,31/03/2024,8:00,100\n"),
        ("year last in DAT2", "ID,DAT2,TIME,AMT\n1,3/31/2024,8:00,100\n"),
        ("DATE missing", "ID,DATE,TIME,AMT\n1,,8:00,100\n"),
        ("DATE without a time of day", "ID,DATE,AMT\n1,2024-03-31,100\n"),
        ("the time of day twice", "ID,DATE,TIME,AMT\n1,2024-03-31 8:00,8:00,100\n"),
        ("25 o'clock", "ID,DATE,TIME,AMT\n1,2024-03-31,25:00,100\n"),
        ("time going back", "ID,TIME,AMT\n1,0,100\n1,5,.\n1,4,.\n1,6,.\n"),
        ("dates going back", "ID,DATE,TIME,AMT\n1,2024-03-31,8:00,100\n1,2024-03-30,9:00,.\n"),
        ("past midnight without a date", "ID,TIME,AMT\n1,22:00,100\n1,1:00,.\n"),
    ];
    insta::assert_snapshot!(catalogue(&cases, &model("")));
}

#[test]
fn doses() {
    let header = "ID,TIME,EVID,AMT,RATE,TINF,II,ADDL,SS\n";
    let cases = [
        ("rule 6: ADDL without II", "1,0,1,100,0,0,0,3,0"),
        ("rule 6: ADDL negative", "1,0,1,100,0,0,24,-1,0"),
        ("rule 6: ADDL a fraction", "1,0,1,100,0,0,24,1.5,0"),
        ("rule 6: ADDL absurd", "1,0,1,100,0,0,24,24000000,0"),
        ("II negative", "1,0,1,100,0,0,-24,3,0"),
        ("rule 7: SS without II", "1,0,1,100,0,0,0,0,1"),
        ("rule 7: SS 3", "1,0,1,100,0,0,24,0,3"),
        ("rule 9: constant infusion with II", "1,0,1,0,10,0,24,0,1"),
        ("rule 9: constant infusion added", "1,0,1,0,10,0,0,0,2"),
        ("rule 9: constant infusion repeated", "1,0,1,.,10,0,0,2,1"),
        ("rule 9: modelled rate without an amount", "1,0,1,0,-1,0,0,0,1"),
        ("rule 12: RATE -3", "1,0,1,100,-3,0,0,0,0"),
        ("rule 12: RATE -0.5", "1,0,1,100,-0.5,0,0,0,0"),
        ("RATE and TINF disagree", "1,0,1,100,10,2,0,0,0"),
        ("RATE -2 and TINF", "1,0,1,100,-2,2,0,0,0"),
        ("TINF negative", "1,0,1,100,0,-2,0,0,0"),
        ("rule 16: AMT negative", "1,0,1,-100,0,0,0,0,0"),
        ("rule 16: AMT 0 is a warning", "1,0,1,0,0,0,0,0,0"),
        ("rule 16: EVID 7", "1,0,7,100,0,0,0,0,0"),
        ("rule 16: EVID a fraction", "1,0,1.5,100,0,0,0,0,0"),
        ("rule 16: EVID negative", "1,0,-1,100,0,0,0,0,0"),
        ("AMT missing on a dose", "1,0,4,.,0,0,0,0,0"),
        ("AMT on an observation", "1,0,0,100,0,0,0,0,0"),
        ("AMT on a reset", "1,0,3,100,0,0,0,0,0"),
        ("dosing items on an observation are a warning", "1,0,0,0,10,1,24,3,1"),
        ("rule 17: a constant infusion needs its EVID", "1,0,.,0,10,0,0,0,1"),
        ("several at once", "1,0,1,-100,-3,-2,-24,-1,5"),
    ];
    let cases: Vec<(&str, String)> = cases.iter().map(|(name, row)| (*name, format!("{header}{row}\n"))).collect();
    let cases: Vec<(&str, &str)> = cases.iter().map(|(name, data)| (*name, data.as_str())).collect();
    let mut text = catalogue(&cases, &model(""));
    let without = [
        ("no column AMT", "ID,TIME,EVID\n1,0,1\n"),
        ("MDV 7", "ID,TIME,AMT,MDV\n1,0,100,7\n"),
        ("MDV 0 on a dose is a warning", "ID,TIME,AMT,MDV\n1,0,100,0\n"),
    ];
    text += &catalogue(&without, &model(""));
    insta::assert_snapshot!(text);
}

#[test]
fn compartments() {
    let header = "ID,TIME,EVID,AMT,CMT\n";
    let cases = [
        ("rule 16: a dose into compartment 3 of 2", "1,0,1,100,3"),
        ("rule 16: an observation of compartment 4", "1,0,0,.,4"),
        ("rule 16: a fraction", "1,0,1,100,1.5"),
        ("a negative number on a dose", "1,0,1,100,-2"),
        ("turning off what is not there", "1,0,2,.,-7"),
        ("a name misspelt", "1,0,1,100,centrall"),
        ("a name unlike any", "1,0,1,100,gut"),
        ("a dose into an endpoint", "1,0,1,100,Cc"),
    ];
    let cases: Vec<(&str, String)> = cases.iter().map(|(name, row)| (*name, format!("{header}{row}\n"))).collect();
    let cases: Vec<(&str, &str)> = cases.iter().map(|(name, data)| (*name, data.as_str())).collect();
    insta::assert_snapshot!(catalogue(&cases, &model("")));
}

#[test]
fn subjects_and_covariates() {
    let cases = [
        ("rule 18: rows of a subject apart", "ID,TIME,AMT,WT\n1,0,100,70\n2,0,100,80\n1,8,.,70\n1,9,.,70\n"),
        ("a text ID apart", "ID,TIME,AMT,WT\nann,0,100,70\nbob,0,100,80\nann,8,.,70\n"),
        ("no covariate to start from", "ID,TIME,AMT,WT\n1,0,100,.\n1,8,.,70\n"),
        ("a covariate that is a word", "ID,TIME,AMT,WT\n1,0,100,heavy\n"),
        ("a covariate without end", "ID,TIME,AMT,WT\n1,0,100,inf\n"),
    ];
    let mut text = catalogue(&cases, &model("WT"));
    let mut options = model("WT");
    options.interpolation = CovariateInterpolation { default: Interpolation::Nocb, ..Default::default() };
    text += &catalogue(&[("nothing to carry back", "ID,TIME,AMT,WT\n1,0,100,.\n1,8,.,NA\n")], &options);
    let unknown = [("a column of words, read without a model", "ID,TIME,AMT,SEX\n1,0,100,F\n1,8,.,F\n2,0,100,M\n")];
    text += &catalogue(&unknown, &DatasetOptions::default());
    insta::assert_snapshot!(text);
}

#[test]
fn a_file_full_of_errors_is_told_in_twenty_and_counted() {
    let rows: String = (0..1000).map(|row| format!("1,{row},-5,{}\n", if row % 10 == 0 { "x" } else { "0" })).collect();
    let data = format!("ID,TIME,AMT,DV\n{rows}");
    let report = check(DatasetReader::new(Cursor::new(data), "data.csv", &model("")));
    assert_eq!(report.errors.count(), 1100);
    assert_eq!(report.errors.shown.len(), 20);
    let text = report.to_string();
    let tail: Vec<&str> = text.lines().skip(38).collect();
    insta::assert_snapshot!(tail.join("\n"));
}

#[test]
fn the_report_for_programs_has_the_same_places() {
    let data = "ID,TIME,AMT\n7,0,100\n7,x,.\n";
    let report = check(DatasetReader::new(Cursor::new(data), "data.csv", &model("")));
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).unwrap());
}

#[test]
fn a_data_set_with_errors_is_refused_as_a_whole() {
    let data = "ID,TIME,AMT\n1,0,100\n2,0,-100\n";
    let error = Dataset::from_reader(Cursor::new(data), "data.csv", &model("")).unwrap_err();
    insta::assert_snapshot!(error);
    let error = Dataset::from_path("no/such/file.csv", &model("")).unwrap_err();
    assert!(matches!(error, DatasetError::Open { .. }));
    assert!(error.to_string().starts_with("`no/such/file.csv` could not be opened: "));
}
