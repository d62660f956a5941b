mitoxantrone_an_2012 <- function() {
  description <- "Mitoxantrone in a person of 70 kg, scaled up from the mouse: physiologically based, with plasma, six organs in which DNA and proteins bind the drug, and the rest of the body behind a barrier. Typical values only; the rest's interstitial share is the mouse's"
  reference <- "An G, Morris ME. AAPS J 2012;14:352-364. doi:10.1208/s12248-012-9344-7 (values: table III and methods, model 3)"
  drug <- "mitoxantrone"
  structure <- "PBPK, nine compartments, intravenous"
  units <- list(time = "h", dosing = "mg", concentration = "mg/L")
  dosing <- "central"
  population <- list(disease = "a typical adult of 70 kg with cancer", doses = "12 mg/m2")
  ini({
    fu <- fix(0.2);          label("Unbound in plasma (fraction)")
    clint_liver <- fix(250); label("Intrinsic clearance of the liver (L/h)")
    clint_kidney <- fix(27); label("Intrinsic clearance of the kidneys (L/h)")
    ps <- fix(31.1);         label("Permeability times surface of the rest of the body (L/h)")
    k_dna <- fix(0.0013);    label("Dissociation constant of DNA (umol/L)")
    k_protein <- fix(1.44);  label("Dissociation constant of proteins (umol/L)")
    molar_mass <- fix(444.49); label("Molar mass (g/mol)")

    dna_lung <- fix(15);     label("Binding capacity of DNA, lung (umol/L)")
    dna_heart <- fix(8.3);   label("Binding capacity of DNA, heart (umol/L)")
    dna_spleen <- fix(15);   label("Binding capacity of DNA, spleen (umol/L)")
    dna_liver <- fix(23.7);  label("Binding capacity of DNA, liver (umol/L)")
    dna_kidney <- fix(16.2); label("Binding capacity of DNA, kidneys (umol/L)")
    dna_brain <- fix(0.1);   label("Binding capacity of DNA, brain (umol/L)")
    dna_rest <- fix(4.5);    label("Binding capacity of DNA, rest (umol/L)")
    protein_lung <- fix(19);     label("Binding capacity of proteins, lung (umol/L)")
    protein_heart <- fix(43.8);  label("Binding capacity of proteins, heart (umol/L)")
    protein_spleen <- fix(3.54); label("Binding capacity of proteins, spleen (umol/L)")
    protein_liver <- fix(514);   label("Binding capacity of proteins, liver (umol/L)")
    protein_kidney <- fix(52.3); label("Binding capacity of proteins, kidneys (umol/L)")
    protein_rest <- fix(4.67);   label("Binding capacity of proteins, rest (umol/L)")

    prop_sd <- fix(0); label("Proportional residual error, none in the paper (fraction)")
  })
  model({
    # Volumes in L, flows in L/h (printed per minute).
    v_plasma <- 3.0
    v_lung <- 1.17
    v_heart <- 0.31
    v_spleen <- 0.192
    v_liver <- 1.69
    v_kidney <- 0.28
    v_brain <- 1.45
    v_outside <- 62 * 8.26 / 25.03
    v_inside <- 62 * 16.77 / 25.03
    q_lung <- 60 * 5.6
    q_heart <- 60 * 0.24
    q_spleen <- 60 * 0.077
    q_liver <- 60 * 1.45
    q_kidney <- 60 * 1.24
    q_brain <- 60 * 0.7
    q_rest <- 60 * 1.893

    Cc <- central / v_plasma

    # Tissue over plasma: bound to DNA and to proteins in equilibrium with the unbound drug, less of it as both fill up.
    molar <- 1000 * Cc / molar_mass
    to_dna <- 1 / (k_dna / fu + molar)
    to_protein <- 1 / (k_protein / fu + molar)
    leaving_lung <- lung / v_lung / (dna_lung * to_dna + protein_lung * to_protein)
    leaving_heart <- heart / v_heart / (dna_heart * to_dna + protein_heart * to_protein)
    leaving_spleen <- spleen / v_spleen / (dna_spleen * to_dna + protein_spleen * to_protein)
    leaving_liver <- liver / v_liver / (dna_liver * to_dna + protein_liver * to_protein)
    leaving_kidney <- kidney / v_kidney / (dna_kidney * to_dna + protein_kidney * to_protein)
    leaving_brain <- brain / v_brain / (dna_brain * to_dna)
    leaving_inside <- inside / v_inside / (dna_rest * to_dna + protein_rest * to_protein)

    to_lung <- q_lung * (Cc - leaving_lung)
    to_heart <- q_heart * (Cc - leaving_heart)
    to_spleen <- q_spleen * (Cc - leaving_spleen)
    to_liver <- q_liver * (Cc - leaving_liver)
    to_kidney <- q_kidney * (Cc - leaving_kidney)
    to_brain <- q_brain * (Cc - leaving_brain)
    to_outside <- q_rest * (Cc - outside / v_outside)
    to_inside <- ps * fu * (outside / v_outside - leaving_inside)

    d/dt(central) <- -(to_lung + to_heart + to_spleen + to_liver + to_kidney + to_brain + to_outside)
    d/dt(lung) <- to_lung
    d/dt(heart) <- to_heart
    d/dt(spleen) <- to_spleen
    d/dt(liver) <- to_liver - clint_liver * fu * leaving_liver
    d/dt(kidney) <- to_kidney - clint_kidney * fu * leaving_kidney
    d/dt(brain) <- to_brain
    d/dt(outside) <- to_outside - to_inside
    d/dt(inside) <- to_inside

    Cc ~ prop(prop_sd)
  })
}
