paclitaxel_friberg_2002 <- function() {
  description <- "Paclitaxel and leukocytes in adults with cancer: a chain of maturation with feedback (Friberg). The authors put each patient's own kinetics of the unbound drug in, as covariates; the patients of the model's public simulated data set have medians of 285 L/h, 290 L and 995 L"
  reference <- "Friberg LE et al. J Clin Oncol 2002;20:4713-4721. doi:10.1200/JCO.2002.02.140 (values: DDMORE DDMODEL00000186, paclitaxel and leukocytes)"
  drug <- "paclitaxel"
  structure <- "leukopenia (Friberg), two compartments, intravenous"
  units <- list(time = "h", dosing = "umol", concentration = "umol/L")
  dosing <- "central"
  covariateData <- list(
    CLI = list(description = "The patient's clearance of unbound paclitaxel", units = "L/h", type = "continuous"),
    V1I = list(description = "The patient's central volume", units = "L", type = "continuous"),
    V2I = list(description = "The patient's peripheral volume", units = "L", type = "continuous")
  )
  population <- list(subjects = 45, disease = "adults with cancer", doses = "3-hour infusions")
  ini({
    lbase <- log(7.21); label("Leukocytes at baseline (1e9/L)")
    lmtt <- log(124);   label("Mean transit time of maturation (h)")
    lslope <- log(28.9); label("Loss of proliferation per concentration of unbound drug (L/umol)")
    feedback <- 0.239;  label("Exponent of the feedback of leukocytes")
    q <- fix(204);      label("Intercompartmental clearance (L/h)")

    etalbase ~ 0.107
    etalmtt ~ 0.0296
    etalslope ~ 0.176

    prop_sd <- 0.286; label("Proportional residual error of leukocytes (fraction)")
  })
  model({
    base <- exp(lbase + etalbase)
    ktr <- 4 / exp(lmtt + etalmtt)
    slope <- exp(lslope + etalslope)

    d/dt(central) <- -(CLI + q) / V1I * central + q / V2I * peripheral1
    d/dt(peripheral1) <- q / V1I * central - q / V2I * peripheral1
    Cc <- central / V1I

    d/dt(proliferating) <- ktr * proliferating * ((1 - slope * Cc) * (base / circulating)^feedback - 1)
    d/dt(transit1) <- ktr * (proliferating - transit1)
    d/dt(transit2) <- ktr * (transit1 - transit2)
    d/dt(transit3) <- ktr * (transit2 - transit3)
    d/dt(circulating) <- ktr * (transit3 - circulating)
    proliferating(0) <- base
    transit1(0) <- base
    transit2(0) <- base
    transit3(0) <- base
    circulating(0) <- base

    circulating ~ prop(prop_sd)
  })
}
