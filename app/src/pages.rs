//! One file for each page: its data, its title, its arrangement.

pub mod home;
pub mod not_found;
