paclitaxel_simeoni_2004 <- function() {
  description <- "Paclitaxel and xenografts of human tumours in mice: two compartments; exponential, then linear growth; killed cells die through a chain. The residual error is that of the authors' public simulation"
  reference <- "Simeoni M et al. Cancer Res 2004;64:1094-1101. doi:10.1158/0008-5472.CAN-03-2524 (values: table 2, paclitaxel experiment 1; kinetics, start and residual error: DDMORE DDMODEL00000006)"
  drug <- "paclitaxel"
  structure <- "tumour growth inhibition, two compartments, intravenous"
  units <- list(time = "day", dosing = "mg", concentration = "mg/L")
  # Doses, amounts and volumes are per kg of body weight.
  dosing <- "central"
  population <- list(disease = "mice with xenografts of human tumours")
  ini({
    lvc <- log(0.81);          label("Central volume per kg (L)")
    lkel <- log(0.868 * 24);   label("Elimination (1/day)")
    lk12 <- log(0.0060 * 24);  label("From the central to the peripheral compartment (1/day)")
    lk21 <- log(0.0838 * 24);  label("From the peripheral to the central compartment (1/day)")
    llambda0 <- log(0.273);    label("Exponential growth (1/day)")
    llambda1 <- log(0.814);    label("Linear growth (g/day)")
    lk1 <- log(0.968);         label("Death of damaged cells, each of three steps (1/day)")
    lk2 <- log(0.629);         label("Potency (L/mg/day)")
    psi <- fix(20);            label("Sharpness of the turn from exponential to linear growth")
    lw0 <- log(0.055);         label("Tumour at the start (g)")

    prop_sd <- fix(0.1); label("Proportional residual error of the tumour (fraction)")
  })
  model({
    vc <- exp(lvc)
    kel <- exp(lkel)
    k12 <- exp(lk12)
    k21 <- exp(lk21)
    lambda0 <- exp(llambda0)
    lambda1 <- exp(llambda1)
    k1 <- exp(lk1)
    k2 <- exp(lk2)

    d/dt(central) <- -(kel + k12) * central + k21 * peripheral1
    d/dt(peripheral1) <- k12 * central - k21 * peripheral1
    Cc <- central / vc

    tumour <- cycling + damaged1 + damaged2 + damaged3
    growth <- lambda0 * cycling / (1 + (lambda0 / lambda1 * tumour)^psi)^(1 / psi)
    d/dt(cycling) <- growth - k2 * Cc * cycling
    d/dt(damaged1) <- k2 * Cc * cycling - k1 * damaged1
    d/dt(damaged2) <- k1 * (damaged1 - damaged2)
    d/dt(damaged3) <- k1 * (damaged2 - damaged3)
    cycling(0) <- exp(lw0)

    tumour ~ prop(prop_sd)
  })
}
