remifentanil_minto_1997 <- function() {
  description <- "Remifentanil in healthy adults by age and lean body mass: three compartments and an effect site. The equations with covariates were read in programs that implement them, not in the paper; its variability between people and residual error were not found and are 0 here"
  reference <- "Minto CF et al. Anesthesiology 1997;86:10-23. doi:10.1097/00000542-199701000-00004"
  drug <- "remifentanil"
  structure <- "three compartments, intravenous, effect site"
  units <- list(time = "min", dosing = "ug", concentration = "ng/mL")
  dosing <- "central"
  covariateData <- list(
    AGE = list(description = "Age", units = "year", type = "continuous"),
    LBM = list(description = "Lean body mass by the formula of James", units = "kg", type = "continuous")
  )
  population <- list(subjects = 65, disease = "healthy adults", age = "20 to 85 years", men = 38)
  ini({
    tvvc <- 5.1;     label("Central volume at 40 years and 55 kg (L)")
    tvvp <- 9.82;    label("Volume of the first peripheral compartment at 40 years and 55 kg (L)")
    tvvp2 <- 5.42;   label("Volume of the second peripheral compartment (L)")
    tvcl <- 2.6;     label("Clearance at 40 years and 55 kg (L/min)")
    tvq <- 2.05;     label("Clearance to the first peripheral compartment at 40 years (L/min)")
    tvq2 <- 0.076;   label("Clearance to the second peripheral compartment at 40 years (L/min)")
    tvke0 <- 0.595;  label("Equilibration with the effect site at 40 years (1/min)")

    e_age_vc <- -0.0201;  label("Change of the central volume per year (L/year)")
    e_lbm_vc <- 0.072;    label("Change of the central volume with lean body mass (L/kg)")
    e_age_vp <- -0.0811;  label("Change of the first peripheral volume per year (L/year)")
    e_lbm_vp <- 0.108;    label("Change of the first peripheral volume with lean body mass (L/kg)")
    e_age_cl <- -0.0162;  label("Change of the clearance per year (L/min/year)")
    e_lbm_cl <- 0.0191;   label("Change of the clearance with lean body mass (L/min/kg)")
    e_age_q <- -0.0301;   label("Change of the clearance to the first peripheral compartment per year (L/min/year)")
    e_age_q2 <- -0.00113; label("Change of the clearance to the second peripheral compartment per year (L/min/year)")
    e_age_ke0 <- -0.007;  label("Change of the equilibration with the effect site per year (1/min/year)")

    prop_sd <- fix(0); label("Proportional residual error, not found (fraction)")
  })
  model({
    older <- AGE - 40
    heavier <- LBM - 55
    vc <- tvvc + e_age_vc * older + e_lbm_vc * heavier
    vp <- tvvp + e_age_vp * older + e_lbm_vp * heavier
    vp2 <- tvvp2
    cl <- tvcl + e_age_cl * older + e_lbm_cl * heavier
    q <- tvq + e_age_q * older
    q2 <- tvq2 + e_age_q2 * older
    ke0 <- tvke0 + e_age_ke0 * older

    d/dt(central) <- -(cl + q + q2) / vc * central + q / vp * peripheral1 + q2 / vp2 * peripheral2
    d/dt(peripheral1) <- q / vc * central - q / vp * peripheral1
    d/dt(peripheral2) <- q2 / vc * central - q2 / vp2 * peripheral2

    # ug and L give ug/L, which is ng/mL. The effect site holds no amount: its state is a concentration.
    Cc <- central / vc
    d/dt(Ce) <- ke0 * (Cc - Ce)
    Cc ~ prop(prop_sd)
  })
}
