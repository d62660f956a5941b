rifampicin_wilkins_2008 <- function() {
  description <- "Oral rifampicin in adults with tuberculosis: absorption through a chain of transit compartments, one compartment, variability between occasions"
  reference <- "Wilkins JJ et al. Antimicrob Agents Chemother 2008;52:2138-2148. doi:10.1128/AAC.00461-07 (values: DDMORE DDMODEL00000280)"
  drug <- "rifampicin"
  structure <- "one compartment, oral through transit compartments"
  units <- list(time = "h", dosing = "mg", concentration = "mg/L")
  dosing <- "depot"
  covariateData <- list(
    FDC = list(description = "1 for a fixed-dose combination with other drugs, 0 for rifampicin alone", units = "1", type = "binary")
  )
  population <- list(subjects = 263, disease = "adults with pulmonary tuberculosis in South Africa", doses = "450 to 600 mg a day")
  ini({
    lcl <- log(19.2);   label("Apparent clearance, fixed-dose combination (L/h)")
    lvc <- log(53.2);   label("Apparent volume (L)")
    lka <- log(1.15);   label("Absorption at the end of the chain (1/h)")
    lmtt <- log(0.424); label("Mean transit time, fixed-dose combination (h)")
    ln <- log(7.13);    label("Number of transit compartments")

    e_alone_cl <- 0.236; label("Change of the clearance with rifampicin alone (fraction)")
    e_alone_mtt <- 1.04; label("Change of the mean transit time with rifampicin alone (fraction)")

    etalcl + etalvc ~ c(0.279,
                        0.217, 0.188)
    etalka ~ 0.439
    etalmtt ~ 0.361
    etaln ~ 2.44
    iovcl ~ 0.0508 | OCC
    iovmtt ~ 0.461 | OCC

    add_sd <- 0.0923; label("Additive residual error (mg/L)")
    prop_sd <- 0.222; label("Proportional residual error (fraction)")
  })
  model({
    cl <- exp(lcl + etalcl + iovcl) * (1 + e_alone_cl * (1 - FDC))
    vc <- exp(lvc + etalvc)
    ka <- exp(lka + etalka)
    mtt <- exp(lmtt + etalmtt + iovmtt) * (1 + e_alone_mtt * (1 - FDC))
    n <- exp(ln + etaln)

    d/dt(depot) <- transit(n, mtt) - ka * depot
    d/dt(central) <- ka * depot - cl / vc * central

    Cc <- central / vc
    Cc ~ add(add_sd) + prop(prop_sd)
  })
}
