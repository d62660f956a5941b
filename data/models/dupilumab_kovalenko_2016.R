dupilumab_kovalenko_2016 <- function() {
  description <- "Dupilumab in healthy adults and adults with atopic dermatitis: two compartments, subcutaneous absorption, linear and saturable elimination side by side"
  reference <- "Kovalenko P et al. CPT Pharmacometrics Syst Pharmacol 2016;5:617-624. doi:10.1002/psp4.12136 (values: table 2, with data below the limit of quantification)"
  drug <- "dupilumab"
  structure <- "two compartments, subcutaneous, linear and saturable"
  units <- list(time = "day", dosing = "mg", concentration = "mg/L")
  # Subcutaneous doses; intravenous ones go into `central`.
  dosing <- c("depot", "central")
  covariateData <- list(
    WT = list(description = "Body weight", units = "kg", type = "continuous")
  )
  population <- list(
    subjects = 197, studies = 6, disease = "healthy adults and adults with atopic dermatitis",
    age = "mean 37 years", weight = "mean 76 kg", women_percent = 49
  )
  ini({
    lka <- log(0.254);  label("Subcutaneous absorption (1/day)")
    lfdepot <- log(0.607); label("Subcutaneous bioavailability (fraction)")
    lvc <- log(2.74);   label("Central volume at 75 kg (L)")
    lkel <- log(0.0459); label("Linear elimination (1/day)")
    lk12 <- log(0.0652); label("From the central to the peripheral compartment (1/day)")
    lk21 <- log(0.129); label("From the peripheral to the central compartment (1/day)")
    lvmax <- log(0.968); label("Largest saturable elimination per central volume (mg/L/day)")
    km <- fix(0.01);    label("Concentration of half of it (mg/L)")

    e_wt_vc <- 0.705; label("Exponent of weight / 75 kg on the central volume")

    etalka ~ 0.251
    etalvc ~ 0.0225
    etalkel ~ 0.131
    etalvmax ~ 0.0428

    add_sd <- fix(0.03); label("Additive residual error (mg/L)")
    prop_sd <- 0.242;    label("Proportional residual error (fraction)")
  })
  model({
    ka <- exp(lka + etalka)
    vc <- exp(lvc + etalvc) * (WT / 75)^e_wt_vc
    kel <- exp(lkel + etalkel)
    k12 <- exp(lk12)
    k21 <- exp(lk21)
    vmax <- exp(lvmax + etalvmax)
    f(depot) <- exp(lfdepot)

    Cc <- central / vc
    saturable <- vmax * vc * Cc / (km + Cc)

    d/dt(depot) <- -ka * depot
    d/dt(central) <- ka * depot - kel * central - saturable - k12 * central + k21 * peripheral1
    d/dt(peripheral1) <- k12 * central - k21 * peripheral1

    Cc ~ add(add_sd) + prop(prop_sd)
  })
}
