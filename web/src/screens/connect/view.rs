//! The view for connecting without a hub.

use effigy_core::Identity;
use effigy_proto::{Command, HandStep, Path, Refusal};
use leptos::prelude::*;

use crate::app::{Handle, Model, NotDone, error, route, task};
use crate::parts::{CopyField, Glyph, Icon, Name, QrCode, QrScan, Screen, Unread, called};

/// My code for one friend, and the ways to hand in theirs.
#[component]
pub(crate) fn Connect(synod: Identity) -> impl IntoView {
    let model = expect_context::<Model>();
    let name = Memo::new(move |_| {
        model.with_view(|view| called(view, &synod)).unwrap_or_else(|| "your friend".to_owned())
    });
    let connected = Memo::new(move |_| {
        model.network().with(|network| {
            let mut peers = network.peers.iter();
            peers.any(|peer| peer.synod == Some(synod) && peer.path != Path::Hub)
        })
    });
    view! {
        <Screen title="Connect without a hub" back=route::person(&synod)>
            <Show when=move || connected.get() fallback=move || view! { <Arrange synod name/> }>
                <div class="notice" data-notice="connected" role="status">
                    <Glyph icon=Icon::Check/>
                    <p>"You are connected to "<bdi>{name}</bdi>". Posts and pictures go directly from device to device for as long as Effigy is open on both."</p>
                </div>
                <div class="actions"><a class="button primary" href=route::person(&synod)>"Show their posts"</a></div>
            </Show>
        </Screen>
    }
}

#[component]
fn Arrange(synod: Identity, name: Memo<String>) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let busy = RwSignal::new(false);
    let taken = RwSignal::new(false);
    // Whoever's code was handed in, it is their turn now.
    let other = Memo::new(move |_| {
        let of = model.by_hand().with(|shown| shown.as_ref().map(|(synod, _)| *synod));
        of.filter(|of| taken.get() && *of != synod)
    });
    let read = Callback::new(move |text: String| {
        if !busy.get_untracked() {
            busy.set(true);
            task::run(async move {
                match handle.request(|ticket| Command::TakeLetter { text, ticket }).await {
                    Ok(_) => drop(taken.try_set(true)),
                    Err(why) => model.toasts().trouble(not_taken(why)),
                }
                busy.try_set(false);
            });
        }
        Ok::<(), Unread>(())
    });
    view! {
        <p>"You and "<bdi>{name}</bdi>" can connect your devices yourselves, without any server. Both have to be in the same network, the same Wi-Fi say, and you hand each other a code: from screen to screen, or by any messenger."</p>
        <section class="panel" aria-labelledby="mine-title">
            <h2 id="mine-title">"Your code"</h2>
            <Mine synod name/>
        </section>
        <section class="panel" aria-labelledby="theirs-title">
            <h2 id="theirs-title">"Their code"</h2>
            {move || other.get().map(|other| view! {
                <div class="notice" data-notice="other">
                    <Glyph icon=Icon::Alert/>
                    <p>"This code is from "<Name synod=other/>". "<a href=route::connect(&other)>"Go on with them"</a></p>
                </div>
            })}
            <Show when=move || taken.get() && other.get().is_none()>
                <p class="hint" role="status">"Their code was read. If they showed you theirs first, show them yours now; else the devices are looking for each other."</p>
            </Show>
            <QrScan read label="Code you were sent" placeholder="effigy-letter:…"/>
        </section>
    }
}

/// My code as QR and text.
#[component]
fn Mine(synod: Identity, name: Memo<String>) -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let step = Memo::new(move |_| {
        let shown = model.by_hand().get().filter(|(of, _)| *of == synod);
        shown.map(|(_, step)| step)
    });
    let letter = Memo::new(move |_| match step.get() {
        Some(HandStep::Letter { answer, text }) => Some((text, answer)),
        _ => None,
    });
    let failed = Memo::new(move |_| step.get() == Some(HandStep::Vain));
    let text = Signal::derive(move || letter.get().map(|(text, _)| text).unwrap_or_default());
    let answers = move || letter.get().is_some_and(|(_, answer)| answer);
    let asked = RwSignal::new(false);
    let make = move |_| {
        asked.set(true);
        task::run(async move {
            if let Err(why) =
                handle.request(|ticket| Command::ConnectByHand { synod, ticket }).await
            {
                model.toasts().trouble(not_begun(why));
            }
            asked.try_set(false);
        });
    };
    view! {
        <Show when=move || failed.get()>
            <div class="notice" data-notice="failed">
                <Glyph icon=Icon::Alert/>
                <p>"Nothing came of the last code: the devices did not find each other in time. See that both are in the same network, and make a new one. Nothing is lost; what you post waits on this device."</p>
            </div>
        </Show>
        <Show
            when=move || letter.with(Option::is_some)
            fallback=move || view! {
                <p class="hint">"Make a code and let "<bdi>{name}</bdi>" read it; or read theirs below, and yours is made as the answer."</p>
                <button class="button wide" type="button" disabled=asked on:click=make><Glyph icon=Icon::Network/>"Make a code"</button>
            }
        >
            <div class="my-code"><QrCode text label="QR code for this connection"/></div>
            <p class="hint">
                {move || if answers() {
                    "This answers their code: have them read it, and the devices connect. It counts for ten minutes."
                } else {
                    "Have them read it, then read their answer below. It counts for ten minutes, and for this one friend only."
                }}
            </p>
            <CopyField label="Code" text/>
        </Show>
    }
}

/// Why no code was made.
const fn not_begun(why: NotDone) -> &'static str {
    match why {
        NotDone::Refused(Refusal::Unknown) => {
            "Their device is not known here yet. The two of you have to follow each other and have met once."
        }
        NotDone::Refused(Refusal::TooLong) => {
            "This device has as many connections as it can hold. Close some other apps or pages of Effigy and try again."
        }
        why => error::not_done(why),
    }
}

/// Why their code was not taken.
const fn not_taken(why: NotDone) -> &'static str {
    match why {
        NotDone::Refused(Refusal::Unknown) => {
            "This code is from somebody you do not follow, so nothing was told to them."
        }
        why => not_begun(why),
    }
}
