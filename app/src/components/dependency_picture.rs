//! The steps and who waits for whom, as a picture drawn from data: a by-product of the list.

mod layout;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::status_badge::{State, StateMark};
use layout::{NODE_HEIGHT, NODE_WIDTH};

pub use layout::NODES_MAX;

/// One step in the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// The picture. Its nodes are links in the order of the list; wider than its box, it scrolls.
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
        draw(&outline, nodes, selected).into_any()
    };
    // The box scrolls, so the keyboard must be able to reach it.
    view! { <div class="picture" role="region" aria-label="Dependency picture" tabindex="0">{drawn}</div> }
}

fn draw(
    outline: &Outline,
    nodes: Signal<Vec<PictureNode>>,
    selected: Signal<Option<usize>>,
) -> impl IntoView + use<> {
    let placed = layout::place(&outline.dependencies);
    let edges = placed
        .edges
        .iter()
        .map(|edge| {
            let (from, d) = (edge.from, edge.path.clone());
            let state = move || {
                let state = nodes.with(|nodes| nodes.get(from).and_then(|node| node.state));
                state.map(State::slug)
            };
            view! { <path class="picture-edge" data-state=state d=d marker-end="url(#picture-arrow)"/> }
        })
        .collect_view();
    let boxes = outline
        .names
        .iter()
        .zip(&placed.nodes)
        .enumerate()
        .map(|(index, ((name, href), (x, y)))| {
            let (name, href) = (name.clone(), href.clone());
            view! { <Node index name href x=*x y=*y nodes selected/> }
        })
        .collect_view();
    let label = format!("{} steps and what each waits for", outline.names.len());
    view! {
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
                    id="picture-arrow"
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

/// One box of the picture.
#[component]
fn Node(
    /// Its position in the list.
    index: usize,
    /// The step's name.
    name: String,
    /// Where it leads.
    href: String,
    /// Its left edge.
    x: f64,
    /// Its upper edge.
    y: f64,
    /// All steps, for what changes while one looks.
    nodes: Signal<Vec<PictureNode>>,
    /// The selected step.
    selected: Signal<Option<usize>>,
) -> impl IntoView {
    let state = move || nodes.with(|nodes| nodes.get(index).and_then(|node| node.state));
    let slug = move || state().map(State::slug);
    let note =
        move || nodes.with(|nodes| nodes.get(index).map(|n| n.note.clone()).unwrap_or_default());
    let problems = move || nodes.with(|nodes| nodes.get(index).map_or(0, |node| node.problems));
    let has_mark = nodes.with_untracked(|n| n.get(index).is_some_and(|n| n.state.is_some()));
    let mark_state = Signal::derive(move || state().unwrap_or(State::Pending));
    // What the colour says, for those who hear the picture.
    let spoken = move || match (state(), problems()) {
        (Some(state), _) => state.word().to_owned(),
        (None, 0) => String::new(),
        (None, 1) => "one problem".to_owned(),
        (None, count) => format!("{count} problems"),
    };
    let current = move || (selected.get() == Some(index)).then_some("true");
    let go = follow(href.clone());
    let text_x = x + if has_mark { 34.0 } else { 14.0 };
    let room = if has_mark { 17 } else { 20 };
    view! {
        // The group tells the macro that this is a link of SVG, not of HTML.
        <g class="picture-step">
            <a
                class="picture-node"
                href=href
                data-state=slug
                aria-current=current
                on:click=go
            >
                <rect class="picture-box" x=x y=y width=NODE_WIDTH height=NODE_HEIGHT rx="8"/>
                {has_mark.then(|| view! { <StateMark state=mark_state x=x + 10.0 y=y + 16.0/> })}
                <text class="picture-name" x=text_x y=y + 21.0>{shortened(&name, room)}</text>
                <text class="picture-note" x=text_x y=y + 37.0>
                    {move || shortened(&note(), room + 5)}
                </text>
                <text class="picture-spoken" x=text_x y=y + 44.0>{spoken}</text>
                {move || (problems() > 0).then(|| view! {
                    <circle class="picture-problem" cx=x + NODE_WIDTH - 4.0 cy=y + 4.0 r="9"/>
                    <text class="picture-problem-count" x=x + NODE_WIDTH - 4.0 y=y + 8.0>
                        {problems()}
                    </text>
                })}
            </a>
        </g>
    }
}

/// Goes to `href` without loading a page: the router itself follows links of HTML only.
fn follow(href: String) -> impl Fn(leptos::ev::MouseEvent) + Clone + 'static {
    let navigate = use_navigate();
    move |event| {
        // A click that wants a new tab is left to the browser, as is a link inside the page.
        let is_plain = !event.ctrl_key() && !event.meta_key() && !event.shift_key();
        if is_plain && !href.starts_with('#') {
            event.prevent_default();
            let options = NavigateOptions {
                scroll: false,
                ..NavigateOptions::default()
            };
            navigate(&href, options);
        }
    }
}

/// At most `room` characters; what does not fit becomes an ellipsis.
fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_long_name_ends_in_an_ellipsis() {
        assert_eq!(shortened("Download", 8), "Download");
        assert_eq!(shortened("Download images", 10), "Download…");
        assert_eq!(shortened("äöüäöü", 4), "äöü…");
    }
}
