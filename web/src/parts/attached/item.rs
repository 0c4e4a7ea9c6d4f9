//! Long content on its way to this device and out of it: progress, pause, cancel, save.

use effigy_proto::{Command, Named, Transfer, TransferState};
use leptos::prelude::*;

use crate::app::{Handle, Model, task};
use crate::browser::save::Gathered;
use crate::parts::{ADDRESS_LIVES, Glyph, Icon, bytes};

/// Content that is shown, how far it is, and what can be asked of it. Cheap to copy into closures.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    handle: Handle,
    model: Model,
    pub(super) named: Named,
    /// Whether there was no room for it when it was asked for.
    no_room: RwSignal<bool>,
    /// The address from which it plays.
    pub(super) playing: RwSignal<Option<String>>,
    /// How many hundredths have been read out of the store, while it is being saved.
    saving: RwSignal<Option<u64>>,
    pub(super) transfer: Signal<Option<Transfer>>,
}

impl Shown {
    /// For as long as the calling element lives.
    pub(super) fn of(named: Named) -> Self {
        let model = expect_context::<Model>();
        let handle = expect_context::<Handle>();
        let transfer = RwSignal::from(model.long().show(named, handle)).into();
        let (no_room, playing) = (RwSignal::new(false), RwSignal::new(None));
        Self { handle, model, named, no_room, playing, saving: RwSignal::new(None), transfer }
    }

    fn state(self) -> Option<TransferState> {
        self.transfer.with(|transfer| transfer.map(|transfer| transfer.state))
    }

    fn here(self) -> u64 {
        self.transfer.with(|transfer| transfer.map_or(0, |transfer| transfer.here))
    }

    fn is_arriving(self) -> bool {
        self.state() == Some(TransferState::Arriving)
    }

    fn is_part(self) -> bool {
        let here = self.here();
        here > 0 && here < self.named.size && self.state() != Some(TransferState::Whole)
    }

    /// Whether it waits for somebody to ask for it, because bytes cost money.
    fn is_spared(self) -> bool {
        self.model.costs().is_metered() && self.state() == Some(TransferState::Paused)
    }

    /// Does something that fetches it, if there is room for it.
    fn with_room(self, then: impl FnOnce() + 'static) {
        let missing = self.named.size.saturating_sub(untrack(|| self.here()));
        task::run(async move {
            let has_room = self.model.costs().has_room(self.handle, missing).await;
            self.no_room.try_set(!has_room);
            if has_room {
                then();
            }
        });
    }

    fn fetch(self) {
        // A full inbox passes over what can be asked for again.
        self.with_room(move || {
            self.handle.send(Command::FetchContent { content: self.named });
        });
    }

    /// What plays would fetch on, so it ends.
    fn pause(self) {
        self.stop_playing();
        self.handle.send(Command::PauseContent { content: self.named });
    }

    fn cancel(self) {
        self.stop_playing();
        self.handle.send(Command::CancelContent { content: self.named });
    }

    fn stop_playing(self) {
        self.playing.set(None);
        self.model.long().stop(self.named);
    }

    /// Plays it, from wherever its pieces are.
    pub(super) fn play(self) {
        match self.model.long().play(self.named) {
            Some(address) => self.with_room(move || {
                self.playing.try_set(Some(address));
            }),
            None => self.note("Videos play once this page was loaded again."),
        }
    }

    /// The player gave up.
    pub(super) fn gave_up(self) {
        if untrack(|| self.playing.with(Option::is_some)) {
            self.stop_playing();
            self.note(
                "The video stopped: nobody who is connected has the next part of it, or this browser cannot play it. What is here stays.",
            );
        }
    }

    fn note(self, words: &'static str) {
        self.model.toasts().note(words);
    }

    /// Saves it under a name; of the way in a folder the last step.
    fn save(self, name: &str) {
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        self.saving.set(Some(0));
        task::run(async move {
            if self.gather(&name).await == Some(false) {
                self.model.toasts().trouble(
                    "It could not be saved: the browser had no room for a copy, or a part of it is damaged here. What is on this device stays.",
                );
            }
            self.saving.try_set(None);
        });
    }

    /// Reads all of it and hands it to the browser. Tells whether that took it; `None` when nobody waits for
    /// it any more.
    async fn gather(self, name: &str) -> Option<bool> {
        let gathered = Gathered::new();
        let mut from = 0_u64;
        while from < self.named.size {
            // Cancelled, or the screen is gone.
            self.saving.try_get_untracked()??;
            let piece = self.model.long().read(self.handle, self.named, from).await;
            let Some(piece) = piece.filter(|piece| !piece.is_empty()) else { return Some(false) };
            if !gathered.add(&piece) {
                return Some(false);
            }
            from = from.saturating_add(piece.len() as u64);
            let hundredths = from.saturating_mul(100).checked_div(self.named.size);
            self.saving.try_set(hundredths);
        }
        let Some(address) = gathered.save(name) else { return Some(false) };
        set_timeout(move || drop(address), ADDRESS_LIVES);
        Some(true)
    }
}

