//! The app that a person installs.

#![allow(unreachable_pub, reason = "the component macro makes its props public")]

mod app;
mod browser;
mod parts;
mod screens;

use leptos::prelude::*;

fn main() {
    browser::faults::report_panics();
    mount_to_body(app::App);
}
