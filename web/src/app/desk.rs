//! What people have begun to write. It stays as it was left, whatever screen is shown, and is kept
//! on every change, so that neither a reload nor a crash nor another tab takes it.

use std::any::Any;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use effigy_proto::{Agreed, Command, Picture, registers};
use futures_util::future::select;
use futures_util::pin_mut;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::reactive::owner::WeakOwner;

use super::{Handle, task};

/// How long a pause in typing is, after which a sheet is written down.
const PAUSE: Duration = Duration::from_millis(400);
/// The same while the store takes nothing: each try stops and starts the engine.
const LONG_PAUSE: Duration = Duration::from_secs(30);
/// How long whoever loads the page again waits for drafts, in milliseconds: nobody is kept from a repair
/// by a store that does not answer.
const PATIENCE: u32 = 3_000;
/// How many sheets nobody looks at lie ready. Others are read from the store again.
const SPARE: usize = 16;

/// Something that is being written.
pub(crate) trait Sheet: Any {
    /// Whether there is anything on it that would be missed.
    fn holds(&self) -> bool;
    /// What the account's devices agree that this draft says.
    fn agreed(&self, _agreed: &Agreed) {}
    /// A picture that was kept was read.
    fn picture_came(&self, place: u8, picture: Option<Picture>);
    /// What the other devices are to be told of it, if that is something else than they know.
    fn shared(&self) -> Option<String> {
        None
    }
    /// The other devices were not told what [`shared`](Self::shared) gave last.
    fn not_shared(&self) {}
    /// What is to be kept, empty for nothing; `None` while it is being sent.
    fn written(&self) -> Option<String>;
}

/// All that is being written, by slot: `post`, `profile`, or the id of the entry that is answered.
#[derive(Clone, Copy)]
pub(crate) struct Desk(StoredValue<Inner, LocalStorage>);

struct Inner {
    /// What the account's devices agree that drafts say.
    agreed: BTreeMap<String, Agreed>,
    /// What the store holds of sheets that are not open.
    kept: BTreeMap<String, String>,
    open: BTreeMap<String, Open>,
    /// Counts the sheets that were taken up.
    count: u64,
    /// Whether the store took nothing when it was last told something.
    is_failing: bool,
    /// Sheets live as long as the app, not as long as a screen.
    root: WeakOwner,
}

struct Open {
    /// Owns the signals of the sheet.
    _owner: Owner,
    sheet: Rc<dyn Sheet>,
    /// When it was last taken up, by the desk's own count.
    taken_up: u64,
    timer: Option<TimeoutHandle>,
    /// What the store was told last; `None` when it may not have heard.
    told: Option<String>,
    /// How many forms show it.
    users: usize,
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            timer.clear();
        }
    }
}

impl Desk {
    pub(super) fn new() -> Self {
        let root = Owner::current().unwrap_or_default().downgrade();
        let (agreed, kept, open) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let inner = Inner { agreed, kept, open, count: 0, is_failing: false, root };
        Self(StoredValue::new_local(inner))
    }

    /// The sheet of a slot as it was left, or made of what was kept: for as long as the calling form
    /// lives.
    pub(crate) fn take_up<S: Sheet>(
        self,
        slot: &str,
        handle: Handle,
        make: impl FnOnce(&str) -> S,
    ) -> Rc<S> {
        let there = self.sheet(slot).and_then(|sheet| {
            let sheet: Rc<dyn Any> = sheet;
            sheet.downcast::<S>().ok()
        });
        let sheet = there.unwrap_or_else(|| self.make(slot, make));
        self.0.update_value(|desk| {
            desk.count = desk.count.saturating_add(1);
            if let Some(open) = desk.open.get_mut(slot) {
                open.users = open.users.saturating_add(1);
                open.taken_up = desk.count;
            }
        });
        let slot = slot.to_owned();
        on_cleanup(move || self.lay_down(&slot, handle));
        sheet
    }

