inotuzumab_wu_2024 <- function() {
  description <- "Inotuzumab ozogamicin in adults with B-cell ALL or B-cell NHL and in children with B-cell ALL: two compartments, a clearance that falls with time since the first dose"
  reference <- "Wu JH et al. Clin Pharmacokinet 2024;63:981-997. doi:10.1007/s40262-024-01386-z"
  drug <- "inotuzumab ozogamicin"
  structure <- "two compartments, intravenous, clearance falls with time"
  units <- list(time = "h", dosing = "mg", concentration = "ng/mL")
  # Time 0 is the start of the first dose: clearance depends on it.
  dosing <- "central"
  covariateData <- list(
    ALL = list(description = "1 for B-cell acute lymphoblastic leukaemia, 0 for B-cell non-Hodgkin lymphoma", units = "1", type = "binary"),
    RITUX = list(description = "1 with concomitant rituximab, else 0 (ALL patients: 0)", units = "1", type = "binary"),
    LBM = list(description = "Lean body mass at baseline (Boer for adults, Peters for children)", units = "kg", type = "continuous"),
    BLSTABL = list(description = "Blasts in blood at baseline, above 0; read for ALL patients only", units = "1e9/L", type = "continuous"),
    AGE = list(description = "Age at baseline; below 18 years the residual error is that of the children", units = "year", type = "continuous")
  )
  population <- list(
    disease = "adults with B-cell ALL or NHL, 53 children with B-cell ALL",
    age = "children 1 to 17 years, median 9", lean_body_mass = "children 10.9 to 69.0 kg"
  )
  ini({
    lcl1 <- log(0.130);  label("Linear clearance CL1, NHL without rituximab (L/h)")
    lcl2 <- log(0.569);  label("Time-dependent clearance CL2 at the first dose, NHL (L/h)")
    lvc <- log(6.49);    label("Central volume V1 (L)")
    lkdes <- log(0.0577); label("Decay of the time-dependent clearance, NHL (1/h)")
    lq <- log(0.0437);   label("Intercompartmental clearance Q (L/h)")
    lvp <- log(4.74);    label("Peripheral volume V2 (L)")

    e_all_cl1 <- -0.767;   label("Change of CL1 with ALL (fraction)")
    e_lbm_cl1 <- 1.05;     label("Exponent of LBM / 52.7 kg on CL1")
    e_rit_cl1 <- -0.132;   label("Change of CL1 with rituximab (fraction)")
    e_all_cl2 <- -0.362;   label("Change of CL2 with ALL (fraction)")
    e_lbm_cl2 <- 0.687;    label("Exponent of LBM / 52.7 kg on CL2")
    e_lbm_vc <- 0.977;     label("Exponent of LBM / 52.7 kg on V1")
    e_all_kdes <- -0.924;  label("Change of the decay with ALL (fraction)")
    e_blst_kdes <- -0.0484; label("Exponent of blasts / 0.352e9/L on the decay, ALL only")
    e_age_kdes <- -0.296;  label("Exponent of age / 60 years on the decay, ALL only")

    etalcl1 + etalvc + etalcl2 ~ c(0.16,
                                   0.136, 0.1608,
                                   0.194, 0.204, 0.54317)
    etalkdes ~ 0.35641

    sd_nhl <- 0.444;   label("Residual SD of log concentration, adults with NHL")
    sd_all <- 0.612;   label("Residual SD of log concentration, adults with ALL")
    sd_child <- 0.452; label("Residual SD of log concentration, children with ALL")
  })
  model({
    cl1 <- exp(lcl1 + etalcl1) * (1 + e_all_cl1 * ALL) * (LBM / 52.7)^e_lbm_cl1 * (1 + e_rit_cl1 * RITUX)
    cl2 <- exp(lcl2 + etalcl2) * (1 + e_all_cl2 * ALL) * (LBM / 52.7)^e_lbm_cl2
    vc <- exp(lvc + etalvc) * (LBM / 52.7)^e_lbm_vc
    kdes <- exp(lkdes + etalkdes)
    sd_log <- sd_nhl
    if (ALL == 1) {
      kdes <- kdes * (1 + e_all_kdes) * (BLSTABL / 0.352)^e_blst_kdes * (AGE / 60)^e_age_kdes
      sd_log <- sd_all
      if (AGE < 18) {
        sd_log <- sd_child
      }
    }
    q <- exp(lq)
    vp <- exp(lvp)

    cl <- cl1 + cl2 * exp(-kdes * t)

    d/dt(central) <- -cl / vc * central - q / vc * central + q / vp * peripheral1
    d/dt(peripheral1) <- q / vc * central - q / vp * peripheral1

    # mg and L give mg/L; ng/mL is a thousand times that.
    Cc <- 1000 * central / vc
    Cc ~ lnorm(sd_log)
  })
}
