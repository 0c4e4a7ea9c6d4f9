//! Videos, files and folders: how far each is, and the pieces of them that were asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use effigy_proto::{Command, Named, Transfer};
use futures_channel::oneshot;
use leptos::prelude::*;

use super::Handle;
use crate::browser::{clock, player};

/// Most contents of which it is remembered under which number they play.
const PLAYED: usize = 256;

/// When something is asked again for which the inbox had no room.
const LATER: Duration = Duration::from_millis(300);

/// What is known of long contents. Cheap to copy into closures.
#[derive(Clone, Copy)]
pub(crate) struct Long(StoredValue<Cache, LocalStorage>);

#[derive(Default)]
struct Cache {
    shown: BTreeMap<Named, Shown>,
    reads: BTreeMap<u64, oneshot::Sender<Option<Vec<u8>>>>,
    /// By the number in the address from which it plays.
    played: BTreeMap<u64, Named>,
    last: u64,
    handle: Option<Handle>,
    /// Answers the service worker, which answers the element that plays.
    answering: Option<player::Answering>,
}

struct Shown {
    state: ArcRwSignal<Option<Transfer>>,
    users: usize,
}

impl Long {
    pub(super) fn new() -> Self {
        // No number means anything else after a reload.
        Self(StoredValue::new_local(Cache { last: clock::now(), ..Cache::default() }))
    }

    /// Answers whatever plays, from now on.
    pub(super) fn serve(self, handle: Handle) {
        let answering = player::Answering::begin(move |number, from| async move {
            let named = self.0.try_with_value(|cache| cache.played.get(&number).copied());
            self.read(handle, named.flatten()?, from).await
        });
        self.0.update_value(|cache| {
            cache.answering = answering;
            cache.handle = Some(handle);
        });
    }

    /// How far content is, for as long as the calling element lives.
    pub(crate) fn show(self, named: Named, handle: Handle) -> ArcRwSignal<Option<Transfer>> {
        let state = self.0.try_update_value(|cache| {
            let shown = cache.shown.entry(named);
            let shown = shown.or_insert_with(|| Shown { state: ArcRwSignal::new(None), users: 0 });
            shown.users = shown.users.saturating_add(1);
            shown.state.clone()
        });
        self.watch(named, handle);
        on_cleanup(move || self.release(named));
        state.unwrap_or_else(|| ArcRwSignal::new(None))
    }

    /// Asks how far content is, as soon as the inbox has room: a folder has many files.
    fn watch(self, named: Named, handle: Handle) {
        if !handle.send(Command::WatchContent { content: named }) {
            let is_shown = move |cache: &Cache| cache.shown.contains_key(&named);
            let again = move || {
                if self.0.try_with_value(is_shown) == Some(true) {
                    self.watch(named, handle);
                }
            };
            set_timeout(again, LATER);
        }
    }

    fn release(self, named: Named) {
        self.0.try_update_value(|cache| {
            if let Some(shown) = cache.shown.get_mut(&named) {
                shown.users = shown.users.saturating_sub(1);
                if shown.users == 0 {
                    cache.shown.remove(&named);
                }
            }
        });
    }

    /// Takes in how far content is.
    pub(super) fn moved(self, transfer: Transfer) {
        let Transfer { cid, kind, size, .. } = transfer;
        let find = |cache: &Cache| {
            cache.shown.get(&Named { cid, size, kind }).map(|shown| shown.state.clone())
        };
        if let Some(state) = self.0.try_with_value(find).flatten() {
            state.set(Some(transfer));
        }
    }

    /// What a node was asked before its store failed, it has forgotten.
    pub(super) fn ask_again(self) {
        let shown = self.0.try_update_value(|cache| {
            cache.reads.clear();
            Some((cache.handle?, cache.shown.keys().copied().collect::<Vec<_>>()))
        });
        let Some((handle, shown)) = shown.flatten() else { return };
        shown.into_iter().for_each(|named| self.watch(named, handle));
    }

    /// The bytes of content from one on, as far as a piece goes, once they are here.
    pub(crate) async fn read(self, handle: Handle, content: Named, from: u64) -> Option<Vec<u8>> {
        let (answer, answered) = oneshot::channel();
        let number = self.0.try_update_value(|cache| {
            cache.last = cache.last.saturating_add(1);
            cache.reads.insert(cache.last, answer);
            cache.last
        })?;
        if !handle.send(Command::ReadContent { content, from, number }) {
            self.came(number, None);
        }
        answered.await.ok().flatten()
    }

    /// Takes what the engine read.
    pub(super) fn came(self, number: u64, bytes: Option<Vec<u8>>) {
        let waiting = self.0.try_update_value(|cache| cache.reads.remove(&number)).flatten();
        if let Some(waiting) = waiting {
            // The screen may be gone: then there is nobody to tell.
            waiting.send(bytes).unwrap_or_default();
        }
    }

    /// An address from which a video plays while it arrives. `None` where this browser cannot yet.
    pub(crate) fn play(self, named: Named) -> Option<String> {
        if !player::is_ready() {
            return None;
        }
        let number = self.0.try_update_value(|cache| {
            let known = cache.played.iter().find(|(_, played)| **played == named);
            if let Some((number, _)) = known {
                return *number;
            }
            cache.last = cache.last.saturating_add(1);
            cache.played.insert(cache.last, named);
            while cache.played.len() > PLAYED {
                cache.played.pop_first();
            }
            cache.last
        })?;
        Some(player::address(number, &named))
    }

    /// Nothing plays of it any more: whatever still asks gets nothing, and so fetches nothing.
    pub(crate) fn stop(self, named: Named) {
        self.0.try_update_value(|cache| cache.played.retain(|_, played| *played != named));
    }
}
