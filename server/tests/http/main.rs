//! The real program on a folder of its own, asked over HTTP.

mod access;
mod command_line;
mod commands;
mod definitions;
mod fixture;
mod lists;
mod sign_in;
mod streams;
mod workflows;
