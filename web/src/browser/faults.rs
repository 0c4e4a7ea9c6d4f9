//! What happens when the app itself fails: the page says so instead of standing still.

use std::panic::PanicHookInfo;

use leptos::prelude::document;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlDialogElement};

/// What a person can do then: the words on the button, and what `static/boot.js` does, because this
/// app may not be able to do anything any more.
pub(crate) const WAYS_OUT: [(&str, &str); 3] =
    [("again", "Try again"), ("report", "Copy report"), ("home", "Go home")];

/// Makes a panic visible: it stops all of the app, so it is written to the console and the page
/// tells what to do. What was posted is in the store and safe.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        super::starts::fail();
        web_console(&info.to_string());
        // Without the page there is nobody to tell.
        show(info).unwrap_or_default();
    }));
}

/// Above everything, dialogs included.
fn show(info: &PanicHookInfo<'_>) -> Option<()> {
    let stopped = element("dialog", "stopped")?;
    stopped.set_attribute("role", "alertdialog").ok()?;
    stopped.set_attribute("aria-label", "Effigy has stopped").ok()?;
    // Escape would leave a page that looks alive and is not.
    stopped.set_attribute("closedby", "none").ok()?;
    let words = element("p", "")?;
    words.set_text_content(Some(
        "Effigy has stopped because of a mistake in the app. What you posted is kept.",
    ));
    stopped.append_child(&words).ok()?;
    let actions = element("div", "actions")?;
    for (act, name) in WAYS_OUT {
        let button = element("button", if act == "again" { "button primary" } else { "button" })?;
        button.set_attribute("type", "button").ok()?;
        button.set_attribute("data-effigy", act).ok()?;
        button.set_attribute("data-fault", "panic").ok()?;
        button.set_attribute("data-version", env!("CARGO_PKG_VERSION")).ok()?;
        // Where, but not what: the message may quote what somebody wrote.
        if let Some(place) = info.location() {
            button.set_attribute("data-place", &place.to_string()).ok()?;
        }
        button.set_text_content(Some(name));
        actions.append_child(&button).ok()?;
    }
    stopped.append_child(&actions).ok()?;
    document().body()?.append_child(&stopped).ok()?;
    stopped.dyn_into::<HtmlDialogElement>().ok()?.show_modal().ok()
}

fn element(name: &str, class: &str) -> Option<Element> {
    let element = document().create_element(name).ok()?;
    element.set_class_name(class);
    Some(element)
}

fn web_console(text: &str) {
    leptos::logging::error!("{text}");
}
