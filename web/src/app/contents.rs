//! Pictures that were read from the store, as addresses for image elements.
//!
//! An address is a `blob:` one and is given to `<img>` only, never opened as a page. Those that no
//! element shows any more are kept for a while, because people scroll back, and then released.

use std::collections::BTreeMap;
use std::time::Duration;

use effigy_core::Cid;
use effigy_core::payload::Content;
use effigy_proto::{Command, Transfer};
use leptos::prelude::*;

use super::Handle;
use crate::browser::object_url::ObjectUrl;

/// How many pictures that nobody looks at are kept ready.
const SPARE: usize = 96;
/// How long those who are connected may take to say that they have a picture.
const PATIENCE: Duration = Duration::from_secs(4);

/// Where a picture is on its way to the screen.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Loaded {
    /// It is on its way.
    Arriving {
        /// How much of it is here, in hundredths.
        hundredths: u64,
    },
    /// Nobody reachable has it.
    Missing,
    /// It can be shown from this address.
    Ready(String),
    /// It was asked for, and nobody has answered yet.
    #[default]
    Waiting,
}

/// A name, and the size that an entry says it has: whoever says a wrong one hides nobody's picture.
type Key = (Cid, u64);

struct Slot {
    content: Content,
    handle: Handle,
    state: ArcRwSignal<Loaded>,
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
    slots: BTreeMap<Key, Slot>,
    count: u64,
}

impl Contents {
    pub(super) fn new() -> Self {
        Self(StoredValue::new_local(Cache::default()))
    }

    /// The picture, for as long as the calling element lives; asked for if it is not at hand.
    pub(crate) fn show(self, content: &Content, handle: Handle) -> ArcRwSignal<Loaded> {
        let key = (content.cid, content.size);
        let state = self
            .0
            .try_update_value(|cache| {
                let slot = cache.slots.entry(key).or_insert_with(|| Slot {
                    content: content.clone(),
                    handle,
                    state: ArcRwSignal::new(Loaded::Waiting),
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
        on_cleanup(move || self.release(key));
        state
    }

    /// Asks for the picture (again).
    pub(crate) fn ask(self, content: &Content, handle: Handle) {
        let heard = handle.send(Command::LoadContent { cid: content.cid, size: content.size });
        self.set(
            (content.cid, content.size),
            if heard { Loaded::Waiting } else { Loaded::Missing },
        );
    }

    /// Asks again for all that somebody looks at and that is not at hand.
    pub(super) fn ask_again(self) {
        let open = |slot: &&Slot| slot.users > 0 && slot.url.is_none();
        let wanted: Vec<(Content, Handle)> = self.0.with_value(|cache| {
            let slots = cache.slots.values().filter(open);
            slots.map(|slot| (slot.content.clone(), slot.handle)).collect()
        });
        wanted.into_iter().for_each(|(content, handle)| self.ask(&content, handle));
    }

    /// Takes in how far a picture is.
    pub(super) fn moved(self, transfer: Transfer) {
        let Transfer { cid, here, size, sources } = transfer;
        let key = (cid, size);
        if sources > 0 {
            let hundredths = here.saturating_mul(100).checked_div(size).unwrap_or_default();
            self.set(key, Loaded::Arriving { hundredths });
            return;
        }
        self.set(key, Loaded::Waiting);
        let give_up = move || {
            if self.state(key).is_some_and(|state| *state.read_untracked() == Loaded::Waiting) {
                self.set(key, Loaded::Missing);
            }
        };
        set_timeout(give_up, PATIENCE);
    }

    /// Takes what the engine read.
    pub(super) fn arrived(self, key: Key, bytes: Option<&[u8]>) {
        let Some(bytes) = bytes else {
            self.set(key, Loaded::Missing);
            return;
        };
        let ready = self.0.try_update_value(|cache| {
            let slot = cache.slots.get_mut(&key)?;
            if slot.url.is_none() {
                slot.url = ObjectUrl::new(bytes, slot.content.image_type.mime());
            }
            slot.url.as_ref().map(|url| Loaded::Ready(url.address().to_owned()))
        });
        if let Some(state) = ready.flatten() {
            self.set(key, state);
        }
    }

    fn state(self, key: Key) -> Option<ArcRwSignal<Loaded>> {
        let find = |cache: &Cache| cache.slots.get(&key).map(|slot| slot.state.clone());
        self.0.try_with_value(find).flatten()
    }

    fn set(self, key: Key, state: Loaded) {
        if let Some(signal) = self.state(key)
            && *signal.read_untracked() != state
        {
            signal.set(state);
        }
    }

    fn release(self, key: Key) {
        self.0.try_update_value(|cache| {
            cache.count = cache.count.saturating_add(1);
            if let Some(slot) = cache.slots.get_mut(&key) {
                slot.users = slot.users.saturating_sub(1);
                slot.released = cache.count;
            }
            let mut idle: Vec<(u64, Key)> = cache
                .slots
                .iter()
                .filter(|(_, slot)| slot.users == 0)
                .map(|(key, slot)| (slot.released, *key))
                .collect();
            idle.sort_unstable();
            let surplus = idle.len().saturating_sub(SPARE);
            for (_, key) in idle.into_iter().take(surplus) {
                cache.slots.remove(&key);
            }
        });
    }
}
