//! Giving somebody their share back: only to them, and never because of a link alone.

use effigy_core::Identity;
use effigy_core::share::{Plea, is_text};
use effigy_proto::Command;
use leptos::prelude::*;

use crate::app::{Handle, Model, error, task};
use crate::parts::{CopyField, EmojiRow, QrCode, QrScan, Unread};

/// How far it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    /// Whether they asked at all.
    Asked,
    /// The code of their new device is to be read.
    Read,
    /// Both compare.
    Compared(Plea),
    /// The share is to be handed over.
    Given,
}

/// From the question who asked to the code that is handed over.
#[component]
pub(super) fn Helping(
    synod: Identity,
    name: Memo<String>,
    /// Whether the share before the one that counts is handed over.
    former: bool,
    done: Callback<()>,
) -> impl IntoView {
    let model = expect_context::<Model>();
    let step = RwSignal::new(Step::Asked);
    model.forget_returned();
    on_cleanup(move || model.forget_returned());
    let cancel = move || view! { <button class="button primary" type="button" on:click=move |_| done.run(())>"Cancel"</button> };
    view! {
        <div class="stack helping" aria-live="polite">
            {move || match step.get() {
                Step::Asked => view! {
                    <p>"Did "<bdi>{name}</bdi>" ask you for it in person, or on the phone, so that you know their voice? Whoever writes to you may be somebody else, also from their account. With enough of these shares a stranger has all of it."</p>
                    <div class="actions">
                        {cancel()}
                        <button class="button" type="button" on:click=move |_| step.set(Step::Read)>"They asked me in person or by phone"</button>
                    </div>
                }
                .into_any(),
                Step::Read => {
                    let read = Callback::new(move |text: String| plea(&text).map(|plea| step.set(Step::Compared(plea))));
                    view! {
                        <p>"On their new device "<bdi>{name}</bdi>" chooses "<b>"I already have an account › Friends"</b>". Read the code that it shows, or paste the text they sent you."</p>
                        <QrScan read label="Code from their new device" placeholder="effigy-help:…"/>
                        <div class="actions">{cancel()}</div>
                    }
                    .into_any()
                }
                Step::Compared(plea) => view! { <Compared synod name former plea step done/> }.into_any(),
                Step::Given => view! { <Given synod name done/> }.into_any(),
            }}
        </div>
    }
}

/// Reads what their new device shows.
fn plea(text: &str) -> Result<Plea, Unread> {
    Plea::parse(text).map_err(|why| {
        let words = if is_text(text) {
            "This is a share that somebody gave. Read the code that their new device shows."
        } else {
            error::plea(why)
        };
        Unread { words, look_on: true }
    })
}

/// The pictures, and the number that is to be told by voice.
#[component]
fn Compared(
    synod: Identity,
    name: Memo<String>,
    former: bool,
    plea: Plea,
    step: RwSignal<Step>,
    done: Callback<()>,
) -> impl IntoView {
    let handle = expect_context::<Handle>();
    let typed = RwSignal::new(String::new());
    let (busy, trouble) = (RwSignal::new(false), RwSignal::new(None::<&'static str>));
    let give = move |_| {
        let digits = typed.get_untracked().trim().to_owned();
        let number = digits.parse::<u8>().ok().filter(|_| digits.len() == 2);
        let Some(number) = number else {
            return trouble.set(Some("Type the two digits that their new device shows."));
        };
        busy.set(true);
        trouble.set(None);
        task::run(async move {
            let give = |ticket| Command::ReturnShare { former, number, plea, synod, ticket };
            match handle.request(give).await {
                Ok(_) => drop(step.try_set(Step::Given)),
                Err(why) => {
                    typed.try_set(String::new());
                    trouble.try_set(Some(error::not_done(why)));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <p>"Talk to "<bdi>{name}</bdi>": does their new device show these pictures, in this order?"</p>
        <EmojiRow pictures=plea.check().pictures()/>
        <label>
            <span class="label">"The number below them, as they tell you"</span>
            <input class="link-digits" type="text" inputmode="numeric" autocomplete="off" maxlength="2" bind:value=typed/>
        </label>
        <p class="fault" role="alert">{trouble}</p>
        <p class="hint">"If the pictures differ, or the number came in the message with the code, cancel: nothing was given to anybody."</p>
        <div class="actions">
            <button class="button primary" type="button" on:click=move |_| done.run(())>"Cancel"</button>
            <button class="button" type="button" disabled=busy on:click=give>"Give the share"</button>
        </div>
    }
}

/// The share, sealed for their new device.
#[component]
fn Given(synod: Identity, name: Memo<String>, done: Callback<()>) -> impl IntoView {
    let model = expect_context::<Model>();
    let text = Signal::derive(move || {
        let returned = model.returned().get().filter(|(of, _)| *of == synod);
        returned.map(|(_, text)| text).unwrap_or_default()
    });
    view! {
        <p role="status">"This is the share, sealed for that device alone. Let "<bdi>{name}</bdi>" scan it, or send them the text by any messenger."</p>
        <div class="my-code"><QrCode text label="QR code with the share"/></div>
        <CopyField label="Share" text/>
        <p class="hint">"You still keep it, until they choose anew. If they cannot read the code, begin again."</p>
        <div class="actions"><button class="button primary" type="button" on:click=move |_| done.run(())>"Done"</button></div>
    }
}
