//! The root: the model, the way to send commands, the routes.

mod agreed;
mod conditions;
mod contents;
mod desk;
pub(crate) mod error;
mod frame;
mod handle;
mod hub_clock;
mod keys;
mod locking;
mod long;
mod model;
mod phase;
pub(crate) mod route;
mod router;
pub(crate) mod start;
pub(crate) mod task;
mod toasts;

pub(crate) use agreed::{agree, mark_read};
pub(crate) use contents::Loaded;
pub(crate) use desk::Sheet;
pub(crate) use handle::{Answer, Handle, NotDone};
pub(crate) use hub_clock::Wrong;
pub(crate) use keys::KeyHelp;
pub(crate) use locking::lock_now;
pub(crate) use model::Model;
pub(crate) use phase::{
    BackupFault, Damage, Fault, Gathered, Opening, Out, Phase, Restore, Restoring, Way, Wish,
};
pub(crate) use route::{Route, Section};
pub(crate) use router::Router;
pub(crate) use toasts::{Said, Toast};

use std::time::Duration;

use effigy_core::text::clean_name;
use effigy_feed::View;
use effigy_proto::Command;
use leptos::ev;
use leptos::prelude::*;

use crate::browser::{accounts, clock, marker, page, settings, starts};
use crate::parts::{ClockNotice, Toasts, Unsent, UpdateNotice};
use crate::screens::{
    Broken, Careful, Joining, Loading, LockedScreen, OtherTab, OutScreen, Repair, TimelinePlace,
    Welcome,
};
use frame::Frame;

/// How often "40 s" is counted anew. Only texts that change by it touch the page.
const CLOCK: Duration = Duration::from_secs(5);

/// The whole app.
#[component]
pub(crate) fn App() -> impl IntoView {
    settings::show_theme(settings::theme());
    let model = Model::new();
    provide_context(model);
    let handle = start::boot(model);
    provide_context(handle);
    model.long().serve(handle);
    model.costs().serve(handle);
    // An account that has just begun is told as well.
    Effect::new(move || {
        if model.phase().get() == Phase::Running {
            model.costs().tell_again();
        }
    });
    provide_context(Router::follow());
    provide_context(TimelinePlace::new());
    let help = KeyHelp(RwSignal::new(false));
    provide_context(help);
    keys::listen(model, help);
    provide_context(Unsent(RwSignal::new(0)));
    keep_time(model);
    keep_drafts(model, handle);
    keep_the_page();
    note_account(model);
    judge_start(model);
    wake_with_the_page(handle);
    locking::lock_when_idle(model, handle);
    handle.clock().watch();

    let phase = model.phase();
    announce(phase);
    // Numbers that change within a repair must not draw the page anew.
    let kind = Memo::new(move |_| std::mem::discriminant(&phase.get()));
    // In the frame it has its place; elsewhere it stands above all.
    let is_framed = Memo::new(move |_| phase.get() == Phase::Running);
    view! {
        <Show when=move || !is_framed.get()><div class="above"><UpdateNotice/><ClockNotice/></div></Show>
        {move || {
            // Read, not only tracked: a memo that nobody read follows nothing.
            kind.get();
            match phase.get_untracked() {
                Phase::Broken(fault) => view! { <Broken fault/> }.into_any(),
                Phase::Careful => view! { <Careful/> }.into_any(),
                Phase::Joining => view! { <Joining/> }.into_any(),
                Phase::Loading => view! { <Loading/> }.into_any(),
                Phase::Locked => view! { <LockedScreen/> }.into_any(),
                Phase::OtherTab => view! { <OtherTab/> }.into_any(),
                Phase::Out(out) => view! { <OutScreen out/> }.into_any(),
                Phase::Repair(_) => view! { <Repair/> }.into_any(),
                Phase::Running => view! { <Frame/> }.into_any(),
                Phase::Welcome => view! { <Welcome/> }.into_any(),
            }
        }}
        <Toasts/>
    }
}

