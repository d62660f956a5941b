//! From model text to program: `cargo bench --bench compile`. A model of 40 states is to take under 5 ms.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use teorell::model::{Model, ModelOptions};

/// A whole-body model: organs between arterial and venous blood, clearance in the liver that saturates.
fn whole_body(n_states: usize) -> String {
    let organs = n_states - 2;
    let (mut ini, mut body, mut flows) = (String::new(), String::new(), String::new());
    for organ in 1..=organs {
        let _ = writeln!(ini, "    lq{organ} <- log({}); label(\"Blood flow of organ {organ} (L/h)\")", 10 + organ);
        let _ = writeln!(ini, "    lv{organ} <- log({}); etav{organ} ~ 0.09", 5 + organ);
        let _ = writeln!(
            body,
            "    q{organ} <- exp(lq{organ}) * (WT / 70)^0.75\n    v{organ} <- exp(lv{organ} + etav{organ}) * WT / 70"
        );
        let _ = writeln!(
            body,
            "    d/dt(organ{organ}) <- q{organ} * (arterial / va - organ{organ} / v{organ} / kp) - vmax * organ{organ} / (km + organ{organ} / v{organ})"
        );
        let _ = write!(flows, "{}q{organ} * organ{organ} / v{organ} / kp", if organ == 1 { "" } else { " + " });
    }
    format!(
        "whole_body <- function() {{\n  ini({{\n    kp <- 1.5; vmax <- 3; km <- 0.4; lva <- log(2); lvv <- log(4); s <- 0.2\n{ini}  }})\n  model({{\n    va <- exp(lva); vv <- exp(lvv); qt <- 300\n{body}    \
         d/dt(venous) <- {flows} - qt * venous / vv\n    d/dt(arterial) <- qt * (venous / vv - arterial / va)\n    Cc <- venous / vv\n    Cc ~ prop(s)\n  }})\n}}\n"
    )
}

fn compile(criterion: &mut Criterion) {
    let options = ModelOptions::default();
    let text = whole_body(40);
    criterion.bench_function("compile a model of 40 states", |bencher| {
        bencher.iter(|| Model::from_text(black_box(&text), "whole_body", &options).expect("the text is a model"));
    });
    criterion.bench_function("compile inotuzumab_garrett_2019", |bencher| {
        bencher.iter(|| Model::builtin(black_box("inotuzumab_garrett_2019")));
    });
}

criterion_group!(benches, compile);
criterion_main!(benches);
