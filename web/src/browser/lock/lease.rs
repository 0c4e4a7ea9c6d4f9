//! A lock for browsers that have none: a record in `localStorage` with a name and an end, which its
//! holder keeps putting off.
//!
//! Weaker than a real lock: a tab that stands still for longer than [`VALID`] loses the lease and
//! learns of it only when it moves again. It learns of it before anything else, though, since the
//! browser tells every other tab of a change.

use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;

use effigy_net_web::{now, random};
use effigy_worker::Listener;
use futures_channel::oneshot;
use gloo_timers::callback::Interval;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::window;
use wasm_bindgen::JsCast;
use web_sys::{Storage, StorageEvent};

use super::How;
use crate::browser::accounts;

/// The name of the record; each account has one.
const NAME: &str = "effigy.lease";
/// How often the end is put off, in milliseconds.
const BEAT: u32 = 1_000;
/// How long a lease lasts, in milliseconds. Tabs in the background may run only once a second.
const VALID: u64 = 5_000;
/// After how many milliseconds it is certain whose record stayed, when two tabs wrote at once.
const SETTLE: u32 = 100;

/// Tells that the lease is gone, once.
type Alarm = Rc<RefCell<Option<oneshot::Sender<()>>>>;

/// A lease. Given back when dropped.
pub(crate) struct Lease {
    _beat: Interval,
    id: String,
    _listeners: [Listener; 2],
    lost: oneshot::Receiver<()>,
}

/// Whether this browser has a place for leases.
pub(super) fn is_possible() -> bool {
    storage().is_some_and(|storage| storage.get_item(&accounts::name(NAME)).is_ok())
}

/// Takes the lease. See [`Locks::take`](super::Locks::take).
pub(super) async fn take(how: How) -> Option<Lease> {
    let id: String = random::<8>().ok()?.iter().map(|byte| format!("{byte:02x}")).collect();
    loop {
        if how == How::ByForce || holder().is_none() {
            write(&id);
            TimeoutFuture::new(SETTLE).await;
            if holder().as_deref() == Some(id.as_str()) {
                return Some(Lease::begin(id));
            }
        }
        if how == How::IfFree {
            return None;
        }
        TimeoutFuture::new(BEAT).await;
    }
}

impl Lease {
    fn begin(id: String) -> Self {
        let (alarm, lost) = oneshot::channel();
        let alarm: Alarm = Rc::new(RefCell::new(Some(alarm)));
        let ring = |alarm: &Alarm| {
            alarm.borrow_mut().take().map_or((), |alarm| {
                // Nobody listens when the lease is being given back.
                alarm.send(()).unwrap_or_default();
            })
        };
        let beat = {
            let (id, alarm) = (id.clone(), Rc::clone(&alarm));
            // One's own record that has run out can be renewed: whoever had taken the lease would have
            // written over it. One that is gone was perhaps taken and given back meanwhile.
            Interval::new(BEAT, move || match record() {
                Some((own, _)) if own == id => write(&id),
                _ => ring(&alarm),
            })
        };
        let on_change = {
            let id = id.clone();
            Listener::new(&window(), "storage", move |event| {
                let Ok(event) = event.dyn_into::<StorageEvent>() else { return };
                let written = event.new_value().unwrap_or_default();
                let is_foreign = !written.starts_with(&id);
                if event.key() == Some(accounts::name(NAME)) && is_foreign {
                    ring(&alarm);
                }
            })
        };
        // A page that is left has no other chance to give anything back.
        let on_leave = {
            let id = id.clone();
            Listener::new(&window(), "pagehide", move |_| give_back(&id))
        };
        Self { _beat: beat, id, _listeners: [on_change, on_leave], lost }
    }

    /// Ends when another tab took the lease.
    pub(super) async fn lost(&mut self) {
        if (&mut self.lost).await.is_err() {
            pending().await
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        give_back(&self.id);
    }
}

/// Removes the record, if it is still the one of this lease.
fn give_back(id: &str) {
    if holder().as_deref() == Some(id)
        && let Some(storage) = storage()
    {
        // What cannot be removed runs out.
        storage.remove_item(&accounts::name(NAME)).unwrap_or_default();
    }
}

/// Who has the lease now.
fn holder() -> Option<String> {
    let (id, end) = record()?;
    let now = now().0;
    // A record that ends later than any can was written under another clock.
    (now < end && end <= now.saturating_add(VALID)).then_some(id)
}

/// Who wrote last, and until when it was to last.
fn record() -> Option<(String, u64)> {
    let record = storage()?.get_item(&accounts::name(NAME)).ok()??;
    let (id, end) = record.split_once(' ')?;
    Some((id.to_owned(), end.parse().ok()?))
}

fn write(id: &str) {
    let end = now().0.saturating_add(VALID);
    if let Some(storage) = storage() {
        // A lease that was not written is noticed when it is looked for.
        storage.set_item(&accounts::name(NAME), &format!("{id} {end}")).unwrap_or_default();
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}
