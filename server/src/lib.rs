//! The server: routes, sessions, live events, the HTTP API and the command line.

// The pages are one type each, with everything on them in it.
#![recursion_limit = "512"]

mod accept;
pub mod access;
mod account_name;
mod api;
mod body_limit;
mod caller;
pub mod cli;
mod config;
mod console;
mod data_folder;
mod events;
mod fault;
mod form;
mod health;
mod hosts;
mod moment;
mod next_page;
mod origin;
mod pages;
mod password;
pub mod paths;
mod plain_page;
mod policy;
mod posted;
mod problem;
mod route;
pub mod router;
mod secret;
mod serve;
mod session;
mod setup;
mod setup_code;
mod shared;
mod shutdown;
mod sign_in;
mod sign_in_limit;
pub mod site;
pub mod start;
mod store;
mod telemetry;
mod time_limit;
