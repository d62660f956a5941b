alirocumab_djebli_2017 <- function() {
  description <- "Alirocumab and its target PCSK9 in adults with high cholesterol: two compartments, subcutaneous absorption with a lag, binding to the target in quasi-steady state. Its constant is the dissociation constant measured in vitro, the target at baseline the mean of the study population"
  reference <- "Djebli N et al. Clin Pharmacokinet 2017;56:1155-1171. doi:10.1007/s40262-016-0505-1 (values: table 4, expanded data set; baseline: table 3)"
  drug <- "alirocumab"
  structure <- "TMDD in quasi-steady state, two compartments, subcutaneous"
  units <- list(time = "day", dosing = "mg", concentration = "nmol/L")
  # Subcutaneous doses; intravenous ones go into `central`.
  dosing <- c("depot", "central")
  covariateData <- list(
    WT = list(description = "Body weight", units = "kg", type = "continuous"),
    STATIN = list(description = "1 with a statin, else 0", units = "1", type = "binary")
  )
  population <- list(
    subjects = 2870, studies = 13, disease = "adults with hypercholesterolaemia, one in 20 healthy",
    age = "mean 58 years", weight = "mean 85 kg", women_percent = 37.9
  )
  ini({
    lka <- log(0.307);     label("Subcutaneous absorption (1/day)")
    lfdepot <- log(0.556); label("Subcutaneous bioavailability (fraction)")
    ltlag <- log(0.0535);  label("Lag of subcutaneous absorption (day)")
    lcl <- log(0.176);     label("Linear clearance of the free antibody at 85 kg, no statin (L/day)")
    lvc <- log(4.67);      label("Central volume at 85 kg (L)")
    lq <- log(0.343);      label("Intercompartmental clearance at 85 kg (L/day)")
    lvp <- fix(log(2.61)); label("Peripheral volume (L)")
    lkdeg <- log(1.10);    label("Degradation of the free target (1/day)")
    lkint <- log(0.112);   label("Elimination of the complex (1/day)")
    kss <- fix(0.58);      label("Quasi-steady-state constant (nmol/L)")
    target0 <- fix(9.14);  label("Target without antibody (nmol/L)")
    molar_mass <- fix(146000); label("Molar mass of the antibody (g/mol)")

    e_wt_cl <- fix(0.75);  label("Exponent of weight / 85 kg on both clearances")
    e_wt_vc <- fix(1);     label("Exponent of weight / 85 kg on the central volume")
    e_statin_cl <- 1.27;   label("Linear clearance with a statin over that without (ratio)")

    etalka ~ 0.723
    etalfdepot ~ 0.433
    etalcl ~ 0.193
    etalvc ~ 0.0515
    etalq ~ 0.426
    etalkdeg ~ 0.219
    etalkint ~ 0.0620

    add_sd <- 10.4;   label("Additive residual error of antibody and target (nmol/L)")
    prop_sd <- 0.152; label("Proportional residual error of antibody and target (fraction)")
  })
  model({
    ka <- exp(lka + etalka)
    cl <- exp(lcl + etalcl) * (WT / 85)^e_wt_cl * e_statin_cl^STATIN
    vc <- exp(lvc + etalvc) * (WT / 85)^e_wt_vc
    q <- exp(lq + etalq) * (WT / 85)^e_wt_cl
    vp <- exp(lvp)
    kdeg <- exp(lkdeg + etalkdeg)
    kint <- exp(lkint + etalkint)

    # Doses are mg, states hold nmol.
    nmol_per_mg <- 1e6 / molar_mass
    f(depot) <- exp(lfdepot + etalfdepot) * nmol_per_mg
    f(central) <- nmol_per_mg
    alag(depot) <- exp(ltlag)

    # Of the total antibody and the total target, as much is bound as the quasi-steady state says; written as a quotient, which
    # loses no digits where there is little antibody.
    Cc <- central / vc
    all <- Cc + target + kss
    complex <- 2 * Cc * target / (all + sqrt(all^2 - 4 * Cc * target))
    free <- Cc - complex

    d/dt(depot) <- -ka * depot
    d/dt(central) <- ka * depot - (cl + q) * free - kint * complex * vc + q / vp * peripheral1
    d/dt(peripheral1) <- q * free - q / vp * peripheral1
    d/dt(target) <- kdeg * (target0 - (target - complex)) - kint * complex
    target(0) <- target0

    Cc ~ add(add_sd) + prop(prop_sd)
    target ~ add(add_sd) + prop(prop_sd)
  })
}
