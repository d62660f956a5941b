phenytoin_grasela_1983 <- function() {
  description <- "Phenytoin in children and adults: one compartment, saturable elimination. The paper is about steady states: the volume, on which these do not depend, is that of another analysis (doi:10.1097/FTD.0000000000000354, table 2), absorption is immediate, and no residual error is printed in the abstract that was read"
  reference <- "Grasela TH et al. Clin Pharmacokinet 1983;8:355-364. doi:10.2165/00003088-198308040-00006 (values: abstract, PMID 6617043)"
  drug <- "phenytoin"
  structure <- "one compartment, saturable elimination"
  units <- list(time = "day", dosing = "mg", concentration = "mg/L")
  dosing <- "central"
  covariateData <- list(
    WT = list(description = "Body weight", units = "kg", type = "continuous"),
    AGE = list(description = "Age; below 15 years the Michaelis constant is smaller", units = "year", type = "continuous"),
    JAPANESE = list(description = "1 for Japanese patients, 0 for European ones", units = "1", type = "binary")
  )
  population <- list(
    subjects = 322, disease = "children and adults with epilepsy in Japan, England and Germany",
    age = "mean 18.4 years", men_percent = 53
  )
  ini({
    lvmax <- log(415); label("Largest rate of elimination at 70 kg (mg/day)")
    lkm <- log(5.7);   label("Concentration of half of it, European adult (mg/L)")
    lvc <- log(78.6);  label("Volume at 70 kg, from another analysis (L)")

    e_wt_vmax <- 0.6;       label("Exponent of weight / 70 kg on the largest rate")
    e_child_km <- -0.43;    label("Change of the Michaelis constant below 15 years (fraction)")
    e_japanese_km <- -0.23; label("Change of the Michaelis constant in Japanese patients (fraction)")

    # Printed as CV of 10 to 20 % (its middle here) and of about 50 %.
    etalvmax ~ log(1 + 0.15^2)
    etalkm ~ log(1 + 0.50^2)

    prop_sd <- fix(0); label("Proportional residual error, not printed (fraction)")
  })
  model({
    vmax <- exp(lvmax + etalvmax) * (WT / 70)^e_wt_vmax
    km <- exp(lkm + etalkm) * (1 + e_japanese_km * JAPANESE)
    if (AGE < 15) {
      km <- km * (1 + e_child_km)
    }
    vc <- exp(lvc) * WT / 70

    Cc <- central / vc
    d/dt(central) <- -vmax * Cc / (km + Cc)

    Cc ~ prop(prop_sd)
  })
}
