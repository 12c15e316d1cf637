//! A step's log: numbered lines that stay where the reader is.

use engine::orchestrator::{LogLine, LogStream};
use leptos::html;
use leptos::prelude::*;

use crate::format;

/// A longer log is painted only where it is in sight.
const LONG: usize = 1_000;
/// How close to the end counts as being there, in pixels.
const NEAR_END: i32 = 24;

/// Where the reader is.
#[derive(Clone, Copy)]
struct Reading {
    /// The box that scrolls.
    area: NodeRef<html::Div>,
    /// Whether the reader is at the end, where new lines are followed.
    follows: RwSignal<bool>,
    /// How many lines came below what is read.
    unseen: RwSignal<usize>,
}

impl Reading {
    fn new(lines: Signal<Vec<LogLine>>, opens_at_end: Signal<bool>) -> Self {
        let reading = Self {
            area: NodeRef::new(),
            follows: RwSignal::new(true),
            unseen: RwSignal::new(0),
        };
        let last =
            Memo::new(move |_| lines.with(|lines| lines.last().map_or(0, |line| line.number)));
        Effect::new(move |before: Option<u64>| {
            let now = last.get();
            match before {
                None if opens_at_end.get_untracked() => reading.to_end(),
                None => reading.follows.set(false),
                Some(before) if now > before => reading.came(now - before),
                Some(_) => reading.unseen.set(0),
            }
            now
        });
        reading
    }

    fn to_end(self) {
        if let Some(area) = self.area.get_untracked() {
            area.set_scroll_top(area.scroll_height());
        }
        self.unseen.set(0);
        self.follows.set(true);
    }

    /// New lines came.
    fn came(self, count: u64) {
        if self.follows.get_untracked() {
            // They are laid out by the next frame.
            request_animation_frame(move || self.to_end());
        } else {
            let count = usize::try_from(count).unwrap_or(0);
            self.unseen.update(|unseen| *unseen += count);
        }
    }

    fn scrolled(self) {
        if let Some(area) = self.area.get_untracked() {
            let left = area.scroll_height() - area.scroll_top() - area.client_height();
            self.follows.set(left < NEAR_END);
            if left < NEAR_END {
                self.unseen.set(0);
            }
        }
    }
}

/// The lines in a box of their own. New lines are followed only while the reader is at the end.
#[component]
pub fn LogView(
    /// The lines, in order.
    #[prop(into)]
    lines: Signal<Vec<LogLine>>,
    /// Whose log it is, for screen readers.
    #[prop(into)]
    label: Signal<String>,
    /// Whether the box opens at its end.
    #[prop(into)]
    opens_at_end: Signal<bool>,
) -> impl IntoView {
    let reading = Reading::new(lines, opens_at_end);
    let Reading { area, unseen, .. } = reading;
    let on_scroll = move |_| reading.scrolled();
    view! {
        <div class="log" class:log-long=move || lines.with(|lines| lines.len() > LONG)>
            <div
                class="log-lines"
                node_ref=area
                on:scroll=on_scroll
                role="region"
                aria-label=label
                tabindex="0"
            >
                <ol class="log-list">
                    <For
                        each=move || lines.get()
                        key=|line| (line.attempt, line.number)
                        children=|line| view! { <Line line is_target=true/> }
                    />
                </ol>
            </div>
            {move || (unseen.get() > 0).then(|| view! {
                <button type="button" class="button log-more" on:click=move |_| reading.to_end()>
                    {format::count(unseen.get(), "new line")}
                </button>
            })}
        </div>
    }
}

/// One line. Its text is text, whatever it looks like.
#[component]
pub fn Line(
    /// The line.
    line: LogLine,
    /// Whether links may point at it: once on a page.
    #[prop(optional)]
    is_target: bool,
) -> impl IntoView {
    let (slug, mark) = match line.stream {
        LogStream::Stdout => ("stdout", ""),
        LogStream::Stderr => ("stderr", "err"),
        LogStream::Engine => ("engine", "engine"),
    };
    view! {
        <li class="log-line" data-stream=slug id=is_target.then(|| format!("L{}", line.number))>
            <span class="log-number">{line.number}</span>
            <time class="log-time" datetime=line.at.to_string()>{format::time_of_day(line.at)}</time>
            {(!mark.is_empty()).then(|| view! { <span class="log-stream">{mark}</span> })}
            <span class="log-text">{format::visible(&line.text)}</span>
        </li>
    }
}
