//! What sharing costs this device: told to the node, and to screens.

use effigy_proto::{Command, Conditions};
use effigy_worker::Listener;
use leptos::prelude::*;

use super::{Handle, task};
use crate::browser::room;
use crate::browser::surroundings::Surroundings;

/// What stays free on the device, as the node has it: what is fetched must not take it.
const SPARE: u64 = 16 * 1024 * 1024;

/// What the device was last told of its surroundings. Cheap to copy into closures.
#[derive(Clone, Copy)]
pub(crate) struct Costs {
    inner: StoredValue<Inner, LocalStorage>,
    metered: RwSignal<bool>,
}

#[derive(Default)]
struct Inner {
    handle: Option<Handle>,
    surroundings: Option<Surroundings>,
    /// They listen for as long as they live.
    listeners: Vec<Listener>,
}

impl Costs {
    pub(super) fn new() -> Self {
        let inner = StoredValue::new_local(Inner::default());
        Self { inner, metered: RwSignal::new(false) }
    }

    /// Tells the node from now on, whenever something changes.
    pub(super) fn serve(self, handle: Handle) {
        self.inner.update_value(|inner| inner.handle = Some(handle));
        task::run(async move {
            let surroundings = Surroundings::find().await;
            let listeners = surroundings.on_change(move || self.tell_again());
            self.inner.try_update_value(|inner| {
                inner.surroundings = Some(surroundings);
                inner.listeners = listeners;
            });
            self.tell(handle).await;
        });
    }

    /// What a node was told before it began, or began again, it does not know.
    pub(super) fn tell_again(self) {
        if let Some(handle) = self.inner.try_with_value(|inner| inner.handle).flatten() {
            task::run(async move {
                self.tell(handle).await;
            });
        }
    }

    /// Tells the node how things are now. Gives how many bytes are free, where the browser says.
    pub(crate) async fn tell(self, handle: Handle) -> Option<u64> {
        let free = room::estimate().await.map(|room| room.free);
        let look = |inner: &Inner| {
            let surroundings = inner.surroundings.as_ref()?;
            Some((surroundings.is_metered(), surroundings.is_battery_low()))
        };
        let found = self.inner.try_with_value(look).flatten();
        let (metered, low_battery) = found.unwrap_or_default();
        if self.metered.try_get_untracked() == Some(!metered) {
            self.metered.try_set(metered);
        }
        handle.send(Command::Conditions(Conditions { free, low_battery, metered }));
        free
    }

    /// Whether there is room for so many bytes more.
    pub(crate) async fn has_room(self, handle: Handle, bytes: u64) -> bool {
        let free = self.tell(handle).await;
        free.is_none_or(|free| free.saturating_sub(SPARE) >= bytes)
    }

    /// Whether bytes cost money here.
    pub(crate) fn is_metered(self) -> bool {
        self.metered.get()
    }
}
