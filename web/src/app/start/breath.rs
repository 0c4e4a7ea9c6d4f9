//! Turns for the page while much is done at once.

use gloo_timers::future::TimeoutFuture;

use crate::browser::{clock, page};

/// How many milliseconds of work go by before the page has a turn.
const BUDGET: u64 = 12;

/// When the page had its last turn.
pub(super) struct Breath(u64);

impl Breath {
    /// It has one now.
    pub(super) fn new() -> Self {
        Self(clock::now())
    }

    /// Gives it the next, when it is due.
    pub(super) async fn take(&mut self) {
        if clock::now().saturating_sub(self.0) < BUDGET {
            return;
        }
        // In the background a timer takes a second, and nobody is looking.
        if page::is_visible() {
            TimeoutFuture::new(0).await;
        }
        self.0 = clock::now();
    }
}
