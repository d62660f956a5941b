docetaxel_ozawa_2007 <- function() {
  description <- "Docetaxel and neutrophils in Japanese adults with cancer: three compartments; Friberg's chain of maturation with feedback; neutrophils that dexamethasone releases at the start"
  reference <- "Ozawa K, Minami H, Sato H. Cancer Sci 2007;98:1985-1992. doi:10.1111/j.1349-7006.2007.00615.x (values: tables 2 and 3; structure: Friberg LE et al. J Clin Oncol 2002;20:4713-4721)"
  drug <- "docetaxel"
  structure <- "neutropenia (Friberg), three compartments, intravenous"
  units <- list(time = "h", dosing = "mg", concentration = "mg/L")
  # Time 0 is the start of the first dose, with dexamethasone before it.
  dosing <- "central"
  covariateData <- list(
    AAG = list(description = "Alpha-1 acid glycoprotein at baseline, above 0", units = "g/L", type = "continuous"),
    NEUT = list(description = "Neutrophils at baseline, above 0", units = "1e9/L", type = "continuous")
  )
  population <- list(
    subjects = 62, disease = "Japanese adults with cancer, most of the breast",
    age = "21 to 77 years, median 55.5", doses = "30 to 60 mg/m2 every 3 weeks", women_percent = 82.3
  )
  ini({
    lcl <- log(35.7);  label("Clearance (L/h)")
    lvc <- log(6.94);  label("Central volume (L)")
    lq <- log(5.58);   label("Clearance to the first peripheral compartment (L/h)")
    lvp <- log(7.39);  label("Volume of the first peripheral compartment (L)")
    lq2 <- log(12.5);  label("Clearance to the second peripheral compartment (L/h)")
    lvp2 <- log(225);  label("Volume of the second peripheral compartment (L)")
    lmtt <- log(113);  label("Mean transit time of maturation (h)")
    lslope <- log(17.9); label("Loss of proliferation per concentration at 0.94 g/L glycoprotein (L/mg)")
    feedback <- 0.196; label("Exponent of the feedback of neutrophils")
    mit <- 35.5;       label("Mean time of release by dexamethasone (h)")
    lrelease <- log(5.19); label("Neutrophils that dexamethasone releases (1e9/L)")

    e_aag_slope <- -1.38; label("Exponent of glycoprotein / 0.94 g/L on the loss of proliferation")

    # Printed as CV 39.9, 26.4, 11.1, 68.2 and 110 %: log(1 + CV^2).
    etalcl ~ log(1 + 0.399^2)
    etalvc ~ log(1 + 0.264^2)
    etalmtt ~ log(1 + 0.111^2)
    etalslope ~ log(1 + 0.682^2)
    etalrelease ~ log(1 + 1.10^2)

    prop_sd <- 0.268; label("Proportional residual error of the concentration (fraction)")
    neut_sd <- 0.291; label("Residual SD of log neutrophils")
  })
  model({
    cl <- exp(lcl + etalcl)
    vc <- exp(lvc + etalvc)
    q <- exp(lq)
    vp <- exp(lvp)
    q2 <- exp(lq2)
    vp2 <- exp(lvp2)
    slope <- exp(lslope + etalslope) * (AAG / 0.94)^e_aag_slope
    ktr <- 4 / exp(lmtt + etalmtt)

    d/dt(central) <- -(cl + q + q2) / vc * central + q / vp * peripheral1 + q2 / vp2 * peripheral2
    d/dt(peripheral1) <- q / vc * central - q / vp * peripheral1
    d/dt(peripheral2) <- q2 / vc * central - q2 / vp2 * peripheral2
    Cc <- central / vc

    d/dt(proliferating) <- ktr * proliferating * ((1 - slope * Cc) * (NEUT / circulating)^feedback - 1)
    d/dt(transit1) <- ktr * (proliferating - transit1)
    d/dt(transit2) <- ktr * (transit1 - transit2)
    d/dt(transit3) <- ktr * (transit2 - transit3)
    d/dt(circulating) <- ktr * (transit3 - circulating) + released / mit
    d/dt(released) <- -released / mit
    proliferating(0) <- NEUT
    transit1(0) <- NEUT
    transit2(0) <- NEUT
    transit3(0) <- NEUT
    circulating(0) <- NEUT
    released(0) <- exp(lrelease + etalrelease)

    Cc ~ prop(prop_sd)
    circulating ~ lnorm(neut_sd)
  })
}
