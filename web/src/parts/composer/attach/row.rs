//! The attachment below the text: what it is, how far it is, and what can be done with it.

use effigy_core::limits::ALT_BYTES;
use effigy_proto::Refusal;
use leptos::prelude::*;

use super::chosen::Form;
use super::{Attach, Chosen, Fault, Step};
use crate::app::NotDone;
use crate::parts::{Glyph, Icon, bytes, length};

/// The attachment.
#[component]
pub(in crate::parts::composer) fn AttachRow(attach: Attach) -> impl IntoView {
    let about = Memo::new(move |_| attach.chosen.get());
    let form = Memo::new(move |_| about.get().map(|chosen| chosen.form));
    let is_video = move || matches!(form.get(), Some(Form::Video { .. }));
    let is_as_it_is = move || !is_video() && attach.step.get() != Step::Looking;
    view! {
        <Show when=move || !attach.is_empty()>
            <div class="enclosed" data-attach="" role="group" aria-label="Attached">
                <div class="enclosed-head">
                    <Look attach/>
                    <span class="row-words">
                        <span class="row-title"><bdi>{move || about.get().map(|chosen| chosen.name)}</bdi></span>
                        <span class="row-note">{move || about.get().map(|chosen| facts(&chosen))}</span>
                    </span>
                    <button class="quiet round" type="button" aria-label="Remove the attachment" on:click=move |_| attach.cancel()>
                        <Glyph icon=Icon::Close/>
                    </button>
                </div>
                <Progress attach/>
                <Trouble attach/>
                <Show when=is_video><Alt attach/></Show>
                <Show when=is_as_it_is>
                    <p class="hint">{move || as_it_is(form.get(), about.get().map_or(0, |chosen| chosen.left_out))}</p>
                </Show>
            </div>
        </Show>
    }
}

/// How large it is, and how long it plays.
fn facts(chosen: &Chosen) -> String {
    let size = bytes(chosen.size());
    match chosen.form {
        Form::File => size,
        Form::Folder => match chosen.items.len() {
            1 => format!("1 file, {size}"),
            many => format!("{many} files, {size}"),
        },
        Form::Video { duration: 0, .. } => size,
        Form::Video { duration, .. } => format!("{}, {size}", length(duration)),
    }
}

/// What people should know of files before they post them.
fn as_it_is(form: Option<Form>, left_out: usize) -> String {
    let mut words = match form {
        Some(Form::Folder) => "Files go as they are, with whatever they hold about you.".to_owned(),
        _ => "It goes as it is, with whatever it holds about you.".to_owned(),
    };
    if left_out > 0 {
        words.push_str(&format!(" Left out because they are empty or hidden: {left_out}."));
    }
    words
}

/// A picture of it.
#[component]
fn Look(attach: Attach) -> impl IntoView {
    let address = move || attach.poster.with(|poster| poster.as_ref()?.1.address());
    let icon = move || {
        attach.chosen.with(|chosen| match chosen.as_ref().map(|chosen| chosen.form) {
            Some(Form::Folder) => Icon::Folder,
            Some(Form::Video { .. }) => Icon::Play,
            _ => Icon::File,
        })
    };
    move || match address() {
        Some(address) => view! { <img class="enclosed-look" src=address alt=""/> }.into_any(),
        None => view! { <span class="enclosed-look"><Glyph icon=icon()/></span> }.into_any(),
    }
}

/// How far it is. Numbers change too often to be read out; where it stands is.
#[component]
fn Progress(attach: Attach) -> impl IntoView {
    let (size, count) = {
        let of = move |look: fn(&Chosen) -> u64| {
            Memo::new(move |_| attach.chosen.with(|chosen| chosen.as_ref().map_or(0, look)))
        };
        (of(Chosen::size), of(|chosen| chosen.items.len() as u64))
    };
    let stage = Memo::new(move |_| match attach.step.get() {
        Step::Looking => "Looking at it…",
        Step::Reading { .. } => "Reading it…",
        Step::Ready => "Ready to be posted.",
        Step::Failed(_) => "",
    });
    let came = Memo::new(move |_| match attach.step.get() {
        Step::Reading { came, .. } => Some(came),
        _ => None,
    });
    let numbers = move || {
        let Step::Reading { came, at } = attach.step.get() else { return String::new() };
        let part = format!("{} of {}", bytes(came), bytes(size.get()));
        if count.get() > 1 {
            format!("File {} of {}, {part}", at.saturating_add(1), count.get())
        } else {
            part
        }
    };
    view! {
        <div class="enclosed-progress">
            <span class="hint" role="status">{stage}</span>
            <span class="hint" data-numbers="">{numbers}</span>
        </div>
        <Show when=move || came.get().is_some()>
            <progress max=move || size.get().to_string() value=move || came.get().unwrap_or_default().to_string() aria-label="How much of it is read" data-keeps-open=""></progress>
        </Show>
    }
}

/// What went wrong, and what can be done.
#[component]
fn Trouble(attach: Attach) -> impl IntoView {
    let fault = move || match attach.step.get() {
        Step::Failed(fault) => Some(fault),
        _ => None,
    };
    let words = move || fault().map(Fault::words);
    let has_file = move || attach.files.with_value(|files| !files.is_empty());
    let is_no_video =
        move || fault() == Some(Fault::NotDone(NotDone::Refused(Refusal::Video))) && has_file();
    let may_again = move || {
        let passes = matches!(fault(), Some(Fault::NotDone(_) | Fault::Unreadable));
        passes && !is_no_video() && has_file()
    };
    view! {
        <p class="fault" role="alert">{words}</p>
        <Show when=may_again>
            <div class="actions"><button class="button" type="button" on:click=move |_| attach.again()>"Try again"</button></div>
        </Show>
        <Show when=is_no_video>
            <div class="actions"><button class="button" type="button" on:click=move |_| attach.as_file()>"Attach it as a file"</button></div>
        </Show>
    }
}

/// The description of a video.
#[component]
fn Alt(attach: Attach) -> impl IntoView {
    let alt = attach.alt;
    let used = move || alt.with(|alt| alt.trim().len());
    let too_long = move || used() > ALT_BYTES;
    let count = move || match used() {
        used if used > ALT_BYTES => format!("{} too long", used - ALT_BYTES),
        used => format!("{used} of {ALT_BYTES}"),
    };
    view! {
        <label>
            <span class="label">"Describe it for people who cannot see it"</span>
            <textarea dir="auto" rows="2" aria-describedby="alt-video" aria-invalid=move || too_long().to_string() bind:value=alt></textarea>
            <span class="hint" id="alt-video" class:fault=too_long>{count}</span>
        </label>
    }
}
