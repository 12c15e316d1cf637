//! The boxes and lines as SVG.

use leptos::prelude::*;

use super::layout::Placed;
use super::node::Node;
use super::{Outline, PictureNode};
use crate::components::status_badge::State;

/// The smallest share of its own size at which the letters can still be read: 12 px become 10.
const LEAST: f64 = 10.0 / 12.0;

/// One drawing. Styles let it shrink to the width there is, but not below that of the empty
/// drawing before it: style attributes are not allowed on our pages.
#[component]
pub fn Drawing(
    /// The steps' names, links and dependencies.
    outline: Outline,
    /// Where they go.
    placed: Placed,
    /// All steps, for what changes while one looks.
    nodes: Signal<Vec<PictureNode>>,
    /// The selected step.
    selected: Signal<Option<usize>>,
    /// Tells the ids of several drawings of the same steps apart.
    slug: &'static str,
) -> impl IntoView {
    let arrow = format!("picture-arrow-{slug}");
    let end = format!("url(#{arrow})");
    let edges = placed
        .edges
        .iter()
        .map(|edge| {
            let (from, d) = (edge.from, edge.path.clone());
            let state = move || {
                let state = nodes.with(|nodes| nodes.get(from).and_then(|node| node.state));
                state.map(State::slug)
            };
            view! { <path class="picture-edge" data-state=state d=d marker-end=end.clone()/> }
        })
        .collect_view();
    let label = format!("{} steps and what each waits for", outline.names.len());
    let boxes = outline
        .names
        .into_iter()
        .zip(placed.nodes)
        .enumerate()
        .map(|(index, ((name, href), (x, y)))| {
            view! { <Node index name href x y nodes selected/> }
        })
        .collect_view();
    view! {
        <svg class="picture-least" width=(placed.width * LEAST).ceil() height="0" aria-hidden="true"></svg>
        <svg
            class="picture-drawing"
            role="group"
            aria-label=label
            viewBox=format!("0 0 {} {}", placed.width, placed.height)
            width=placed.width
            height=placed.height
        >
            <defs>
                <marker
                    id=arrow
                    viewBox="0 0 8 8"
                    refX="7"
                    refY="4"
                    markerWidth="7"
                    markerHeight="7"
                    orient="auto"
                >
                    <path class="picture-arrow" d="M0 0.5 7.5 4 0 7.5z"/>
                </marker>
            </defs>
            {edges}
            {boxes}
        </svg>
    }
}