/// Moves the model's clock on while the page can be seen.
fn keep_time(model: Model) {
    model.set_now(clock::now());
    let tick = move || {
        if page::is_visible() {
            model.set_now(clock::now());
        }
    };
    if let Ok(interval) = set_interval_with_handle(tick, CLOCK) {
        on_cleanup(move || interval.clear());
    }
}

/// Writes down what is being written when the page may not come back.
fn keep_drafts(model: Model, handle: Handle) {
    page::listen(ev::visibilitychange, move |_| {
        if !page::is_visible() {
            task::run(async move {
                model.desk().save_all(handle).await;
                // Who goes on at another device finds there what was set on this one.
                if !handle.clock().holds_back().await {
                    handle.send(Command::StateRegisters);
                }
            });
        }
    });
}

/// Notes of several accounts what this one is called, and that somebody came back to it.
fn note_account(model: Model) {
    let called = move || {
        let view = |view: &View| Some(clean_name(&view.person(&view.me())?.profile.name));
        model.with_view(view).flatten().filter(|name| !name.is_empty())
    };
    let name = Memo::new(move |_| (model.phase().get() == Phase::Running).then(called).flatten());
    Effect::new(move || {
        if let Some(name) = name.get() {
            marker::set_name(&name);
        }
    });
    page::listen(ev::visibilitychange, move |_| {
        if page::is_visible() && model.phase().get_untracked() == Phase::Running {
            accounts::note_opened();
        }
    });
}

/// A file that is dropped beside where it was meant to go does not take the place of the app.
fn keep_the_page() {
    let refuse = |event: web_sys::DragEvent| {
        let types = event.data_transfer().map(|data| data.types());
        if types.is_some_and(|types| types.includes(&"Files".into(), 0)) {
            event.prevent_default();
        }
    };
    page::listen(ev::dragover, refuse);
    page::listen(ev::drop, refuse);
}

/// How long after its first screen the app is taken to have started: it was drawn by then.
const STARTED: Duration = Duration::from_millis(500);

/// Forgets the count of starts that came to nothing, once this one came to something.
fn judge_start(model: Model) {
    let phase = model.phase();
    let is_up = Memo::new(move |_| match phase.get() {
        Phase::Broken(Fault::Stopped) | Phase::Careful | Phase::Loading => false,
        Phase::Broken(_)
        | Phase::Joining
        | Phase::Locked
        | Phase::OtherTab
        | Phase::Out(_)
        | Phase::Repair(_)
        | Phase::Running
        | Phase::Welcome => true,
    });
    Effect::new(move || {
        if is_up.get() {
            set_timeout(starts::end_well, STARTED);
        }
    });
    // Whoever leaves while everything is read has not seen it fail.
    page::listen(ev::pagehide, move |_| {
        if !matches!(phase.get_untracked(), Phase::Broken(Fault::Stopped) | Phase::Careful) {
            starts::end_well();
        }
    });
}

/// Says to screen readers and keys that something else fills the page: but not at the start, where
/// nobody has been anywhere yet.
fn announce(phase: Signal<Phase>) {
    let kind = Memo::new(move |_| std::mem::discriminant(&phase.get()));
    let has_begun = StoredValue::new(false);
    Effect::new(move || {
        kind.track();
        if phase.get_untracked() == Phase::Loading {
            return;
        }
        if has_begun.get_value() {
            // After it was drawn.
            request_animation_frame(|| {
                if !page::is_typing() {
                    page::focus("main h1");
                }
            });
        }
        has_begun.set_value(true);
    });
}

/// Tells the engine when it is worth trying again at once.
fn wake_with_the_page(handle: Handle) {
    let wake = move || {
        // A full inbox wakes the engine as well.
        let _ = handle.send(Command::Wake);
    };
    page::listen(ev::online, move |_| wake());
    page::listen(ev::visibilitychange, move |_| {
        if page::is_visible() {
            wake();
        }
    });
}
