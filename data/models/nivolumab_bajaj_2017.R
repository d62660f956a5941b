nivolumab_bajaj_2017 <- function() {
  description <- "Nivolumab in adults with solid tumours: two compartments, a clearance that changes with time since the first dose along a sigmoid curve"
  reference <- "Bajaj G et al. CPT Pharmacometrics Syst Pharmacol 2017;6:58-66. doi:10.1002/psp4.12143 (values: table 1; DDMORE DDMODEL00000284)"
  drug <- "nivolumab"
  structure <- "two compartments, intravenous, clearance changes with time"
  units <- list(time = "h", dosing = "mg", concentration = "ug/mL")
  # Time 0 is the start of the first dose: clearance depends on it.
  dosing <- "central"
  covariateData <- list(
    WT = list(description = "Body weight at baseline", units = "kg", type = "continuous"),
    EGFR = list(description = "Estimated glomerular filtration rate at baseline (CKD-EPI)", units = "mL/min/1.73 m2", type = "continuous"),
    SEXF = list(description = "1 for women, 0 for men", units = "1", type = "binary"),
    ECOG = list(description = "1 for an ECOG performance status of 1 or more, 0 for status 0", units = "1", type = "binary"),
    ASIAN = list(description = "1 for Asian patients, else 0", units = "1", type = "binary")
  )
  population <- list(
    subjects = 1895, studies = 11, disease = "adults with advanced solid tumours",
    age = "mean 61 years", weight = "34.1 to 168.2 kg, mean 79.1", women_percent = 33.3
  )
  ini({
    lcl <- log(0.0094); label("Clearance at the first dose, woman of 80 kg (L/h)")
    lvc <- log(3.63);   label("Central volume, woman of 80 kg (L)")
    lq <- log(0.0321);  label("Intercompartmental clearance (L/h)")
    lvp <- log(2.78);   label("Peripheral volume (L)")

    e_wt_cl <- 0.566;    label("Exponent of weight / 80 kg on the clearance")
    e_egfr_cl <- 0.186;  label("Exponent of filtration rate / 90 mL/min/1.73 m2 on the clearance")
    e_male_cl <- 0.165;  label("Change of the log clearance in men")
    e_ecog_cl <- 0.172;  label("Change of the log clearance with a performance status of 1 or more")
    e_asian_cl <- -0.125; label("Change of the log clearance in Asian patients")
    e_wt_vc <- 0.597;    label("Exponent of weight / 80 kg on the central volume")
    e_male_vc <- 0.152;  label("Change of the log central volume in men")

    emax <- -0.295; label("Change of the log clearance in the end")
    t50 <- 1410;    label("Time to half of that change (h)")
    hill <- 3.15;   label("Steepness of the change")

    etalcl + etalvc ~ c(0.123,
                        0.0432, 0.123)
    etalvp ~ 0.258
    etaemax ~ 0.0719

    prop_sd <- 0.215; label("Proportional residual error (fraction)")
  })
  model({
    male <- 1 - SEXF
    cl0 <- exp(lcl + etalcl + e_male_cl * male + e_ecog_cl * ECOG + e_asian_cl * ASIAN) * (WT / 80)^e_wt_cl * (EGFR / 90)^e_egfr_cl
    vc <- exp(lvc + etalvc + e_male_vc * male) * (WT / 80)^e_wt_vc
    q <- exp(lq)
    vp <- exp(lvp + etalvp)

    cl <- cl0 * exp((emax + etaemax) * t^hill / (t50^hill + t^hill))

    d/dt(central) <- -cl / vc * central - q / vc * central + q / vp * peripheral1
    d/dt(peripheral1) <- q / vc * central - q / vp * peripheral1

    Cc <- central / vc
    Cc ~ prop(prop_sd)
  })
}
