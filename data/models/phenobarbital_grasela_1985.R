phenobarbital_grasela_1985 <- function() {
  description <- "Phenobarbital in newborns: one compartment, clearance and volume in proportion to weight. The abstract, which is what was read, prints no residual error: it is 0 here"
  reference <- "Grasela TH Jr, Donn SM. Dev Pharmacol Ther 1985;8:374-383. doi:10.1159/000457062 (values: abstract, PMID 4075936)"
  drug <- "phenobarbital"
  structure <- "one compartment, intravenous"
  units <- list(time = "h", dosing = "mg", concentration = "mg/L")
  dosing <- "central"
  covariateData <- list(
    WT = list(description = "Body weight", units = "kg", type = "continuous"),
    APGR = list(description = "Apgar score at 5 minutes, 0 to 10; below 5 the volume is larger", units = "1", type = "continuous")
  )
  population <- list(
    subjects = 59, disease = "newborns, most of them preterm",
    age = "gestational age 24 to 42 weeks", weight = "0.6 to 3.6 kg at birth, mean 1.52 kg"
  )
  ini({
    lcl <- log(0.0047); label("Clearance per body weight (L/h/kg)")
    lvc <- log(0.96);   label("Volume per body weight (L/kg)")
    e_apgr_vc <- 0.13;  label("Change of the volume with an Apgar score below 5 (fraction)")

    # Printed as CV 19 % and 16 %: log(1 + CV^2).
    etalcl ~ log(1 + 0.19^2)
    etalvc ~ log(1 + 0.16^2)

    prop_sd <- fix(0); label("Proportional residual error, not printed (fraction)")
  })
  model({
    cl <- exp(lcl + etalcl) * WT
    vc <- exp(lvc + etalvc) * WT
    if (APGR < 5) {
      vc <- vc * (1 + e_apgr_vc)
    }

    d/dt(central) <- -cl / vc * central

    Cc <- central / vc
    Cc ~ prop(prop_sd)
  })
}
