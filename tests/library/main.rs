//! The built-in models: what each is, and numbers that its paper prints or that follow from its equations by another way.

mod by_hand;
mod catalogue;
mod linear;
mod mammillary;
mod myelosuppression;
mod oral;
mod physiological;
mod saturable;
mod target_mediated;
mod time_varying;
mod tumour;
mod typical;
