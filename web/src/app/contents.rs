//! Pictures that were read from the store, as addresses for image elements.
//!
//! Nothing is shown that was not decoded in time: others made it, perhaps so that it cannot be.
//!
//! An address is a `blob:` one and is given to `<img>` only, never opened as a page. Those that no
//! element shows any more are kept for a while, because people scroll back, and then released.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use effigy_core::payload::Content;
use effigy_core::{Cid, image};
use effigy_proto::{Command, Transfer};
use leptos::prelude::*;

use super::{Handle, task};
use crate::browser::object_url::ObjectUrl;
use crate::browser::picture::{self, Decoded};

/// How many pictures that nobody looks at are kept ready.
const SPARE: usize = 96;
/// How many pictures are decoded at a time: one that takes long holds up a few others at most.
const DECODERS: usize = 3;
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
    /// Its bytes are here, and are being decoded.
    Here,
    /// Nobody reachable has it.
    Missing,
    /// It can be shown from this address.
    Ready(String),
    /// It cannot be decoded, or not in time.
    Unfit,
    /// It was asked for, and nobody has answered yet.
    #[default]
    Waiting,
}

/// A picture as an entry says it is: its name, its bytes, its sides, its kind. Whoever says something
/// wrong of a picture hides nobody's.
type Key = (Cid, u64, u32, u32, &'static str);

struct Slot {
    content: Content,
    /// Keeps what was decoded at hand.
    decoded: Option<Decoded>,
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
    count: u64,
    /// How many are being decoded.
    decoding: usize,
    /// Whether no picture is shown at all.
    is_stopped: bool,
    slots: BTreeMap<Key, Slot>,
    /// Those that wait to be decoded. No more than there are slots.
    undecoded: VecDeque<Key>,
}

impl Contents {
    pub(super) fn new() -> Self {
        Self(StoredValue::new_local(Cache::default()))
    }

    /// The picture, for as long as the calling element lives; asked for if it is not at hand.
    pub(crate) fn show(self, content: &Content, handle: Handle) -> ArcRwSignal<Loaded> {
        let key = key(content);
        let state = self
            .0
            .try_update_value(|cache| {
                let slot = cache.slots.entry(key).or_insert_with(|| Slot {
                    content: content.clone(),
                    decoded: None,
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
        // What took too long is not tried again for everybody who shows it.
        if !matches!(*state.read_untracked(), Loaded::Here | Loaded::Ready(_) | Loaded::Unfit) {
            self.ask(content, handle);
        }
        on_cleanup(move || self.release(key));
        state
    }

    /// Shows no pictures any more, or again.
    pub(super) fn stop(self, is_stopped: bool) {
        self.0.update_value(|cache| cache.is_stopped = is_stopped);
    }

    /// Asks for the picture (again).
    pub(crate) fn ask(self, content: &Content, handle: Handle) {
        if self.0.try_with_value(|cache| cache.is_stopped).unwrap_or(true) {
            return;
        }
        let heard = handle.send(Command::LoadContent { cid: content.cid, size: content.size });
        self.set(key(content), if heard { Loaded::Waiting } else { Loaded::Missing });
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
        let Transfer { cid, here, size, sources, .. } = transfer;
        let keys = self.keys(cid, size);
        if sources > 0 {
            let hundredths = here.saturating_mul(100).checked_div(size).unwrap_or_default();
            keys.iter().for_each(|key| self.set(*key, Loaded::Arriving { hundredths }));
            return;
        }
        keys.iter().for_each(|key| self.set(*key, Loaded::Waiting));
        let is_waiting = move |key: &&Key| {
            self.state(**key).is_some_and(|state| *state.read_untracked() == Loaded::Waiting)
        };
        let give_up = move || {
            keys.iter().filter(is_waiting).for_each(|key| self.set(*key, Loaded::Missing));
        };
        set_timeout(give_up, PATIENCE);
    }

    /// Takes what the engine read, of a picture of this name and so many bytes.
    pub(super) fn arrived(self, (cid, size): (Cid, u64), bytes: Option<&[u8]>) {
        for key in self.keys(cid, size) {
            match bytes {
                Some(bytes) => self.take(key, bytes),
                None => self.set(key, Loaded::Missing),
            }
        }
    }

    fn take(self, key: Key, bytes: &[u8]) {
        let begin = self.0.try_update_value(|cache| {
            let slot = cache.slots.get_mut(&key)?;
            if slot.url.is_some() {
                // It came before.
                let address = slot.url.as_ref().map(|url| url.address().to_owned());
                return address.filter(|_| slot.decoded.is_some()).map(Begin::Shown);
            }
            if !is_as_announced(bytes, &slot.content) {
                return Some(Begin::Never);
            }
            slot.url = ObjectUrl::new(bytes, slot.content.image_type.mime());
            slot.url.as_ref()?;
            cache.undecoded.push_back(key);
            if cache.decoding >= DECODERS {
                return Some(Begin::Later);
            }
            cache.decoding = cache.decoding.saturating_add(1);
            Some(Begin::Now)
        });
        match begin.flatten() {
            None => (),
            Some(Begin::Shown(address)) => self.set(key, Loaded::Ready(address)),
            Some(Begin::Never) => self.set(key, Loaded::Unfit),
            Some(Begin::Later) => self.set(key, Loaded::Here),
            Some(Begin::Now) => {
                self.set(key, Loaded::Here);
                task::run(self.decode_all());
            }
        }
    }

    /// Decodes one after the other, until none waits.
    async fn decode_all(self) {
        while let Some((key, address)) = self.next_undecoded() {
            let decoded = picture::decoded(&address).await;
            let state = if decoded.is_some() { Loaded::Ready(address) } else { Loaded::Unfit };
            let kept = self.0.try_update_value(|cache| {
                let slot = cache.slots.get_mut(&key)?;
                if decoded.is_none() {
                    slot.url = None;
                }
                slot.decoded = decoded;
                Some(())
            });
            if kept.flatten().is_some() {
                self.set(key, state);
            }
        }
    }

    /// The next picture that waits, with its address. Without one there is a decoder less.
    fn next_undecoded(self) -> Option<(Key, String)> {
        let next = self.0.try_update_value(|cache| {
            while let Some(key) = cache.undecoded.pop_front() {
                let url = cache.slots.get(&key).and_then(|slot| slot.url.as_ref());
                if let Some(url) = url {
                    return Some((key, url.address().to_owned()));
                }
            }
            cache.decoding = cache.decoding.saturating_sub(1);
            None
        });
        next.flatten()
    }

    /// All that entries say of pictures of this name with so many bytes.
    fn keys(self, cid: Cid, size: u64) -> Vec<Key> {
        let all = (cid, size, 0, 0, "")..=(cid, size, u32::MAX, u32::MAX, "~");
        let find = |cache: &Cache| cache.slots.range(all).map(|(key, _)| *key).collect();
        self.0.try_with_value(find).unwrap_or_default()
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

/// The key of a picture as an entry says it is.
const fn key(content: &Content) -> Key {
    let Content { cid, height, image_type, size, width } = content;
    (*cid, *size, *width, *height, image_type.mime())
}

/// Whether a picture is of the kind and has the sides that its entry says: one that is said to be small
/// must not be found to be large when it is decoded.
fn is_as_announced(bytes: &[u8], content: &Content) -> bool {
    image::inspect(bytes).is_ok_and(|facts| {
        facts.kind.mime() == content.image_type.mime()
            && (facts.width, facts.height) == (content.width, content.height)
    })
}

/// What happens to a picture whose bytes came.
enum Begin {
    /// Somebody decodes it when its turn comes.
    Later,
    /// It is not what it was said to be.
    Never,
    /// A decoder has to begin.
    Now,
    /// It was decoded before, and has this address.
    Shown(String),
}