    fn make<S: Sheet>(self, slot: &str, make: impl FnOnce(&str) -> S) -> Rc<S> {
        let (mut kept, mut root) = (String::new(), None);
        self.0.update_value(|desk| {
            kept = desk.kept.remove(slot).unwrap_or_default();
            root = desk.root.upgrade();
        });
        let owner = root.map_or_else(Owner::new, |root| root.with(Owner::new));
        let sheet = Rc::new(owner.with(|| untrack(|| make(&kept))));
        let open = Open {
            _owner: owner,
            sheet: Rc::<S>::clone(&sheet),
            taken_up: 0,
            timer: None,
            told: Some(kept),
            users: 0,
        };
        // What was there is dropped outside, because it may look at the desk.
        let mut before = None;
        self.0.update_value(|desk| before = desk.open.insert(slot.to_owned(), open));
        drop(before);
        let agreed = self.0.with_value(|desk| desk.agreed.get(slot).cloned());
        if let Some(agreed) = agreed {
            untrack(|| sheet.agreed(&agreed));
        }
        sheet
    }

    fn lay_down(self, slot: &str, handle: Handle) {
        self.save(slot, handle);
        let mut gone = Vec::new();
        self.0.try_update_value(|desk| {
            if let Some(open) = desk.open.get_mut(slot) {
                open.users = open.users.saturating_sub(1);
            }
            let mut idle: Vec<(bool, u64, String)> = desk
                .open
                .iter()
                .filter(|(_, open)| open.users == 0 && open.sheet.written().is_some())
                .map(|(slot, open)| (open.sheet.holds(), open.taken_up, slot.clone()))
                .collect();
            idle.sort_unstable();
            let surplus = idle.len().saturating_sub(SPARE);
            for (at, (holds, _, slot)) in idle.into_iter().enumerate() {
                if (!holds || at < surplus)
                    && let Some(mut open) = desk.open.remove(&slot)
                {
                    if let Some(told) = open.told.take().filter(|told| !told.is_empty()) {
                        desk.kept.insert(slot, told);
                    }
                    gone.push(open);
                }
            }
        });
        drop(gone);
    }

    /// Whether a form shows the sheet of this slot.
    pub(crate) fn is_shown(self, slot: &str) -> bool {
        let shown = |desk: &Inner| desk.open.get(slot).is_some_and(|open| open.users > 0);
        self.0.try_with_value(shown).unwrap_or_default()
    }

    /// Writes a sheet down whenever something changes of what `track` follows.
    pub(crate) fn save_changes(self, slot: &str, handle: Handle, track: impl Fn() + 'static) {
        let slot = slot.to_owned();
        Effect::new(move |before: Option<()>| {
            track();
            if before.is_some() {
                self.save_soon(&slot, handle);
            }
        });
    }

    /// Keeps a picture of a draft whenever it is another one.
    pub(crate) fn save_picture(
        self,
        slot: &'static str,
        place: u8,
        handle: Handle,
        picture: Signal<Option<Picture>>,
    ) {
        Effect::new(move |before: Option<bool>| {
            let picture = picture.get();
            let has_one = picture.is_some();
            // Where none was, none has to go.
            if has_one || before == Some(true) {
                let slot = slot.to_owned();
                // If the inbox is full, the picture outlives screens but no reload.
                let _ = handle.send(Command::SaveDraftPicture { picture, place, slot });
            }
            has_one
        });
    }

    /// Writes a sheet down after a pause in typing.
    pub(crate) fn save_soon(self, slot: &str, handle: Handle) {
        let name = slot.to_owned();
        let pause = if self.0.with_value(|desk| desk.is_failing) { LONG_PAUSE } else { PAUSE };
        let timer = set_timeout_with_handle(move || self.save(&name, handle), pause).ok();
        self.0.update_value(|desk| {
            if let Some(open) = desk.open.get_mut(slot)
                && let Some(before) = std::mem::replace(&mut open.timer, timer)
            {
                before.clear();
            }
        });
    }

