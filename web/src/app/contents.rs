//! Pictures that were read from the store, as addresses for image elements.
//!
//! An address is a `blob:` one and is given to `<img>` only, never opened as a page. Those that no
//! element shows any more are kept for a while, because people scroll back, and then released.

use std::collections::BTreeMap;

use effigy_core::Cid;
use effigy_core::payload::Content;
use effigy_proto::Command;
use leptos::prelude::*;

use super::Handle;
use crate::browser::object_url::ObjectUrl;

/// How many pictures that nobody looks at are kept ready.
const SPARE: usize = 96;

/// Where a picture is on its way to the screen.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Loaded {
    /// Nobody reachable has it.
    Missing,
    /// It can be shown from this address.
    Ready(String),
    /// It was asked for.
    #[default]
    Waiting,
}

struct Slot {
    state: ArcRwSignal<Loaded>,
    mime: &'static str,
    /// Revoked when dropped.
    url: Option<ObjectUrl>,
    /// How many elements show it.
    users: usize,
    /// When it was last let go, by the cache's own count.
    released: u64,
}

/// The pictures at hand.
#[derive(Clone, Copy)]
pub(crate) struct Contents(StoredValue<Cache, LocalStorage>);

#[derive(Default)]
struct Cache {
    slots: BTreeMap<Cid, Slot>,
    count: u64,
}

impl Contents {
    pub(super) fn new() -> Self {
        Self(StoredValue::new_local(Cache::default()))
    }

    /// The picture, for as long as the calling element lives; asked for if it is not at hand.
    pub(crate) fn show(self, content: &Content, handle: Handle) -> ArcRwSignal<Loaded> {
        let cid = content.cid;
        let state = self
            .0
            .try_update_value(|cache| {
                let slot = cache.slots.entry(cid).or_insert_with(|| Slot {
                    state: ArcRwSignal::new(Loaded::Waiting),
                    mime: content.image_type.mime(),
                    url: None,
                    users: 0,
                    released: 0,
                });
                slot.users = slot.users.saturating_add(1);
                slot.state.clone()
            })
            .unwrap_or_default();
        if !matches!(*state.read_untracked(), Loaded::Ready(_)) {
            self.ask(content, handle);
        }
        on_cleanup(move || self.release(cid));
        state
    }

    /// Asks for the picture (again).
    pub(crate) fn ask(self, content: &Content, handle: Handle) {
        let heard = handle.send(Command::LoadContent { cid: content.cid, size: content.size });
        self.set(content.cid, if heard { Loaded::Waiting } else { Loaded::Missing });
    }

    /// Takes what the engine read.
    pub(super) fn arrived(self, cid: Cid, bytes: Option<&[u8]>) {
        let Some(bytes) = bytes else {
            self.set(cid, Loaded::Missing);
            return;
        };
        let ready = self.0.try_update_value(|cache| {
            let slot = cache.slots.get_mut(&cid)?;
            if slot.url.is_none() {
                slot.url = ObjectUrl::new(bytes, slot.mime);
            }
            slot.url.as_ref().map(|url| Loaded::Ready(url.address().to_owned()))
        });
        if let Some(state) = ready.flatten() {
            self.set(cid, state);
        }
    }

    fn set(self, cid: Cid, state: Loaded) {
        let signal = self
            .0
            .try_with_value(|cache| cache.slots.get(&cid).map(|slot| slot.state.clone()))
            .flatten();
        if let Some(signal) = signal
            && *signal.read_untracked() != state
        {
            signal.set(state);
        }
    }

    fn release(self, cid: Cid) {
        self.0.try_update_value(|cache| {
            cache.count = cache.count.saturating_add(1);
            if let Some(slot) = cache.slots.get_mut(&cid) {
                slot.users = slot.users.saturating_sub(1);
                slot.released = cache.count;
            }
            let mut idle: Vec<(u64, Cid)> = cache
                .slots
                .iter()
                .filter(|(_, slot)| slot.users == 0)
                .map(|(cid, slot)| (slot.released, *cid))
                .collect();
            idle.sort_unstable();
            let surplus = idle.len().saturating_sub(SPARE);
            for (_, cid) in idle.into_iter().take(surplus) {
                cache.slots.remove(&cid);
            }
        });
    }
}
