//! Labels of forests, comparisons and small multiples are whole and apart, for few and many, short and long, small and large.

use std::collections::BTreeMap;

use super::comparison::ComparisonPlot;
use super::figure::Band;
use super::forest::ForestPlot;
use super::multiples::{Multiples, MultiplesPanel, SweptTick};
use super::picture::{Anchor, Shape};
use super::style::{AXIS_LINE, Theme};
use super::tests::check_labels;
use crate::exposure::comparison::{Comparison, Criteria};
use crate::exposure::forest::{ForestInterval, ForestLevel, ForestRow};
use crate::output::comparisons::ComparisonRow;

const LONG: &str = "a name as long as those of people who describe everything that they do in the name of the thing";

fn forest_row(covariate: &str, level: ForestLevel, quantity: &str, ratio: f64) -> ForestRow {
    let interval = match level {
        ForestLevel::Category => None,
        ForestLevel::Individuals => Some(([0.5 * ratio, 2.0 * ratio], ForestInterval::BetweenSubjects)),
        _ => Some(([0.8 * ratio, 1.3 * ratio], ForestInterval::Confidence)),
    };
    ForestRow {
        arm: "fixed".to_owned(),
        cycle: Some(4),
        covariate: covariate.to_owned(),
        unit: "m2".to_owned(),
        level,
        at: (level != ForestLevel::Individuals).then_some(1.0 / 3.0),
        reference_at: (level != ForestLevel::Individuals).then_some(2.0 / 3.0),
        quantity: quantity.to_owned(),
        reference: 12_345.678,
        ratio,
        interval,
        n: None,
        missing: 0,
    }
}

#[test]
fn labels_of_forests_are_whole_and_apart() {
    for (n_covariates, scale, name) in [(1, 1.0, "BSA"), (6, 1e-4, "WT"), (3, 1e5, LONG), (12, 30.0, "CRCL")] {
        let mut rows = Vec::new();
        for quantity in ["auc", "cmax", LONG] {
            for i in 0..n_covariates {
                let covariate = format!("{name}{i}");
                rows.push(forest_row(&covariate, ForestLevel::Low, quantity, 1.0 / scale));
                rows.push(forest_row(&covariate, ForestLevel::High, quantity, 0.9));
                rows.push(forest_row(&covariate, ForestLevel::Category, quantity, 2.0));
            }
            rows.push(forest_row("", ForestLevel::Individuals, quantity, 1.0));
        }
        for theme in [Theme::Light, Theme::Dark, Theme::Print] {
            let heading = if n_covariates == 3 { LONG.to_owned() } else { "a study".to_owned() };
            let units = [("auc".to_owned(), "ng*h/mL".to_owned())].into_iter().collect();
            let plot = ForestPlot { heading, rows: rows.clone(), units };
            check_labels(&format!("{n_covariates} of {name}"), &plot.draw(theme));
        }
    }
}

#[test]
fn the_label_of_a_forests_axis_stands_under_its_middle() {
    let rows = vec![forest_row("WT", ForestLevel::Low, "auc", 0.5), forest_row("WT", ForestLevel::High, "auc", 3.0)];
    let picture = ForestPlot { heading: "a study".to_owned(), rows, units: BTreeMap::new() }.draw(Theme::Light);
    let label = picture.shapes.iter().find_map(|shape| match shape {
        Shape::Text(text) if text.text.starts_with("Ratio") => Some(text),
        _ => None,
    });
    let axis = picture.shapes.iter().find_map(|shape| match shape {
        Shape::Line { points, width, .. } if *width == AXIS_LINE && points.len() == 3 => {
            Some([points[1].0, points[2].0])
        }
        _ => None,
    });
    let (label, [left, right]) = (label.unwrap(), axis.unwrap());
    assert_eq!((label.at.0, label.anchor), ((left + right) / 2.0, Anchor::Middle));
    // What stands beside the axis, ratios as text, has a place of its own.
    assert!(right < picture.width - 150.0, "the axis ends at {right}");
}

#[test]
fn labels_of_comparisons_are_whole_and_apart() {
    for (n_arms, n_cycles, scale, name) in
        [(1, 1, 1.0, "low"), (5, 6, 1e-3, "arm"), (2, 60, 1e3, LONG), (6, 2, 1.3, LONG)]
    {
        let arms: Vec<String> = (0..=n_arms).map(|i| format!("{name} {i}")).collect();
        let row = |arm: &String, cycle: u32, quantity: &str, replicate: u32| ComparisonRow {
            test: arm.clone(),
            reference: arms[0].clone(),
            replicate,
            cycle,
            quantity: quantity.to_owned(),
            comparison: Comparison {
                n: 1_000_000,
                ratio: Some(scale),
                interval: Some([0.9 * scale, 1.1 * scale]),
                percentiles: [0.5, 1.0, 2.0].map(|part| Some(part * scale)),
                ..Comparison::default()
            },
            criteria: Criteria::default(),
        };
        for replicates in 1..=2 {
            let mut rows = Vec::new();
            for arm in &arms[1..] {
                for cycle in 1..=n_cycles {
                    for replicate in 0..replicates {
                        rows.extend(["auc", "cmax", "ctrough"].map(|quantity| row(arm, cycle, quantity, replicate)));
                    }
                }
            }
            let plot = ComparisonPlot { heading: name.to_owned(), arms: arms.clone(), rows };
            check_labels(&format!("{n_arms} arms of {name}, {n_cycles} cycles"), &plot.draw(Theme::Print));
        }
    }
}

#[test]
fn labels_of_small_multiples_are_whole_and_apart() {
    let numbers = |values: &[f64]| values.iter().map(|&value| SweptTick::Number(value)).collect::<Vec<_>>();
    let names = |names: &[&str]| names.iter().map(|name| SweptTick::Name((*name).to_owned())).collect::<Vec<_>>();
    for (values, n_panels, columns, n_series, name, scale) in [
        (numbers(&[100.0]), 1, 3, 1, "auc", 1.0),
        (numbers(&[1e-5, 2e-5, 1e7]), 3, 3, 2, "AUC", 1e-6),
        (numbers(&(1..=100).map(f64::from).collect::<Vec<_>>()), 9, 3, 6, LONG, 1e8),
        (names(&["mosteller", "dubois", LONG]), 6, 2, 2, "every", 40.0),
        (names(&[LONG, "8 h"]), 4, 4, 1, LONG, 0.3),
    ] {
        let band = |i: usize| {
            let times: Vec<f64> = (0..values.len()).map(|index| Multiples::position(&values, index)).collect();
            let curve = |part: f64| vec![part * scale; values.len()];
            Band { name: format!("{name} {i}"), n: 10, low: curve(0.5), median: curve(1.0), high: curve(2.0), times }
        };
        let panel = |i: usize| MultiplesPanel {
            caption: format!("{name} {i}"),
            label: format!("{name} (ng·h/mL)"),
            series: (0..n_series).map(band).collect(),
            shares: scale == 40.0,
            ..MultiplesPanel::default()
        };
        let multiples = Multiples {
            title: format!("{name}: exposure in the last cycle over {name}"),
            subtitle: "Median (line)".to_owned(),
            swept: format!("{name} (mg)"),
            values: values.clone(),
            panels: (0..n_panels).map(panel).collect(),
            columns,
        };
        check_labels(&format!("{n_panels} panels of {name}, {} values", values.len()), &multiples.draw(Theme::Dark));
    }
}
