//! Forms that are posted to the URL of their own page: the builder and the start form. They work
//! without scripts, and whatever is refused comes back with everything that was typed.
//!
//! The server reads the pairs of the body and calls [`answer`]. It either redirects, or draws the
//! same URL with [`PostedPage`] in Leptos' context, from which the page's own server function
//! takes it.

mod builder;
mod start;

use engine::{Actor, DefinitionId, Service};

use crate::api::command_id;
use crate::api::definitions::builder::BuilderPage;
use crate::api::definitions::start::StartPage;
use crate::paths;

/// The names and values of a posted form, in their order.
pub type Pairs = Vec<(String, String)>;

/// The page a form was posted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostedTo {
    /// The builder with nothing in it.
    NewDefinition,
    /// The builder with a definition in it.
    EditDefinition(DefinitionId),
    /// The form that starts a workflow.
    StartDefinition(DefinitionId),
}

impl PostedTo {
    /// The page at a path, if forms can be posted to it.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        if path == paths::NEW_DEFINITION {
            return Some(Self::NewDefinition);
        }
        let rest = path.strip_prefix(paths::DEFINITIONS)?.strip_prefix('/')?;
        let id = DefinitionId(rest.split('/').next()?.parse().ok()?);
        if path == paths::edit_definition(id) {
            Some(Self::EditDefinition(id))
        } else if path == paths::start_definition(id) {
            Some(Self::StartDefinition(id))
        } else {
            None
        }
    }
}

/// A page with what was typed, to be drawn as the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum PostedPage {
    /// The builder.
    Builder(BuilderPage),
    /// The start form.
    Start(StartPage),
}

/// What a posted form is answered with.
#[derive(Debug, Clone, PartialEq)]
pub enum PostedAnswer {
    /// It was done: see this path (303).
    SeeOther(String),
    /// Draw the same URL again with this in context; it sets its own status.
    Draw(Box<PostedPage>),
    /// The body is no form of ours (400), with a sentence.
    Unreadable(String),
    /// There is nothing at this URL, or the service cannot answer: draw the page as for GET, which
    /// says so.
    DrawAsGet,
}

/// The id of the command that a form sends; none when it has none.
fn command_id(pairs: &Pairs) -> Result<Option<String>, PostedAnswer> {
    let sent = pairs.iter().find(|(name, _)| name == command_id::FIELD);
    command_id::given(sent.map(|(_, id)| id.clone()))
        .map_err(|error| PostedAnswer::Unreadable(error.to_string()))
}

/// Does what a posted form asks.
pub async fn answer(
    service: &dyn Service,
    user: &Actor,
    to: PostedTo,
    pairs: &Pairs,
    host: &str,
) -> PostedAnswer {
    match to {
        PostedTo::NewDefinition => builder::answer(service, user, None, pairs).await,
        PostedTo::EditDefinition(id) => builder::answer(service, user, Some(id), pairs).await,
        PostedTo::StartDefinition(id) => start::answer(service, user, id, pairs, host).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_posted_to_the_url_of_its_page_only() {
        let id = DefinitionId(7);
        assert_eq!(
            PostedTo::of_path("/definitions/new"),
            Some(PostedTo::NewDefinition)
        );
        assert_eq!(
            PostedTo::of_path("/definitions/7/edit"),
            Some(PostedTo::EditDefinition(id))
        );
        assert_eq!(
            PostedTo::of_path("/definitions/7/start"),
            Some(PostedTo::StartDefinition(id))
        );
        for other in [
            "/definitions/7",
            "/definitions/x/edit",
            "/definitions/07/edit",
            "/login",
        ] {
            assert_eq!(PostedTo::of_path(other), None, "{other}");
        }
    }
}
