mab_7e3_cao_2013 <- function() {
  description <- "Antibody 7E3 in the mouse: minimal physiologically based model with plasma, tight and leaky tissue, and lymph; cleared from plasma. The paper gives typical values only"
  reference <- "Cao Y, Balthasar JP, Jusko WJ. J Pharmacokinet Pharmacodyn 2013;40:597-607. doi:10.1007/s10928-013-9332-2 (values: table 1, model A)"
  drug <- "antibody 7E3"
  structure <- "minimal PBPK of antibodies, intravenous"
  units <- list(time = "h", dosing = "mg", concentration = "mg/L")
  dosing <- "central"
  population <- list(disease = "mice of 20 g", doses = "8 mg/kg")
  ini({
    lcl <- log(0.499e-5); label("Plasma clearance (L/h)")
    sigma_tight <- fix(0.95); label("Reflection coefficient of tight vessels")
    sigma_leaky <- 0.421;     label("Reflection coefficient of leaky vessels")
    sigma_lymph <- fix(0.2);  label("Reflection coefficient of lymph vessels")
    lymph_flow <- fix(0.00012); label("Flow of lymph (L/h)")
    v_plasma <- fix(0.00085); label("Volume of plasma (L)")
    v_isf <- fix(0.00435);    label("Volume of interstitial fluid (L)")
    kp <- fix(0.8);           label("Share of the interstitial fluid open to antibodies (fraction)")

    prop_sd <- fix(0); label("Proportional residual error, not printed (fraction)")
  })
  model({
    cl <- exp(lcl)
    # Two thirds of the interstitial fluid, and one third of the lymph, belong to tight tissue.
    v_tight <- 0.65 * v_isf * kp
    v_leaky <- 0.35 * v_isf * kp
    v_lymph <- v_plasma
    flow_tight <- 0.33 * lymph_flow
    flow_leaky <- 0.67 * lymph_flow

    into_tight <- flow_tight * (1 - sigma_tight) / v_plasma * central
    into_leaky <- flow_leaky * (1 - sigma_leaky) / v_plasma * central
    from_tight <- flow_tight * (1 - sigma_lymph) / v_tight * tight
    from_leaky <- flow_leaky * (1 - sigma_lymph) / v_leaky * leaky
    back <- lymph_flow / v_lymph * lymph

    d/dt(central) <- back - into_tight - into_leaky - cl / v_plasma * central
    d/dt(tight) <- into_tight - from_tight
    d/dt(leaky) <- into_leaky - from_leaky
    d/dt(lymph) <- from_tight + from_leaky - back

    Cc <- central / v_plasma
    c_tight <- tight / v_tight
    c_leaky <- leaky / v_leaky
    Cc ~ prop(prop_sd)
  })
}
