vancomycin_goti_2018 <- function() {
  description <- "Vancomycin in hospitalised adults with and without intermittent haemodialysis: two compartments, clearance by creatinine clearance, volumes in proportion to weight"
  reference <- "Goti V et al. Ther Drug Monit 2018;40:212-221. doi:10.1097/FTD.0000000000000490 (values: table 2, final model)"
  drug <- "vancomycin"
  structure <- "two compartments, intravenous"
  units <- list(time = "h", dosing = "mg", concentration = "mg/L")
  dosing <- "central"
  covariateData <- list(
    WT = list(description = "Body weight", units = "kg", type = "continuous"),
    CRCL = list(description = "Creatinine clearance by Cockcroft and Gault, at most 150", units = "mL/min", type = "continuous"),
    DIAL = list(description = "1 for patients on intermittent haemodialysis, else 0", units = "1", type = "binary")
  )
  population <- list(
    subjects = 1812, disease = "hospitalised adults, 336 of them on haemodialysis",
    age = "17 to 101 years, median 57", weight = "33 to 255 kg, median 79",
    creatinine_clearance = "4 to 150 mL/min, median 62", women_percent = 46.5
  )
  ini({
    lcl <- log(4.5);  label("Clearance at a creatinine clearance of 120 mL/min (L/h)")
    lvc <- log(58.4); label("Central volume at 70 kg (L)")
    lq <- log(6.5);   label("Intercompartmental clearance (L/h)")
    lvp <- log(38.4); label("Peripheral volume at 70 kg (L)")

    e_crcl_cl <- 0.8; label("Exponent of creatinine clearance / 120 mL/min on the clearance")
    e_dial_cl <- 0.7; label("Clearance on dialysis over that without (ratio)")
    e_dial_vc <- 0.5; label("Central volume on dialysis over that without (ratio)")

    # Printed as CV 39.8, 81.6 and 57.1 %: log(1 + CV^2).
    etalcl ~ log(1 + 0.398^2)
    etalvc ~ log(1 + 0.816^2)
    etalvp ~ log(1 + 0.571^2)

    add_sd <- 3.4;    label("Additive residual error (mg/L)")
    prop_sd <- 0.227; label("Proportional residual error (fraction)")
  })
  model({
    cl <- exp(lcl + etalcl) * (CRCL / 120)^e_crcl_cl * e_dial_cl^DIAL
    vc <- exp(lvc + etalvc) * WT / 70 * e_dial_vc^DIAL
    q <- exp(lq)
    vp <- exp(lvp + etalvp) * WT / 70

    d/dt(central) <- -cl / vc * central - q / vc * central + q / vp * peripheral1
    d/dt(peripheral1) <- q / vc * central - q / vp * peripheral1

    Cc <- central / vc
    Cc ~ add(add_sd) + prop(prop_sd)
  })
}
