//! The app that a person installs.

#![allow(unreachable_pub, reason = "the component macro makes its props public")]

mod app;
mod browser;
mod parts;
mod screens;

use leptos::prelude::*;

fn main() {
    // The same program is the page and what works beside it.
    if effigy_worker::is_worker() {
        return effigy_worker::serve();
    }
    browser::faults::report_panics();
    mount_to_body(app::App);
}
