//! The pages: drawn on the server, taken over in the browser by the same code.

pub mod address;
pub mod api;
pub mod arrival;
pub mod components;
pub mod format;
pub mod live;
pub mod pages;
pub mod paths;
pub mod plain_words;
#[cfg(feature = "ssr")]
pub mod posted;

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::SsrMode;
use leptos_router::components::{Route, Router, Routes};

use crate::api::visit::provide_visit;
use crate::components::frame::{Footer, TopBar, Troubles};
use crate::pages::definition_detail::DefinitionDetailPage;
use crate::pages::definition_editor::DefinitionEditorPage;
use crate::pages::definition_list::DefinitionListPage;
use crate::pages::definition_start::DefinitionStartPage;
use crate::pages::home::HomePage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::set_up::SetUpPage;
use crate::pages::sign_in::SignInPage;
use crate::pages::step_types::StepTypesPage;
use crate::pages::workflow::WorkflowPage;
use crate::pages::workflow_cancel::CancelPage;
use crate::pages::workflow_delete::DeletePage;
use crate::pages::workflow_list::WorkflowListPage;
use crate::pages::workflow_recover::RecoverPage;
use crate::paths::route;

/// Everything between `<body>` and `</body>`.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_visit();
    view! {
        <Title formatter=title/>
        <a class="skip" href="#main" rel="external">"Skip to content"</a>
        <Router>
            <TopBar/>
            <main id="main" class="main" tabindex="-1">
                <Troubles/>
                <Routes fallback=NotFoundPage>
                    <Route path=route::HOME view=HomePage ssr=SsrMode::Async/>
                    <Route path=route::LOGIN view=SignInPage ssr=SsrMode::Async/>
                    <Route path=route::SETUP view=SetUpPage ssr=SsrMode::Async/>
                    <Route path=route::WORKFLOWS view=WorkflowListPage ssr=SsrMode::Async/>
                    <Route path=route::WORKFLOW view=WorkflowPage ssr=SsrMode::Async/>
                    <Route path=route::CANCEL_WORKFLOW view=CancelPage ssr=SsrMode::Async/>
                    <Route path=route::DELETE_WORKFLOW view=DeletePage ssr=SsrMode::Async/>
                    <Route path=route::RECOVER_WORKFLOW view=RecoverPage ssr=SsrMode::Async/>
                    <Route path=route::STEP_TYPES view=StepTypesPage ssr=SsrMode::Async/>
                    <Route path=route::DEFINITIONS view=DefinitionListPage ssr=SsrMode::Async/>
                    <Route path=route::NEW_DEFINITION view=DefinitionEditorPage ssr=SsrMode::Async/>
                    <Route path=route::DEFINITION view=DefinitionDetailPage ssr=SsrMode::Async/>
                    <Route path=route::EDIT_DEFINITION view=DefinitionEditorPage ssr=SsrMode::Async/>
                    <Route path=route::START_DEFINITION view=DefinitionStartPage ssr=SsrMode::Async/>
                </Routes>
            </main>
            <Footer/>
        </Router>
    }
}

/// The tab's title: the page first, then the product. On the server it is written into the document
/// as it is, and names are somebody's own text; in the browser it is set as text.
fn title(page: String) -> String {
    let title = if page.is_empty() {
        "Job Orchestrator".to_owned()
    } else {
        format!("{page} · Job Orchestrator")
    };
    if cfg!(feature = "ssr") {
        title.replace('&', "&amp;").replace('<', "&lt;")
    } else {
        title
    }
}

/// The whole document around [`App`]. `stylesheet` is the name of the style sheet's file.
pub fn shell(options: LeptosOptions, stylesheet: &str) -> impl IntoView + use<> {
    let stylesheet = paths::file(stylesheet);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" type="image/svg+xml" href=paths::ICON/>
                <link rel="stylesheet" href=stylesheet/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