/// How far something is, in words.
fn words(transfer: Option<&Transfer>, size: u64) -> String {
    let Some(Transfer { here, sources, state, .. }) = transfer else { return bytes(size) };
    let part = || format!("{} of {}", bytes(*here), bytes(size));
    match state {
        TransferState::Whole => format!("{}, on this device", bytes(size)),
        TransferState::Refused => {
            "This is not what it was said to be, so it is not kept.".to_owned()
        }
        TransferState::Paused if *here == 0 => bytes(size),
        TransferState::Paused => format!("{}, paused", part()),
        TransferState::Arriving if *here == size => format!("{}, being looked through", part()),
        TransferState::Arriving if *sources == 0 => {
            format!("{}, waiting: nobody who is connected has more of it", part())
        }
        TransferState::Arriving if *sources == 1 => format!("{}, from 1 device", part()),
        TransferState::Arriving => format!("{}, from {sources} devices", part()),
    }
}

/// A file.
#[component]
pub(super) fn FileItem(named: Named, name: String) -> impl IntoView {
    let shown = Shown::of(named);
    let title = name.clone();
    view! {
        <li class="attached-item" data-content=named.cid.to_string()>
            <p class="attached-head">
                <Glyph icon=Icon::File/>
                <span class="row-words">
                    <span class="row-title"><bdi>{title}</bdi></span>
                    <Told shown before=String::new()/>
                </span>
            </p>
            <Bar shown/>
            <Actions shown name/>
        </li>
    }
}

/// How far it is.
#[component]
pub(super) fn Told(
    shown: Shown,
    /// What is said before that.
    before: String,
) -> impl IntoView {
    let size = shown.named.size;
    let told = move || shown.transfer.with(|transfer| words(transfer.as_ref(), size));
    view! { <span class="row-note" data-told="">{before}{told}</span> }
}

/// The same as a bar.
#[component]
pub(super) fn Bar(shown: Shown) -> impl IntoView {
    let size = shown.named.size;
    view! {
        <Show when=move || shown.is_part() || shown.is_arriving()>
            <progress max=size.to_string() value=move || shown.here().to_string() aria-label="How much of it is here"></progress>
        </Show>
        <Show when=move || shown.is_spared()>
            <p class="hint" data-notice="spared">"You pay for what you load on this connection, so this comes only when you ask for it."</p>
        </Show>
        <Show when=move || shown.no_room.get()>
            <p class="fault" role="alert">
                "There is not enough room for it on this device, so nothing was loaded. "<a href="#/you/storage">"Free some space"</a>", then try again."
            </p>
        </Show>
    }
}

/// What can be done with it. Each is named with what it is done to.
#[component]
pub(super) fn Actions(shown: Shown, name: String) -> impl IntoView {
    let name = StoredValue::new(name);
    let label = move |verb: &str| format!("{verb} {}", name.get_value());
    let is_whole = move || shown.state() == Some(TransferState::Whole);
    let is_paused = move || shown.state() == Some(TransferState::Paused);
    let get = move || if shown.is_part() { "Go on" } else { "Load" };
    let saved = move || shown.saving.get();
    view! {
        <div class="actions">
            <Show when=is_paused><button class="button" type="button" aria-label=move || label(get()) on:click=move |_| shown.fetch()>{get}</button></Show>
            <Show when=move || shown.is_arriving()><button class="button" type="button" aria-label=label("Pause") on:click=move |_| shown.pause()>"Pause"</button></Show>
            <Show when=move || shown.is_part() || shown.is_arriving()><button class="quiet" type="button" aria-label=label("Cancel") on:click=move |_| shown.cancel()>"Cancel"</button></Show>
            <Show when=move || is_whole() && saved().is_none()><button class="button" type="button" aria-label=label("Save") on:click=move |_| name.with_value(|name| shown.save(name))>"Save"</button></Show>
            <Show when=move || saved().is_some()>
                <span class="hint" role="status">"Saving…"</span>
                <progress max="100" value=move || saved().unwrap_or_default().to_string() aria-label="How much of it is saved"></progress>
                <button class="quiet" type="button" aria-label=label("Stop saving") on:click=move |_| shown.saving.set(None)>"Stop"</button>
            </Show>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use effigy_core::Cid;
    use effigy_proto::ContentKind;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn what_is_half_here_is_never_said_to_be_here() {
        let told = |here, sources, state| {
            let (cid, kind, size) = (Cid::of(b""), ContentKind::File, 2_000);
            words(Some(&Transfer { cid, here, kind, size, sources, state }), size)
        };
        assert_eq!(told(2_000, 0, TransferState::Whole), "2.0 kB, on this device");
        assert_eq!(told(1_000, 2, TransferState::Arriving), "1.0 kB of 2.0 kB, from 2 devices");
        assert_eq!(told(1_000, 1, TransferState::Paused), "1.0 kB of 2.0 kB, paused");
        assert_eq!(
            told(2_000, 1, TransferState::Arriving),
            "2.0 kB of 2.0 kB, being looked through"
        );
    }
}
