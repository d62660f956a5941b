mab_davda_2014 <- function() {
  description <- "A typical monoclonal antibody against a soluble target: two compartments with linear clearance, subcutaneous absorption, from four antibodies"
  reference <- "Davda JP et al. MAbs 2014;6:1094-1102. doi:10.4161/mabs.29095 (values: table 3)"
  drug <- "typical monoclonal antibody"
  structure <- "two compartments, subcutaneous"
  units <- list(time = "day", dosing = "mg", concentration = "mg/L")
  # Subcutaneous doses; intravenous ones go into `central`.
  dosing <- c("depot", "central")
  covariateData <- list(
    WT = list(description = "Body weight", units = "kg", type = "continuous")
  )
  population <- list(subjects = 171, antibodies = 4, disease = "healthy adults", doses = "1 to 700 mg")
  ini({
    lka <- log(0.282); label("Subcutaneous absorption (1/day)")
    lfdepot <- log(0.744); label("Subcutaneous bioavailability (fraction)")
    lcl <- log(0.200); label("Clearance at 70 kg (L/day)")
    lvc <- log(3.61);  label("Central volume at 70 kg (L)")
    lq <- log(0.747);  label("Intercompartmental clearance at 70 kg (L/day)")
    lvp <- log(2.75);  label("Peripheral volume at 70 kg (L)")

    e_wt_cl <- 0.865; label("Exponent of weight / 70 kg on both clearances")
    e_wt_vc <- 0.957; label("Exponent of weight / 70 kg on both volumes")

    etalka ~ 0.416
    etalcl + etalvc + etalvp ~ c(0.0987,
                                 0.0786, 0.116,
                                 0.0377, 0.0619, 0.0789)
    etalq ~ 0.699

    prop_sd <- 0.144; label("Proportional residual error (fraction)")
  })
  model({
    ka <- exp(lka + etalka)
    cl <- exp(lcl + etalcl) * (WT / 70)^e_wt_cl
    vc <- exp(lvc + etalvc) * (WT / 70)^e_wt_vc
    q <- exp(lq + etalq) * (WT / 70)^e_wt_cl
    vp <- exp(lvp + etalvp) * (WT / 70)^e_wt_vc
    f(depot) <- exp(lfdepot)

    Cc <- linCmt()
    Cc ~ prop(prop_sd)
  })
}
