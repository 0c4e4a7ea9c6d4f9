//! A moment at which the engine is to look again.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;

use crate::inbox::Inbox;

/// The longest delay that the browser's timer keeps; it takes a longer one for none at all.
const LONGEST: u32 = i32::MAX as u32;

/// One moment, which a later one replaces. Wakes the engine when it has come.
pub(crate) struct Alarm {
    inbox: Inbox,
    rang: Rc<Cell<bool>>,
    timer: Option<Timeout>,
}

impl Alarm {
    /// No moment yet.
    pub(crate) fn new(inbox: Inbox) -> Self {
        Self { inbox, rang: Rc::default(), timer: None }
    }

    /// Rings in so many milliseconds, and not at the moment that was set before. A delay of more
    /// than 24 days rings after 24 days.
    pub(crate) fn set(&mut self, milliseconds: u64) {
        let delay = u32::try_from(milliseconds).unwrap_or(LONGEST).min(LONGEST);
        let (rang, inbox) = (Rc::clone(&self.rang), self.inbox.clone());
        self.rang.set(false);
        self.timer = Some(Timeout::new(delay, move || {
            rang.set(true);
            inbox.wake();
        }));
    }

    /// Rings no more.
    pub(crate) fn clear(&mut self) {
        self.timer = None;
        self.rang.set(false);
    }

    /// Whether a moment is set that has not come.
    pub(crate) fn is_set(&self) -> bool {
        self.timer.is_some() && !self.rang.get()
    }

    /// Whether it rang since this was asked last.
    pub(crate) fn take(&mut self) -> bool {
        let rang = self.rang.take();
        if rang {
            self.timer = None;
        }
        rang
    }
}
