//! The page in a browser, where there is one: it renders without an error, and its controls do what they say.

use std::path::PathBuf;
use std::process::Command;

use crate::Bench;

/// Names under which Chromium is installed.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("TEORELL_CHROMIUM") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.is_file())
}

/// The page after its own test of its controls, and what the browser logged.
fn visited(bench: &Bench, page: &str) -> Option<(String, String)> {
    let Some(chromium) = chromium() else {
        eprintln!(
            "skipped: no Chromium found; install it (`apt install chromium`) or set TEORELL_CHROMIUM to its path"
        );
        return None;
    };
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}#selftest", bench.path(page).display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Some((text(output.stdout), text(output.stderr)))
}

#[test]
fn controls_work_and_nothing_is_logged_as_an_error() {
    let bench = Bench::simulated();
    bench.report();
    let Some((dom, log)) = visited(&bench, "small/report.html") else { return };
    let logged: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(logged.is_empty(), "{logged:#?}");
    let found =
        dom.split("data-selftest=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("the page tested itself");
    let found: serde_json::Value = serde_json::from_str(&found.replace("&quot;", "\"")).unwrap();
    for name in ["curves", "toggleChanges", "toggleReturns", "zoomChanges", "hoverReads", "sorts"] {
        assert_eq!(found[name], true, "{name} in {found}");
    }
    assert_eq!(found["problems"], serde_json::json!([]));
}

#[test]
fn the_browser_test_sees_a_page_whose_script_fails() {
    let bench = Bench::simulated();
    let page = bench.report();
    // The policy of the page names its scripts by hash, so that a script of somebody else does not run and is logged.
    std::fs::write(bench.path("broken.html"), page.replace("const root = ", "const tree = ")).unwrap();
    let Some((dom, log)) = visited(&bench, "broken.html") else { return };
    assert!(log.contains("CONSOLE") && !dom.contains("data-selftest=\""));
}
