//! Keys that work everywhere except where letters are typed.

use leptos::ev;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::app::{Model, Phase};
use crate::browser::page;

/// What can be moved between by keys.
const POSTS: &str = "main article[data-post]";

/// Whether the help about keys is open.
#[derive(Clone, Copy)]
pub(crate) struct KeyHelp(pub(crate) RwSignal<bool>);

/// Listens for as long as the caller's scope lives. Keys are for the app: what fills the page before
/// it, or in its place, knows none.
pub(super) fn listen(model: Model, help: KeyHelp) {
    page::listen(ev::keydown, move |event| {
        let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
        let is_running = model.phase().get_untracked() == Phase::Running;
        if is_running && !modified && !event.default_prevented() && !page::is_typing() {
            act(&event, model, help);
        }
    });
}

fn act(event: &KeyboardEvent, model: Model, help: KeyHelp) {
    let key = event.key();
    if key == "?" {
        help.0.set(true);
        return event.prevent_default();
    }
    // Who speaks to their device, or whose hand trembles, needs a way to switch single letters off
    // (WCAG 2.2, 2.1.4).
    if !model.agreed().letter_keys().get_untracked() {
        return;
    }
    match key.as_str() {
        "j" => step(1),
        "k" => step(-1),
        "n" => page::go("#/compose"),
        "r" => {
            let Some(id) = current().and_then(|post| post.get_attribute("data-post")) else {
                return;
            };
            page::go(&format!("#/post/{id}/reply"));
        }
        _ => return,
    }
    event.prevent_default();
}

fn current() -> Option<web_sys::Element> {
    page::focused()?.closest("article[data-post]").ok()?
}

fn step(by: isize) {
    let posts = page::all(POSTS);
    let at = current().and_then(|current| posts.iter().position(|post| *post == current));
    let next = at.map_or(Some(0), |at| at.checked_add_signed(by));
    if let Some(post) = next.and_then(|next| posts.get(next)) {
        page::focus_element(post, true);
    }
}
