//! Going from place to place: one place at a time is shown, focus and scroll position follow.

use std::collections::BTreeMap;

use leptos::ev;
use leptos::prelude::*;

use super::route::Route;
use crate::browser::page;

/// Knows where the person is.
#[derive(Clone, Copy)]
pub(crate) struct Router {
    /// How far down the place is to which the person has come.
    position: StoredValue<f64>,
    route: RwSignal<Route>,
    steps: StoredValue<Steps>,
}

/// How far down each step of the history was left.
#[derive(Default)]
struct Steps {
    positions: BTreeMap<u64, f64>,
    current: u64,
    last: u64,
}

impl Router {
    /// Begins where the address says, and follows it.
    pub(super) fn follow() -> Self {
        let router = Self {
            position: StoredValue::new(0.0),
            route: RwSignal::new(Route::parse(&page::hash())),
            steps: StoredValue::new(Steps::default()),
        };
        page::take_over_scrolling();
        router.note_step();
        page::listen(ev::hashchange, move |_| router.moved());
        router
    }

    /// Where the person is.
    pub(crate) fn route(self) -> Signal<Route> {
        self.route.into()
    }

    /// How far down somebody was who has come back to this place; 0 for one who is new here.
    pub(crate) fn position(self) -> f64 {
        self.position.get_value()
    }

    fn moved(self) {
        let left_at = page::scroll_position();
        self.steps.update_value(|steps| {
            steps.positions.insert(steps.current, left_at);
        });
        let position = self.note_step();
        self.position.set_value(position);
        self.route.set(Route::parse(&page::hash()));
        // After the new screen was drawn.
        request_animation_frame(move || {
            page::scroll_to(position);
            // A screen that took the focus itself, for writing, keeps it.
            if !page::is_typing() && !page::focus("main h1") {
                page::focus("main");
            }
        });
    }

    /// Numbers the step if it is new. Tells how far down it was left.
    #[expect(clippy::cast_precision_loss, reason = "nobody takes 2^53 steps")]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as above")]
    fn note_step(self) -> f64 {
        let next = self.steps.with_value(|steps| steps.last.saturating_add(1));
        let is_new = page::mark_step(next.saturating_sub(1) as f64).is_some();
        let number = page::step().unwrap_or_default() as u64;
        let mut position = 0.0;
        self.steps.update_value(|steps| {
            if is_new {
                steps.last = next;
            }
            steps.last = steps.last.max(number.saturating_add(1));
            steps.current = number;
            if !is_new {
                position = steps.positions.get(&number).copied().unwrap_or_default();
            }
        });
        position
    }
}
