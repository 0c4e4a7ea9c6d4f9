//! What happens when the app itself fails: the page says so instead of standing still.

use leptos::prelude::{document, window};

/// Makes a panic visible: it stops all of the app, so it is written to the console and the page
/// tells what to do. What was posted is in the store and safe.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        web_console(&info.to_string());
        let Some(body) = document().body() else { return };
        let Ok(box_) = document().create_element("div") else { return };
        box_.set_class_name("stopped");
        box_.set_attribute("role", "alert").unwrap_or_default();
        box_.set_text_content(Some(
            "Effigy has stopped because of a mistake in the app. What you posted is kept. \
             Reload the page to go on.",
        ));
        if let Ok(button) = document().create_element("a") {
            button.set_text_content(Some("Reload"));
            button.set_class_name("button");
            button.set_attribute("href", "").unwrap_or_default();
            box_.append_child(&button).map(drop).unwrap_or_default();
        }
        body.append_child(&box_).map(drop).unwrap_or_default();
        // A page that is behind a modal dialog could not be read.
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }));
}

fn web_console(text: &str) {
    leptos::logging::error!("{text}");
}
