inotuzumab_garrett_2019 <- function() {
  description <- "Inotuzumab ozogamicin in adults with relapsed or refractory B-cell ALL or B-cell NHL: two compartments, a clearance that falls with time since the first dose"
  reference <- "Garrett M et al. J Pharmacokinet Pharmacodyn 2019;46:211-222. doi:10.1007/s10928-018-9614-9 (control stream: Online Resource 3)"
  drug <- "inotuzumab ozogamicin"
  structure <- "two compartments, intravenous, clearance falls with time"
  units <- list(time = "h", dosing = "mg", concentration = "ng/mL")
  # Time 0 is the start of the first dose: clearance depends on it.
  dosing <- "central"
  covariateData <- list(
    ALL = list(description = "1 for B-cell acute lymphoblastic leukaemia, 0 for B-cell non-Hodgkin lymphoma", units = "1", type = "binary"),
    RITUX = list(description = "1 with concomitant rituximab, else 0 (ALL patients: 0)", units = "1", type = "binary"),
    BSA = list(description = "Body surface area at baseline; the volume is linear in it and negative below 0.55 m2", units = "m2", type = "continuous"),
    BLSTPB = list(description = "Blasts in peripheral blood at baseline, above 0; read for ALL patients only", units = "%", type = "continuous")
  )
  population <- list(
    subjects = 765, studies = 11,
    disease = "234 adults with relapsed or refractory B-cell ALL, 531 with B-cell NHL",
    age = "18 to 92 years", body_surface_area = "1.13 to 2.81 m2", women_percent = 40.1
  )
  ini({
    lcl1 <- log(0.113);  label("Linear clearance CL1, NHL with rituximab (L/h)")
    lcl2 <- log(0.369);  label("Time-dependent clearance CL2 at the first dose (L/h)")
    lvc <- log(6.70);    label("Central volume V1 (L)")
    lkdes <- log(0.0337); label("Decay of the time-dependent clearance, NHL (1/h)")
    lq <- log(0.0405);   label("Intercompartmental clearance Q (L/h)")
    lvp <- log(5.10);    label("Peripheral volume V2 (L)")

    e_all_cl1 <- -0.745;   label("Change of CL1 with ALL (fraction)")
    e_bsa_cl1 <- 1.54;     label("Exponent of BSA / 1.84 m2 on CL1")
    e_norit_cl1 <- 0.155;  label("Change of CL1 without rituximab (fraction)")
    e_bsa_cl2 <- 1.64;     label("Exponent of BSA / 1.84 m2 on CL2")
    e_bsa_vc <- 0.774;     label("Change of V1 with BSA from 1.84 m2 (1/m2)")
    e_all_kdes <- -0.860;  label("Change of the decay with ALL (fraction)")
    e_blst_kdes <- -0.0401; label("Exponent of blasts / 5.25 % on the decay, ALL only")

    etalcl1 + etalvc + etalcl2 ~ c(0.178929,
                                   0.156, 0.169744,
                                   0.213, 0.222, 0.451584)
    etalkdes ~ 0.207025

    sd_all <- 0.619; label("Residual SD of log concentration, ALL, by HPLC-MS/MS")
    sd_nhl <- 0.453; label("Residual SD of log concentration, NHL, by ELISA")
  })
  model({
    cl1 <- exp(lcl1 + etalcl1) * (1 + e_all_cl1 * ALL) * (BSA / 1.84)^e_bsa_cl1 * (1 + e_norit_cl1 * (1 - RITUX))
    cl2 <- exp(lcl2 + etalcl2) * (BSA / 1.84)^e_bsa_cl2
    vc <- exp(lvc + etalvc) * (1 + e_bsa_vc * (BSA - 1.84))
    kdes <- exp(lkdes + etalkdes)
    sd_log <- sd_nhl
    if (ALL == 1) {
      kdes <- kdes * (1 + e_all_kdes) * (BLSTPB / 5.25)^e_blst_kdes
      sd_log <- sd_all
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
