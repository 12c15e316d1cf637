//! One file for each page: its data, its title, its arrangement.

pub mod definition_detail;
pub mod definition_editor;
pub mod definition_list;
pub mod definition_start;
pub mod home;
pub mod not_found;
pub mod problem;
pub mod set_up;
pub mod sign_in;
pub mod step_types;
pub mod workflow;
pub mod workflow_cancel;
pub mod workflow_delete;
pub mod workflow_list;
pub mod workflow_recover;

/// Gives the response a status while the server draws the page; in the browser there is none.
#[cfg_attr(
    not(feature = "ssr"),
    expect(unused_variables, reason = "no response in the browser")
)]
fn set_status(status: u16) {
    #[cfg(feature = "ssr")]
    if let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>()
        && let Ok(status) = http::StatusCode::from_u16(status)
    {
        response.set_status(status);
    }
}
