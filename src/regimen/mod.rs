//! What is given, and when: cycles, courses, data sets, and the schedule they all become, level 2.

pub mod course;
pub mod cycles;
pub mod dataset;
pub mod dose;
pub mod dosing;
pub mod event;
pub mod names;
pub mod schedule;
