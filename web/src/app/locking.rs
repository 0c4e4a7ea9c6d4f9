//! When the app locks: as the person says, and after a while in which nobody used it.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;

use super::start::app_lock;
use super::{Handle, Model, Phase, task};
use crate::browser::{clock, page, settings};

/// How often it is looked whether anybody is there.
const LOOK: Duration = Duration::from_secs(5);
/// How much longer it stays open for what a reload would break off, in milliseconds: a video that is
/// watched, a file that is attached, a backup that is written.
const AT_MOST: u64 = 3_600_000;
/// What is on the page meanwhile.
const UNDERWAY: &str = "[data-keeps-open]";

/// Locks at once: nothing is shown any more, what is being written is kept, and the page is loaded anew, so
/// that neither keys nor posts are left in its memory.
pub(crate) fn lock_now(model: Model, handle: Handle) {
    model.set_phase(Phase::Locked);
    task::run(async move {
        model.desk().save_in_time(handle).await;
        page::reload();
    });
}

/// Locks after a while in which nobody used the page, whether it could be seen or not.
pub(super) fn lock_when_idle(model: Model, handle: Handle) {
    let used = StoredValue::new(clock::now());
    let use_it = move || used.set_value(clock::now());
    page::listen(ev::pointerdown, move |_| use_it());
    page::listen(ev::pointermove, move |_| use_it());
    page::listen(ev::keydown, move |_| use_it());
    page::listen(ev::wheel, move |_| use_it());
    let look = move || {
        let after = u64::from(settings::lock_after()).saturating_mul(60_000);
        let idle = clock::now().saturating_sub(used.get_value());
        if after == 0 || idle < after || !is_open(model) {
            return;
        }
        let goes_on = page::is_playing() || !page::all(UNDERWAY).is_empty();
        if !goes_on || idle >= after.saturating_add(AT_MOST) {
            // Should the browser not load it anew, it is tried again later.
            use_it();
            lock_now(model, handle);
        }
    };
    if let Ok(interval) = set_interval_with_handle(look, LOOK) {
        on_cleanup(move || interval.clear());
    }
    // Browsers put pages to sleep that cannot be seen: before they are seen again it is looked.
    page::listen(ev::visibilitychange, move |_| look());
    page::listen(ev::pageshow, move |_| look());
}

/// Whether there is a lock, and something that it should keep from being seen.
fn is_open(model: Model) -> bool {
    let phase = model.phase().get_untracked();
    let hides = matches!(phase, Phase::Loading | Phase::Locked | Phase::OtherTab | Phase::Welcome);
    !hides && model.lock().get_untracked().is_some() && !app_lock::is_closed()
}
