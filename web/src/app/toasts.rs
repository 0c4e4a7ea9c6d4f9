//! Short messages that come and go.

use effigy_core::Identity;
use leptos::prelude::*;

/// The most that are shown at once; older ones make room.
const SHOWN: usize = 3;

/// Something to tell in passing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Said {
    /// Somebody follows this person now. Their name may become known only later.
    Followed {
        /// Whether they are followed back.
        mutual: bool,
        /// Who.
        synod: Identity,
    },
    /// Somebody gave this device a share of their account to keep.
    Helps {
        /// Who.
        synod: Identity,
    },
    /// A sentence about something that went well or does not matter much.
    Note(String),
    /// A sentence about something that was not done.
    Trouble(String),
}

/// A message on the screen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Toast {
    /// Its number, never used again.
    pub(crate) id: u64,
    /// What it says.
    pub(crate) said: Said,
}

/// The messages on the screen.
#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    last: StoredValue<u64>,
    shown: RwSignal<Vec<Toast>>,
}

impl Toasts {
    pub(super) fn new() -> Self {
        Self { last: StoredValue::new(0), shown: RwSignal::new(Vec::new()) }
    }

    /// What is on the screen, oldest first.
    pub(crate) fn shown(self) -> Signal<Vec<Toast>> {
        self.shown.into()
    }

    /// Tells something.
    pub(crate) fn say(self, said: Said) {
        self.last.update_value(|last| *last = last.saturating_add(1));
        let id = self.last.get_value();
        self.shown.update(|shown| {
            shown.retain(|toast| toast.said != said);
            if shown.len() >= SHOWN {
                shown.remove(0);
            }
            shown.push(Toast { id, said });
        });
    }

    /// Tells that something went well.
    pub(crate) fn note(self, text: impl Into<String>) {
        self.say(Said::Note(text.into()));
    }

    /// Tells that something was not done.
    pub(crate) fn trouble(self, text: impl Into<String>) {
        self.say(Said::Trouble(text.into()));
    }

    /// Takes a message away.
    pub(crate) fn dismiss(self, id: u64) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn the_same_message_is_not_stacked() {
        let owner = Owner::new();
        owner.set();
        let toasts = Toasts::new();
        toasts.note("Copied");
        toasts.note("Copied");
        assert_eq!(toasts.shown().get_untracked().len(), 1);
        for number in 0..9 {
            toasts.note(number.to_string());
        }
        assert_eq!(toasts.shown().get_untracked().len(), SHOWN);
    }
}
