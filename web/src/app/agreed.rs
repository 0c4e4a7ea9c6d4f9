//! What the person's devices agree on, as screens see it: settings, how far was read, what each device
//! keeps. Drafts go to the desk.

use std::collections::BTreeMap;
use std::time::Duration;

use effigy_core::{Cid, Identity, Time};
use effigy_proto::{Agreed, Command, registers};
use leptos::ev;
use leptos::prelude::*;

use super::{Handle, Model, error, task};
use crate::browser::page;
use crate::browser::settings::{self, Theme};

/// How long a post has to be there to have been seen.
const SEEN: Duration = Duration::from_millis(800);

/// The registers that are known. Cheap to copy into closures.
#[derive(Clone, Copy)]
pub(crate) struct Agreement {
    all: RwSignal<BTreeMap<String, Agreed>>,
    colours: RwSignal<Theme>,
    letter_keys: RwSignal<bool>,
    /// The clock of the newest post that was seen at Home; `None` before any was.
    read: RwSignal<Option<u64>>,
}

impl Agreement {
    pub(super) fn new() -> Self {
        Self {
            all: RwSignal::new(BTreeMap::new()),
            colours: RwSignal::new(settings::theme()),
            letter_keys: RwSignal::new(settings::has_letter_keys()),
            read: RwSignal::new(None),
        }
    }

    /// Forgets what another account's devices agreed on.
    pub(super) fn clear(self) {
        self.all.update(BTreeMap::clear);
        self.read.set(None);
    }

    /// Takes in what a register holds.
    pub(super) fn came(self, agreed: Agreed) {
        self.hold(&agreed.name, &agreed.value);
        if agreed.name == registers::HOME {
            self.read.set(Some(agreed.time.0));
        }
        self.all.update(|all| {
            all.insert(agreed.name.clone(), agreed);
        });
    }

    /// A setting holds from now on. What is shown before the engine has begun is written down for the
    /// next start as well.
    fn hold(self, name: &str, value: &str) {
        match name {
            registers::COLOURS => {
                let theme = Theme::named(value);
                settings::choose_theme(theme);
                self.colours.set(theme);
            }
            registers::LETTER_KEYS => {
                let on = value != "off";
                settings::choose_letter_keys(on);
                self.letter_keys.set(on);
            }
            _ => (),
        }
    }

    pub(crate) fn colours(self) -> Signal<Theme> {
        self.colours.into()
    }

    pub(crate) fn letter_keys(self) -> Signal<bool> {
        self.letter_keys.into()
    }

    pub(crate) fn read(self) -> Signal<Option<u64>> {
        self.read.into()
    }

    /// Whether a device keeps what somebody posts.
    pub(crate) fn keeps(self, device: &Identity, synod: &Identity) -> bool {
        let name = registers::keeps(device, synod);
        self.all.with(|all| all.get(&name).is_none_or(|agreed| agreed.value != "no"))
    }
}

/// Has a register hold something on all devices, and says when that failed.
pub(crate) fn agree(model: Model, handle: Handle, name: impl Into<String>, value: &str) {
    let (name, value) = (name.into(), value.to_owned());
    // Here it is seen at once, whatever becomes of it.
    model.agreed().hold(&name, &value);
    task::run(async move {
        let command = |ticket| Command::SetRegister { name, ticket, time: None, value };
        if let Err(why) = handle.request(command).await {
            model.toasts().trouble(error::not_done(why));
        }
    });
}

/// Notes how far Home was read, once the newest post that is shown has been there for a moment: for as long
/// as the calling screen lives.
pub(crate) fn mark_read(model: Model, handle: Handle, newest: Memo<Option<Cid>>) {
    let mark = move || {
        let newest = newest.try_get_untracked().flatten().filter(|_| page::is_visible());
        let order = newest.and_then(|id| {
            model.with_view_once(|view| Some(view.post_by_id(&id)?.order)).flatten()
        });
        let read = model.agreed().read.get_untracked();
        // With posts of others left out, what is newest here is not what is newest.
        let is_narrow = model.is_narrow().get_untracked();
        if let Some((clock, _)) = order.filter(|(clock, _)| !is_narrow && read < Some(*clock)) {
            note_read(handle, clock);
        }
    };
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(before) = timer.try_update_value(Option::take).flatten() {
            before.clear();
        }
    };
    let mark_soon = move || {
        stop();
        timer.set_value(set_timeout_with_handle(mark, SEEN).ok());
    };
    Effect::new(move || {
        newest.track();
        mark_soon();
    });
    page::listen(ev::visibilitychange, move |_| mark_soon());
    on_cleanup(stop);
}

/// What is not noted now is noted next time.
fn note_read(handle: Handle, clock: u64) {
    let (name, time) = (registers::HOME.to_owned(), Some(Time(clock)));
    task::run(async move {
        let value = String::new();
        let _ = handle.request(|ticket| Command::SetRegister { name, ticket, time, value }).await;
    });
}
