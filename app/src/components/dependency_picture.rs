//! The steps and who waits for whom, as a picture drawn from data: a by-product of the list.

mod drawing;
mod layout;
mod node;

use leptos::prelude::*;

use super::status_badge::State;
use drawing::Drawing;
use layout::Direction;

pub use layout::NODES_MAX;

/// One step in the picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PictureNode {
    /// The step's name.
    pub name: String,
    /// A short second line: its step type, how long it took.
    pub note: String,
    /// Its state; none in the builder.
    pub state: Option<State>,
    /// The steps it waits for, by position. Positions that do not exist are left out.
    pub dependencies: Vec<usize>,
    /// Where its link leads.
    pub href: String,
    /// How many problems it has, in the builder.
    pub problems: usize,
}

/// The part of the picture that changes seldom: while it stays the same nothing is laid out anew.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outline {
    names: Vec<(String, String)>,
    dependencies: Vec<Vec<usize>>,
}

/// At most so many steps are drawn a second time, for narrow pages: longer than that, nobody
/// follows a line down a phone.
const TALL_NODES_MAX: usize = 60;
/// A picture that is no wider, in pixels, fits the narrowest page: shrunk until its letters can just be
/// read, which is by a sixth.
const NARROW: f64 = 400.0;

/// The picture. Its nodes are links in the order of the list. It shrinks to the width there is; it
/// scrolls once its letters would be too small. On narrow pages it goes from top to bottom.
#[component]
pub fn DependencyPicture(
    /// The steps.
    #[prop(into)]
    nodes: Signal<Vec<PictureNode>>,
    /// The position of the selected step.
    #[prop(into)]
    selected: Signal<Option<usize>>,
) -> impl IntoView {
    let outline = Memo::new(move |_| {
        nodes.with(|nodes| Outline {
            names: nodes
                .iter()
                .map(|node| (node.name.clone(), node.href.clone()))
                .collect(),
            dependencies: nodes.iter().map(|node| node.dependencies.clone()).collect(),
        })
    });
    let drawn = move || {
        let outline = outline.get();
        let count = outline.names.len();
        if count > NODES_MAX {
            let text =
                format!("The picture is drawn for up to {NODES_MAX} steps; these are {count}.");
            return view! { <p class="picture-none">{text}</p> }.into_any();
        }
        let wide = layout::place(&outline.dependencies, Direction::Right);
        let may_help = wide.width > NARROW && count <= TALL_NODES_MAX;
        let tall = may_help.then(|| layout::place(&outline.dependencies, Direction::Down));
        let tall = tall.filter(|tall| tall.width < wide.width);
        let class = if tall.is_some() {
            "picture-wide"
        } else {
            "picture-only"
        };
        let tall = tall.map(|placed| {
            let outline = outline.clone();
            view! { <div class="picture-tall"><Drawing outline placed nodes selected slug="tall"/></div> }
        });
        view! {
            <div class=class><Drawing outline placed=wide nodes selected slug="wide"/></div>
            {tall}
        }
        .into_any()
    };
    // The box may scroll, so the keyboard must be able to reach it.
    view! {
        <div class="picture">
            <div class="picture-box" role="region" aria-label="Dependency picture" tabindex="0">{drawn}</div>
        </div>
    }
}
