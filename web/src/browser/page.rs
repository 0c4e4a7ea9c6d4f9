//! The page itself: its address after the number sign, title, focus, scroll position, listeners.

use leptos::ev::EventDescriptor;
use leptos::prelude::{document, on_cleanup, window, window_event_listener};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, HtmlVideoElement, ScrollIntoViewOptions};

/// What stands after the number sign, with it; empty where there is none.
pub(crate) fn hash() -> String {
    window().location().hash().unwrap_or_default()
}

/// The origin that served the page.
pub(crate) fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// Goes somewhere within the app. Begins with the number sign.
pub(crate) fn go(hash: &str) {
    // Fails only for documents that are not shown.
    window().location().set_hash(hash).unwrap_or_default();
}

/// Goes somewhere without leaving a step to come back to.
pub(crate) fn replace(hash: &str) {
    window().location().replace(hash).unwrap_or_default();
}

/// Loads the page again: nothing of what it held stays in its memory.
pub(crate) fn reload() {
    // Fails only for documents that are not shown.
    window().location().reload().unwrap_or_default();
}

/// One step back, or to `otherwise` where the app was opened right here.
pub(crate) fn back(otherwise: &str) {
    let been_here = window().history().ok().and_then(|history| history.state().ok());
    let depth = been_here.and_then(|state| state.as_f64()).unwrap_or_default();
    match window().history() {
        Ok(history) if depth >= 1.0 => history.back().unwrap_or_default(),
        _ => replace(otherwise),
    }
}

/// Marks this step of the history by a number. `None` when it had one: somebody came back to it.
pub(crate) fn mark_step(number: f64) -> Option<f64> {
    let history = window().history().ok()?;
    if history.state().ok()?.as_f64().is_some() {
        return None;
    }
    history.replace_state(&JsValue::from_f64(number), "").ok()?;
    Some(number)
}

/// The number of this step of the history.
pub(crate) fn step() -> Option<f64> {
    window().history().ok()?.state().ok()?.as_f64()
}

/// Leaves the scroll position to us when somebody goes back.
pub(crate) fn take_over_scrolling() {
    if let Ok(history) = window().history() {
        history.set_scroll_restoration(web_sys::ScrollRestoration::Manual).unwrap_or_default();
    }
}

/// How far down the page is.
pub(crate) fn scroll_position() -> f64 {
    window().scroll_y().unwrap_or_default()
}

/// Scrolls at once.
pub(crate) fn scroll_to(position: f64) {
    window().scroll_to_with_x_and_y(0.0, position);
}

/// Has the browser print the page.
pub(crate) fn print() {
    // Fails only where nothing can be printed, which the browser says itself.
    window().print().unwrap_or_default();
}

/// Names the page, for tabs and screen readers.
pub(crate) fn set_title(title: &str) {
    document().set_title(title);
}

/// Moves the focus to the first element that fits, without scrolling. Tells whether there was one.
pub(crate) fn focus(selector: &str) -> bool {
    let Ok(Some(element)) = document().query_selector(selector) else { return false };
    focus_element(&element, false)
}

/// Moves the focus to an element, and the page with it if asked.
pub(crate) fn focus_element(element: &Element, scroll: bool) -> bool {
    let Some(element) = element.dyn_ref::<HtmlElement>() else { return false };
    if scroll {
        let options = ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Center);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    element.focus_with_options(&options).is_ok()
}

/// All elements that fit, in the order of the page.
pub(crate) fn all(selector: &str) -> Vec<Element> {
    let Ok(list) = document().query_selector_all(selector) else { return Vec::new() };
    (0..list.length()).filter_map(|index| list.item(index)?.dyn_into().ok()).collect()
}

/// Whether somebody watches a video.
pub(crate) fn is_playing() -> bool {
    let videos = all("video[controls]");
    let mut videos = videos.iter().filter_map(|video| video.dyn_ref::<HtmlVideoElement>());
    videos.any(|video| !video.paused())
}

/// The element that has the focus.
pub(crate) fn focused() -> Option<Element> {
    document().active_element()
}

/// Whether the focus is where letters are typed, or a dialog is open.
pub(crate) fn is_typing() -> bool {
    let field = "input, textarea, select, [contenteditable]";
    focused().is_some_and(|element| element.matches(field).unwrap_or(false))
        || matches!(document().query_selector("dialog[open]"), Ok(Some(_)))
}

/// Whether the page can be seen.
pub(crate) fn is_visible() -> bool {
    !document().hidden()
}

/// Listens on the window for as long as the caller's scope lives.
pub(crate) fn listen<E: EventDescriptor + 'static>(event: E, act: impl Fn(E::EventType) + 'static)
where
    E::EventType: JsCast,
{
    let listener = window_event_listener(event, act);
    on_cleanup(move || listener.remove());
}

/// Sets an attribute of the document's root element.
pub(crate) fn set_root_attribute(name: &str, value: Option<&str>) {
    let Some(root) = document().document_element() else { return };
    match value {
        Some(value) => root.set_attribute(name, value).unwrap_or_default(),
        None => root.remove_attribute(name).unwrap_or_default(),
    }
}
