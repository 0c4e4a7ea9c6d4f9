//! The view of the timeline.

use effigy_feed::Order;
use leptos::ev;
use leptos::prelude::*;

use super::place::{PAGE, TimelinePlace};
use super::state::{Shown, look, pill};
use crate::app::{Handle, Model, Router, mark_read};
use crate::browser::page;
use crate::parts::{Empty, Glyph, Icon, KeepNotice, PostCard, Role, Screen};

/// From this many pixels on, somebody reads and must not be moved.
const READING: f64 = 240.0;

/// The timeline.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let model = expect_context::<Model>();
    let place = expect_context::<TimelinePlace>();
    // Whoever comes back finds the page as it was, and all others its top.
    if expect_context::<Router>().position() <= READING {
        place.reset();
    }
    let TimelinePlace { limit, line } = place;
    let shown = Memo::new(move |_| {
        model.with_view(|view| look(view, view.me(), line.get(), limit.get())).unwrap_or_default()
    });
    page::listen(ev::scroll, move |_| draw_line(model, line, shown));
    // What is held back has not been seen.
    let newest = Memo::new(move |_| {
        shown.with(|shown| shown.posts.first().filter(|_| shown.held_back == 0).copied())
    });
    mark_read(model, expect_context::<Handle>(), newest);
    let to_top = move |_| {
        line.set(None);
        page::scroll_to(0.0);
        request_animation_frame(|| {
            page::focus("main article[data-post]");
        });
    };
    let held_back = Memo::new(move |_| shown.with(|shown| shown.held_back));
    let empty = Memo::new(move |_| shown.with(|shown| shown.posts.is_empty()));
    view! {
        <Screen title="Home">
            <div class="pill-place" role="status" aria-live="polite">
                <Show when=move || { held_back.get() > 0 }>
                    <button class="pill" type="button" on:click=to_top>
                        <Glyph icon=Icon::Up/>{move || pill(held_back.get())}
                    </button>
                </Show>
            </div>
            <KeepNotice/>
            <Show when=move || empty.get() fallback=move || view! { <Timeline shown limit/> }>
                <Doors/>
            </Show>
        </Screen>
    }
}

/// Draws the line when somebody begins to read, and takes it away at the top.
fn draw_line(model: Model, line: RwSignal<Option<Order>>, shown: Memo<Shown>) {
    let reading = page::scroll_position() > READING;
    if reading == line.get_untracked().is_some() {
        return;
    }
    let newest = shown.with_untracked(|shown| shown.posts.first().copied());
    line.set(
        newest.filter(|_| reading).and_then(|id| {
            model.with_view_once(|view| Some(view.post_by_id(&id)?.order)).flatten()
        }),
    );
}

#[component]
fn Timeline(shown: Memo<Shown>, limit: RwSignal<usize>) -> impl IntoView {
    let more = Memo::new(move |_| shown.with(|shown| shown.more));
    view! {
        <div class="posts" role="feed" aria-label="Timeline">
            <For each=move || shown.get().posts key=|id| *id let:id>
                <PostCard id role=Role::Listed/>
            </For>
        </div>
        <Show when=move || more.get()>
            <button class="button wide" type="button" on:click=move |_| limit.update(|limit| *limit = limit.saturating_add(PAGE))>
                "Show older posts"
            </button>
        </Show>
    }
}

/// What a newcomer can do.
#[component]
fn Doors() -> impl IntoView {
    view! {
        <Empty icon=Icon::Friends text="Posts of the people you follow appear here. Begin with one friend.">
            <a class="button primary" href="#/people/add"><Glyph icon=Icon::PersonAdd/>"Add a friend"</a>
            <a class="button" href="#/compose"><Glyph icon=Icon::Pen/>"Write a post"</a>
        </Empty>
    }
}
