//! What the page holds.

use std::fs;

use crate::Bench;
use crate::html::{Tag, attribute, tags};

fn named<'a>(tags: &'a [Tag], name: &str) -> Vec<&'a Tag> {
    tags.iter().filter(|tag| tag.name == name).collect()
}

#[test]
fn the_page_is_well_formed_and_has_every_section_in_its_contents() {
    let bench = Bench::simulated();
    let page = bench.report();
    let tags = tags(&page);
    let ids = ["question", "model", "cohort", "regimen", "results", "checks", "failures", "reproducibility"];
    let sections: Vec<&str> = named(&tags, "section").iter().filter_map(|tag| attribute(tag, "id")).collect();
    assert_eq!(sections, ids);
    let links: Vec<&str> = named(&tags, "a").iter().filter_map(|tag| attribute(tag, "href")).collect();
    assert_eq!(links, ids.map(|id| format!("#{id}")));
    let headings: Vec<&str> = named(&tags, "h2").iter().map(|tag| tag.text.as_str()).collect();
    assert_eq!(headings.len(), ids.len());
    assert!(page.contains("Nobody &amp; Others 2019"));
    assert!(page.contains("teorell simulate study.toml --out again"));
    assert!(page.contains("None: every subject has a result in every arm."));
}

#[test]
fn a_target_stands_with_its_condition_beside_the_name_that_tables_have() {
    let bench = Bench::new();
    let study = bench.read("s.toml");
    let targets = "[[target]]\nname = \"enough\"\ncondition = \"auc > 20 & cmax < 500\"\nshare = 0.9\n\
                   [[target]]\ncondition = \"ctrough > 1 mg/L\"\n";
    fs::write(bench.path("s.toml"), format!("{study}\n{targets}")).unwrap();
    bench.teorell(&["simulate", "s.toml", "-q", "--no-plots"]).success();
    let page = bench.report();
    assert!(
        page.contains("<b>enough</b>: <code>auc &gt; 20 &amp; cmax &lt; 500</code>, in at least 90 % of the subjects")
    );
    assert!(page.contains("<li><code>ctrough &gt; 1 mg/L</code></li>"));
}

#[test]
fn every_picture_says_what_it_shows_and_every_table_what_it_is() {
    let bench = Bench::simulated();
    let tags = tags(&bench.report());
    let pictures = named(&tags, "svg");
    // Covariates, doses, concentration, individual curves, accumulation.
    assert_eq!(pictures.len(), 5);
    for (index, tag) in tags.iter().enumerate().filter(|(_, tag)| tag.name == "svg") {
        assert_eq!(attribute(tag, "role"), Some("img"));
        assert!(tags[index + 1].name == "title" && tags[index + 1].text.len() > 20, "{:?}", tags[index + 1]);
    }
    assert_eq!(named(&tags, "table").len(), named(&tags, "caption").len());
    let headings = named(&tags, "th");
    assert!(headings.iter().all(|tag| attribute(tag, "scope") == Some("col")));
}

#[test]
fn equations_are_mathml_with_derivatives_as_fractions() {
    let bench = Bench::simulated();
    let page = bench.report();
    let depot = "<mfrac><mrow><mi>d</mi><mi>depot</mi></mrow><mrow><mi>d</mi><mi>t</mi></mrow></mfrac>";
    assert!(page.contains(depot));
    assert!(page.contains("<msub><mi>η</mi><mi>lcl</mi></msub>"), "an eta is a letter with an index");
    assert!(page.contains("if <math"), "a condition stands before what it guards");
}

/// Cells of the first row of a table of the folder that has these values in its first columns.
fn row(csv: &str, begins: &str) -> Vec<String> {
    let line = csv.lines().find(|line| line.starts_with(begins)).unwrap_or_else(|| panic!("no row {begins}"));
    line.split(',').map(str::to_owned).collect()
}

#[test]
fn numbers_are_those_of_the_files_to_every_digit() {
    let bench = Bench::simulated();
    let page = bench.report();
    let summary = bench.read("small/summary.csv");
    let header: Vec<&str> = summary.lines().next().unwrap().split(',').collect();
    for quantity in ["auc", "cmax", "ctrough"] {
        let cells = row(&summary, &format!("plain,exposure,,8,{quantity},"));
        for name in ["mean", "p5", "p50", "p95"] {
            let cell = &cells[header.iter().position(|column| *column == name).unwrap()];
            assert!(page.contains(&format!("data-v=\"{cell}\"")), "{quantity} {name} {cell}");
        }
    }
    assert!(page.contains("title=\"geometric mean; empty where a value is not positive\""), "meanings of columns");
    assert!(!page.contains(">profile</td>"), "curves are pictures, not a table");
}

#[test]
fn texts_of_users_stay_texts() {
    let bench = Bench::simulated();
    let page = bench.report();
    assert!(
        page.contains(
            "Does a &lt;script&gt;alert('title')&lt;/script&gt; dose &amp; a &quot;loading&quot; dose matter?"
        )
    );
    assert!(page.contains("100 mg &lt;b&gt;every&lt;/b&gt; 12 h"));
    let tags = tags(&page);
    let scripts = named(&tags, "script");
    assert_eq!(scripts.len(), 3, "the data of the curves, the chart library, the page's own");
    assert!(scripts[0].text.contains("\\u003c/script>\\u003cscript>alert('arm')"), "an arm's name in the data");
    assert!(
        tags.iter().all(|tag| tag.name != "img" && !tag.attributes.contains("onerror=")),
        "no element of the model's"
    );
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    let bench = Bench::simulated();
    let page = bench.report();
    let tags = tags(&page);
    for tag in &tags {
        for name in ["src", "srcset", "data", "action", "poster"] {
            assert!(attribute(tag, name).is_none(), "{} has {name}", tag.name);
        }
        let href = attribute(tag, "href").unwrap_or("#");
        assert!(href.starts_with('#'), "{href}");
    }
    assert!(named(&tags, "style").iter().all(|style| !style.text.contains("url(") && !style.text.contains("@import")));
    let policy = tags.iter().find_map(|tag| attribute(tag, "content").filter(|text| text.contains("default-src")));
    assert!(policy.unwrap().starts_with("default-src 'none';"));
}

#[test]
fn the_same_run_gives_the_same_page_whatever_the_threads_and_the_folder() {
    let bench = Bench::simulated();
    bench.teorell(&["simulate", "s.toml", "-q", "--threads", "1", "--out", "other"]).success();
    let page = bench.report();
    bench.teorell(&["report", "other", "--no-checks"]).success();
    assert_eq!(page, bench.read("other/report.html"));
    assert_eq!(page, bench.report(), "a second report into the same folder");
}

#[test]
fn checks_compare_with_the_reference_and_weigh_what_was_given() {
    let bench = Bench::simulated();
    bench.teorell(&["report", "small"]).success().stderr("");
    let page = bench.read("small/report.html");
    for check in
        ["Solver against the reference: concentrations", "Solver against the reference: AUC", "Balance of mass"]
    {
        let after = &page[page.find(&format!("<td>{check}</td>")).unwrap_or_else(|| panic!("no check {check}"))..];
        let row = &after[..after.find("</tr>").unwrap()];
        assert!(row.contains("<td class=\"passed\">passed</td>"), "{row}");
    }
    assert!(!bench.report().contains("Balance of mass"));
}
