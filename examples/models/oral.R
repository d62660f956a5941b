oral <- function() {
  units <- list(time = "h", dosing = "mg", concentration = "mg/L")
  ini({
    lka <- log(1.2);  label("Absorption rate (1/h)")
    lcl <- log(4);    label("Clearance (L/h)")
    lvc <- log(35);   label("Volume (L)")
    etalcl ~ 0.09
    prop_sd <- 0.15
  })
  model({
    ka <- exp(lka)
    cl <- exp(lcl + etalcl) * (WT / 70)^0.75
    vc <- exp(lvc) * WT / 70
    d/dt(depot) <- -ka * depot
    d/dt(central) <- ka * depot - cl / vc * central
    Cc <- central / vc
    Cc ~ prop(prop_sd)
  })
}
