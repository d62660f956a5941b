warfarin_nguyen_2017 <- function() {
  description <- "Warfarin and prothrombin complex activity after one oral dose: absorption with a lag, one compartment, inhibited production of the activity (indirect response)"
  reference <- "Nguyen THT et al. CPT Pharmacometrics Syst Pharmacol 2017;6:87-109. doi:10.1002/psp4.12161 (values: control stream of its code repository; data: O'Reilly 1963, 1968)"
  drug <- "warfarin"
  structure <- "one compartment, oral with lag, indirect response"
  units <- list(time = "h", dosing = "mg", concentration = "mg/L")
  dosing <- "depot"
  covariateData <- list(
    WT = list(description = "Body weight", units = "kg", type = "continuous")
  )
  population <- list(subjects = 32, disease = "healthy adults", doses = "1.5 mg/kg")
  ini({
    lcl <- log(0.131);  label("Clearance at 70 kg (L/h)")
    lvc <- log(8.06);   label("Volume at 70 kg (L)")
    lthalf_abs <- log(0.944); label("Half-life of absorption (h)")
    ltlag <- log(1.03); label("Lag of absorption (h)")
    le0 <- log(95.9);   label("Prothrombin complex activity without warfarin (%)")
    emax <- fix(-1);    label("Change of its production at high concentrations (fraction)")
    lc50 <- log(1.17);  label("Concentration of half that change (mg/L)")
    lthalf_pca <- log(13.3); label("Half-life of the activity (h)")

    etalcl ~ 0.0649
    etalvc ~ 0.0201
    etalthalf_abs ~ 0.447
    etaltlag ~ 0.311
    etale0 ~ 0.00199
    etalc50 ~ 0.136
    etalthalf_pca ~ 0.0143

    # Printed as variances.
    prop_sd <- sqrt(0.00478); label("Proportional residual error of the concentration (fraction)")
    add_sd <- sqrt(0.135);    label("Additive residual error of the concentration (mg/L)")
    pca_sd <- sqrt(13.9);     label("Additive residual error of the activity (%)")
  })
  model({
    cl <- exp(lcl + etalcl) * (WT / 70)^0.75
    vc <- exp(lvc + etalvc) * WT / 70
    ka <- log(2) / exp(lthalf_abs + etalthalf_abs)
    alag(depot) <- exp(ltlag + etaltlag)
    e0 <- exp(le0 + etale0)
    c50 <- exp(lc50 + etalc50)
    kpca <- log(2) / exp(lthalf_pca + etalthalf_pca)

    d/dt(depot) <- -ka * depot
    d/dt(central) <- ka * depot - cl / vc * central
    Cc <- central / vc
    effect <- emax * Cc / (c50 + Cc)
    d/dt(PCA) <- kpca * (e0 * (1 + effect) - PCA)
    PCA(0) <- e0

    Cc ~ add(add_sd) + prop(prop_sd)
    PCA ~ add(pca_sd)
  })
}
