//! A step's log: numbered lines that stay where the reader is.

use engine::orchestrator::{LogLine, LogStream};
use leptos::html;
use leptos::prelude::*;

use crate::format;

/// A longer log is painted only where it is in sight.
const LONG: usize = 1_000;
/// How close to the end counts as being there, in pixels.
const NEAR_END: i32 = 24;

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
    let area = NodeRef::<html::Div>::new();
    let (follows, set_follows) = signal(true);
    let (unseen, set_unseen) = signal(0usize);
    let last = Memo::new(move |_| lines.with(|lines| lines.last().map_or(0, |line| line.number)));
    let to_end = move || {
        if let Some(area) = area.get_untracked() {
            area.set_scroll_top(area.scroll_height());
        }
        set_unseen.set(0);
        set_follows.set(true);
    };
    Effect::new(move |before: Option<u64>| {
        let now = last.get();
        match before {
            None if opens_at_end.get_untracked() => to_end(),
            None => set_follows.set(false),
            Some(before) if now > before && follows.get_untracked() => {
                // The new lines are laid out by the next frame.
                request_animation_frame(to_end);
            }
            Some(before) if now > before => {
                set_unseen.update(|count| *count += usize::try_from(now - before).unwrap_or(0));
            }
            Some(_) => set_unseen.set(0),
        }
        now
    });
    let on_scroll = move |_| {
        if let Some(area) = area.get_untracked() {
            let left = area.scroll_height() - area.scroll_top() - area.client_height();
            set_follows.set(left < NEAR_END);
            if left < NEAR_END {
                set_unseen.set(0);
            }
        }
    };
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
                <button type="button" class="button log-more" on:click=move |_| to_end()>
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
            <span class="log-text">{line.text}</span>
        </li>
    }
}
