//! A device of a closed account wipes itself, a while after saying so.

use std::time::Duration;

use leptos::prelude::*;

use crate::app::Model;
use crate::browser::page;

/// How many seconds whoever sits in front of it has to say that it is to stay.
const NOTICE: u32 = 30;

/// How long until this device is wiped.
#[derive(Clone, Copy)]
pub(super) struct Countdown {
    /// Whether somebody else knows that the account was closed: before that, this device may be the only
    /// one to tell them.
    is_told: Memo<bool>,
    left: RwSignal<u32>,
    /// Whether the person said that it is to stay: also after a look at what is here.
    stays: Memo<bool>,
}

impl Countdown {
    /// Counts while the page can be seen and somebody else knows, then wipes.
    pub(super) fn begin(model: Model, wipe: Callback<()>) -> Self {
        let is_told = Memo::new(move |_| {
            let me = model.me();
            model.network().with(|network| {
                let mine = network.feeds.iter().find(|feed| Some(feed.identity) == me);
                // Who has more of it than is here need not have heard of this.
                mine.is_some_and(|feed| feed.confirmed_by > 0 && feed.known <= feed.held)
            })
        });
        let (left, stays) = (RwSignal::new(NOTICE), Memo::new(move |_| model.stays()));
        let tick = move || {
            let counts = page::is_visible() && is_told.get_untracked() && !stays.get_untracked();
            if counts && left.get_untracked() > 0 {
                left.update(|left| *left = left.saturating_sub(1));
                if left.get_untracked() == 0 {
                    wipe.run(());
                }
            }
        };
        if let Ok(interval) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || interval.clear());
        }
        Self { is_told, left, stays }
    }
}

/// Tells how long it takes, and takes it back.
#[component]
pub(super) fn Wiping(countdown: Countdown) -> impl IntoView {
    let model = expect_context::<Model>();
    let Countdown { is_told, left, stays } = countdown;
    let words = move || match (stays.get(), is_told.get()) {
        (true, _) => {
            "This device keeps what lies on it until you wipe it, or open Effigy here again."
        }
        (false, true) => {
            "This device is about to wipe itself: everything of the account goes from this browser."
        }
        (false, false) => {
            "Nobody else has heard of it yet. Keep this page open and stay online until a meeting point or a friend has: for everybody else the account goes on until then."
        }
    };
    let counts = move || is_told.get() && !stays.get();
    view! {
        <p role="status">{words}</p>
        <Show when=counts>
            <p><span role="timer" class="countdown">{move || format!("In {} s", left.get())}</span></p>
            <button class="button" type="button" on:click=move |_| model.keep_for_now()>"Keep it for now"</button>
        </Show>
    }
}