    /// Writes a sheet down, if it changed.
    fn save(self, slot: &str, handle: Handle) {
        let Some(text) = self.sheet(slot).and_then(|sheet| sheet.written()) else { return };
        let known = self.0.try_with_value(|desk| {
            desk.open.get(slot).is_none_or(|open| open.told.as_ref() == Some(&text))
        });
        if known.unwrap_or(true) {
            return;
        }
        let command = Command::SaveDraft { slot: slot.to_owned(), text: text.clone() };
        // What is empty is no draft, for the others neither.
        let shared = self.sheet(slot).filter(|_| !text.is_empty());
        let told = handle.send(command).then_some(text);
        if let Some(value) = shared.and_then(|sheet| sheet.shared()) {
            let (name, slot) = (registers::draft(slot), slot.to_owned());
            task::run(async move {
                let command = |ticket| Command::SetRegister { name, ticket, time: None, value };
                if handle.request(command).await.is_err() {
                    self.not_shared(&slot, handle);
                }
            });
        }
        let is_failing = self.0.try_update_value(|desk| {
            if let Some(open) = desk.open.get_mut(slot) {
                open.told = told;
            }
            desk.is_failing
        });
        if is_failing == Some(true) {
            task::run(self.look_whether_kept(handle));
        }
    }

    /// The other devices were not told: what is kept here says so, or what they say would count for more.
    fn not_shared(self, slot: &str, handle: Handle) {
        let Some(sheet) = self.sheet(slot) else { return };
        sheet.not_shared();
        let Some(text) = untrack(|| sheet.written()).filter(|text| !text.is_empty()) else {
            return;
        };
        let save = Command::SaveDraft { slot: slot.to_owned(), text: text.clone() };
        let told = handle.send(save).then_some(text);
        self.0.try_update_value(|desk| {
            if let Some(open) = desk.open.get_mut(slot) {
                open.told = told;
            }
        });
    }

    async fn look_whether_kept(self, handle: Handle) {
        if handle.request(|ticket| Command::Settle { ticket }).await.is_ok() {
            self.0.try_update_value(|desk| desk.is_failing = false);
        }
    }

    /// Writes all down, and waits until it is durable.
    pub(crate) async fn save_all(self, handle: Handle) {
        let slots: Option<Vec<String>> =
            self.0.try_with_value(|desk| desk.open.keys().cloned().collect());
        for slot in slots.unwrap_or_default() {
            self.save(&slot, handle);
        }
        // When it cannot be kept, this has been said elsewhere.
        let _ = handle.request(|ticket| Command::Settle { ticket }).await;
    }

    /// Writes all down, as far as the store does it in time: before the page is loaded again.
    pub(crate) async fn save_in_time(self, handle: Handle) {
        let saved = self.save_all(handle);
        pin_mut!(saved);
        select(saved, TimeoutFuture::new(PATIENCE)).await;
    }

    /// What was on a sheet was sent, and its draft is gone.
    pub(crate) fn sent(self, slot: &str) {
        self.0.try_update_value(|desk| {
            if let Some(open) = desk.open.get_mut(slot) {
                open.told = Some(String::new());
            }
        });
    }

    /// A draft was read from the store.
    pub(super) fn kept(self, slot: String, text: String) {
        self.0.update_value(|desk| {
            if !desk.open.contains_key(&slot) {
                desk.kept.insert(slot, text);
            }
        });
    }

    /// Another device wrote on at a draft, or this one did.
    pub(super) fn agreed(self, slot: String, agreed: Agreed) {
        if let Some(sheet) = self.sheet(&slot) {
            untrack(|| sheet.agreed(&agreed));
        }
        self.0.update_value(|desk| {
            desk.agreed.insert(slot, agreed);
        });
    }

    /// A picture of a draft was read from the store.
    pub(super) fn picture_came(self, slot: &str, place: u8, picture: Option<Picture>) {
        if let Some(sheet) = self.sheet(slot) {
            sheet.picture_came(place, picture);
        }
    }

    /// What the store was told last may be lost.
    pub(super) fn doubt(self) {
        self.0.update_value(|desk| {
            desk.is_failing = true;
            desk.open.values_mut().for_each(|open| open.told = None);
        });
    }

    /// Forgets everything: it is about to be read anew.
    pub(super) fn clear(self) {
        let mut all = BTreeMap::new();
        self.0.update_value(|desk| {
            desk.agreed.clear();
            desk.kept.clear();
            all = std::mem::take(&mut desk.open);
        });
        drop(all);
    }

    fn sheet(self, slot: &str) -> Option<Rc<dyn Sheet>> {
        let find = |desk: &Inner| desk.open.get(slot).map(|open| Rc::clone(&open.sheet));
        self.0.try_with_value(find).flatten()
    }
}
