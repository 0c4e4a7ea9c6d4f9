//! The view of linking, from the first step to the last.

use effigy_core::Identity;
use effigy_core::link::Side;
use effigy_proto::{Command, LinkCommand, LinkFailure, Linked, Linking};
use leptos::prelude::*;

use super::check::Compare;
use super::meet::{Begin, Shows, show};
use crate::app::{Handle, Model, Wish, error};
use crate::parts::{Glyph, Icon, Managed, Screen};

/// How often a code that nobody took is followed by a new one: for a quarter of an hour in all.
const RENEWALS: u32 = 7;

/// Sends what is asked about linking.
pub(super) fn ask(handle: Handle, model: Model, command: LinkCommand) {
    if !handle.send(Command::Link(command)) {
        model.toasts().trouble(error::not_done(crate::app::NotDone::Busy));
    }
}

/// You › Linked devices › Link a device.
#[component]
pub(crate) fn LinkDevice() -> impl IntoView {
    stop_when_gone();
    view! {
        <Screen title="Link a device" back="#/you/devices">
            <Managed what="Link a device">
                <ol class="steps">
                    <li>"Open Effigy on the new device and choose "<b>"I already have an account › Link this device"</b>"."</li>
                    <li>"Show a code on one of the two devices and read it with the other."</li>
                    <li>"Compare what both show. Then this device lets the new one in."</li>
                </ol>
                <Stages side=Side::Old/>
            </Managed>
        </Screen>
    }
}

/// Welcome › I already have an account › Link this device.
#[component]
pub(crate) fn LinkThis() -> impl IntoView {
    let handle = expect_context::<Handle>();
    let begun = RwSignal::new(false);
    let begin = move |_| {
        // The engine has to run for it, though there is no account yet.
        begun.set(handle.wish(Wish::Link));
    };
    stop_when_gone();
    view! {
        <section class="panel" aria-labelledby="link-this-title">
            <h2 id="link-this-title">"Link this device"</h2>
            <ol class="steps">
                <li>"On a device that has your account open "<b>"You › Linked devices › Link a device"</b>"."</li>
                <li>"Show a code on one of the two devices and read it with the other."</li>
                <li>"Compare what both show."</li>
            </ol>
            <Show
                when=move || begun.get()
                fallback=move || view! {
                    <button class="button wide" type="button" on:click=begin><Glyph icon=Icon::Devices/>"Link this device"</button>
                }
            >
                <Stages side=Side::New/>
            </Show>
        </section>
    }
}

/// Whoever leaves the screen gives up, also on the other device.
fn stop_when_gone() {
    let handle = expect_context::<Handle>();
    let model = expect_context::<Model>();
    model.forget_linking();
    on_cleanup(move || {
        let _ = handle.send(Command::Link(LinkCommand::Cancel));
        model.forget_linking();
    });
}

/// What stands on the screen at each stage.
#[component]
fn Stages(side: Side) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let stage = Memo::new(move |_| model.linking().get());
    // Whether a code is shown that nobody has taken, and how many followed the first.
    let (shows, renewed) = (StoredValue::new(false), StoredValue::new(0_u32));
    let may_renew = move |why| {
        let may =
            why == LinkFailure::Expired && shows.get_value() && renewed.get_value() < RENEWALS;
        if may {
            renewed.update_value(|renewed| *renewed = renewed.saturating_add(1));
        }
        may
    };
    // The number that this device shows, if it is the new one.
    let asked = StoredValue::new(None::<String>);
    // What changes within a stage must not draw it anew: somebody may be typing.
    let kind = Memo::new(move |_| stage.get().as_ref().map(std::mem::discriminant));
    view! {
        <div class="link-stage" aria-live="polite">
            {move || {
                // Read, not only tracked: a memo that nobody read follows nothing.
                kind.get();
                let now = stage.get_untracked();
                if let Some(Linking::Failed(why)) = now
                    && may_renew(why)
                {
                    show(handle, model);
                    return view! { <Waits words="Making a new code…"/> }.into_any();
                }
                match &now {
                    None => renewed.set_value(0),
                    Some(Linking::Showing { .. }) => shows.set_value(true),
                    // A new code is on its way.
                    Some(Linking::Connecting) => (),
                    Some(_) => shows.set_value(false),
                }
                match now {
                    None => view! { <Begin side/> }.into_any(),
                    Some(Linking::Connecting) => view! { <Waits words="Reaching the other device…"/> }.into_any(),
                    Some(Linking::Showing { offer, until }) => view! { <Shows offer until/> }.into_any(),
                    Some(Linking::Verifying { number, pictures, .. }) => {
                        asked.set_value(number.clone());
                        view! { <Compare side stage number pictures/> }.into_any()
                    }
                    Some(Linking::Waiting) => view! {
                        // The other device still asks for it.
                        {asked.get_value().map(|number| view! { <p class="link-number">{number}</p> })}
                        <Waits words="Now the other device. Go on there…"/>
                    }.into_any(),
                    Some(Linking::Transferring) => {
                        view! { <Waits words="Your account is told of the new device…"/> }.into_any()
                    }
                    Some(Linking::Done(Linked::Added { device })) => view! { <Added device/> }.into_any(),
                    // The account is being opened.
                    Some(Linking::Done(Linked::Joined { .. })) => view! { <p>"Linked."</p> }.into_any(),
                    Some(Linking::Failed(why)) => view! { <Failed why/> }.into_any(),
                }
            }}
        </div>
    }
}

/// Something takes a moment.
#[component]
fn Waits(words: &'static str) -> impl IntoView {
    view! {
        <p role="status">{words}</p>
        <progress aria-label=words></progress>
        <div class="actions"><Cancel/></div>
    }
}

/// Stops it on both devices.
#[component]
pub(super) fn Cancel() -> impl IntoView {
    let handle = expect_context::<Handle>();
    let model = expect_context::<Model>();
    view! {
        <button class="button primary" type="button" on:click=move |_| ask(handle, model, LinkCommand::Cancel)>"Cancel"</button>
    }
}

#[component]
fn Failed(why: LinkFailure) -> impl IntoView {
    let model = expect_context::<Model>();
    view! {
        <div class="notice" data-notice="failed" role="alert">
            <Glyph icon=Icon::Alert/>
            <p>{error::linking(why)}</p>
        </div>
        <div class="actions">
            <button class="button primary" type="button" on:click=move |_| model.forget_linking()>"Try again"</button>
        </div>
    }
}

/// The new device is in, and its posts are on their way.
#[component]
fn Added(device: Identity) -> impl IntoView {
    let model = expect_context::<Model>();
    let progress = Memo::new(move |_| {
        model.network().with(|network| {
            let mut receipts = network.receipts.iter();
            let there = receipts.find(|receipt| receipt.holder == device).map_or(0, |of| of.count);
            let mine = model.device();
            let mut feeds = network.feeds.iter();
            let here = feeds.find(|feed| Some(feed.identity) == mine).map_or(0, |feed| feed.held);
            (there.min(here), here)
        })
    });
    view! {
        <div class="notice" data-notice="linked" role="status">
            <Glyph icon=Icon::Check/>
            <p>"The new device is linked. All your other devices are told."</p>
        </div>
        <p role="status">{move || format!("{} of {} posts and changes of this device have arrived there. Keep Effigy open on both until all have.", progress.get().0, progress.get().1)}</p>
        <progress max=move || progress.get().1.max(1).to_string() value=move || progress.get().0.to_string() aria-label="Posts and changes that have arrived"></progress>
        <div class="actions"><a class="button primary" href="#/you">"Done"</a></div>
    }
}
