//! What the pages ask about step types.

use engine::step_form::StepSpec;
use leptos::prelude::*;

use super::ApiError;
#[cfg(feature = "ssr")]
use super::{answer, current_user, service};

/// What each step type is and which fields it has.
// not a URL: the prefix of paths.rs, which the macro wants spelt
#[server(prefix = "/fn", endpoint = "step-types")]
pub async fn list_step_types() -> Result<Vec<StepSpec>, ApiError> {
    let user = current_user()?;
    answer(service()?.step_types(&user).await)
}
