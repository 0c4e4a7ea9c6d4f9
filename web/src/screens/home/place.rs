//! Where somebody is in the timeline, so that they find it again when they come back.

use effigy_feed::Order;
use leptos::prelude::*;

/// How many posts are drawn at first, and how many more each time.
pub(super) const PAGE: usize = 40;

/// What of the timeline is drawn. Outlives the screen.
#[derive(Clone, Copy)]
pub(crate) struct TimelinePlace {
    /// How many posts.
    pub(super) limit: RwSignal<usize>,
    /// While somebody reads further down: the newest post that they have seen.
    pub(super) line: RwSignal<Option<Order>>,
}

impl TimelinePlace {
    /// At the top.
    pub(crate) fn new() -> Self {
        Self { limit: RwSignal::new(PAGE), line: RwSignal::new(None) }
    }

    /// Goes back to the top.
    pub(super) fn reset(self) {
        self.limit.set(PAGE);
        self.line.set(None);
    }
}
