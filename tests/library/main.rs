//! The built-in models: what each is, and numbers that its paper prints or that follow from its equations by another way.

mod catalogue;
mod linear;
mod mammillary;
mod typical;
