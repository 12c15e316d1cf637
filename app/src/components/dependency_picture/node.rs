//! One box of the picture.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::PictureNode;
use super::layout::NODE_HEIGHT;
use super::layout::NODE_WIDTH;
use crate::components::status_badge::{State, StateMark};
use crate::format;

/// The room between a text and the edge of its box.
const PADDING: f64 = 10.0;

/// The box, a link.
#[component]
pub fn Node(
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
    let room = x + NODE_WIDTH - PADDING - text_x;
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
                {has_mark.then(|| view! { <StateMark state=mark_state x=x + 10.0 y=y + 18.0/> })}
                <text class="picture-name" x=text_x y=y + 22.0>{shortened(&format::visible(&name), room, NAME)}</text>
                <text class="picture-note" x=text_x y=y + 40.0>
                    {move || shortened(&format::visible(&note()), room, NOTE)}
                </text>
                <text class="picture-spoken" x=text_x y=y + 48.0>{spoken}</text>
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

/// What fits into `room` pixels; what does not fit becomes an ellipsis.
fn shortened(text: &str, room: f64, letters: Letters) -> String {
    let mut used = 0.0;
    // Where the text has to end if an ellipsis must follow.
    let mut end = 0;
    for (at, letter) in text.char_indices() {
        used += letters.width(letter);
        if used > room {
            return format!("{}…", text[..end].trim_end());
        }
        if used + letters.width('…') <= room {
            end = at + letter.len_utf8();
        }
    }
    text.to_owned()
}

/// How wide letters are about, in pixels: the server draws the picture and knows no fonts.
#[derive(Debug, Clone, Copy)]
struct Letters {
    size: f64,
    /// The share of the size that every letter takes; none when it depends on the letter.
    fixed: Option<f64>,
}

/// Those of a step's name, 14 px and bold.
const NAME: Letters = Letters {
    size: 14.0,
    fixed: None,
};
/// Those of the second line, 12 px and all of one width.
const NOTE: Letters = Letters {
    size: 12.0,
    fixed: Some(0.6),
};

impl Letters {
    fn width(self, letter: char) -> f64 {
        let share = match letter {
            // Chinese, Japanese, Korean and pictures take a whole square.
            '\u{1100}'..='\u{11ff}'
            | '\u{2e80}'..='\u{d7ff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{fe30}'..='\u{fe6f}'
            | '\u{ff00}'..='\u{ff60}'
            | '\u{1f000}'.. => 1.0,
            _ if self.fixed.is_some() => self.fixed.unwrap_or_default(),
            'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '(' | ')' | '['
            | ']' | ' ' => 0.33,
            'f' | 't' | 'r' | '-' | '/' | '"' | '*' => 0.42,
            'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.95,
            _ if letter.is_uppercase() => 0.74,
            _ => 0.61,
        };
        share * self.size
    }
}

#[cfg(test)]
mod tests {
    use super::{NAME, NOTE, shortened};

    #[test]
    fn a_long_name_ends_in_an_ellipsis() {
        assert_eq!(shortened("Download", 150.0, NAME), "Download");
        assert_eq!(shortened("Download images", 90.0, NAME), "Download…");
        assert_eq!(shortened("äöüäöü", 36.0, NOTE), "äöüä…");
    }

    #[test]
    fn wide_letters_are_cut_earlier_than_narrow_ones() {
        let kept = |letter: &str| shortened(&letter.repeat(99), 150.0, NAME).chars().count();
        assert!(kept("W") < 13, "{}", kept("W"));
        assert!(kept("i") > 25, "{}", kept("i"));
        assert!(kept("漢") < 11, "{}", kept("漢"));
    }
}
