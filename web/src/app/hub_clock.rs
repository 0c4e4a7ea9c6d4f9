//! Whether this device's clock is right, by what the machine says that serves the app.
//!
//! What is signed carries the clock of the device. Others hold back what comes from more than ten minutes
//! ahead until its time has come, and with it all that this device says afterwards: a phone that was in the
//! year 2100 for one post would never be heard again.

use effigy_core::limits::CLOCK_AHEAD;
use effigy_proto::Command;
use leptos::ev;
use leptos::prelude::*;

use super::task;
use crate::browser::{clock, page};

/// In what a clock is wrong, by how many milliseconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wrong {
    /// It is ahead: others hold back what is signed by it.
    Ahead(u64),
    /// It is behind: what is signed by it looks older than it is.
    Behind(u64),
}

/// How this device's clock compares with the hub's. Cheap to copy into closures.
#[derive(Clone, Copy)]
pub(crate) struct HubClock {
    /// Whether the person said that their clock is right: a hub may lie, and keeps nobody from posting.
    trusted: StoredValue<bool>,
    wrong: RwSignal<Option<Wrong>>,
}

impl HubClock {
    pub(super) fn new() -> Self {
        Self { trusted: StoredValue::new(false), wrong: RwSignal::new(None) }
    }

    /// What is wrong with this device's clock, as far as anybody said.
    pub(crate) fn wrong(self) -> Signal<Option<Wrong>> {
        self.wrong.into()
    }

    /// The person says that the clock of this device is right: until the app is opened anew it is.
    pub(crate) fn trust(self) {
        self.trusted.set_value(true);
        self.wrong.set(None);
    }

    /// Asks now, and whenever the page comes back: most clocks are set while one looks at something else.
    pub(super) fn watch(self) {
        task::run(self.look());
        page::listen(ev::visibilitychange, move |_| {
            if page::is_visible() {
                task::run(self.look());
            }
        });
    }

    /// Whether others would hold back what is signed now. What was wrong may have been set meanwhile, and
    /// where nobody can be asked nobody is kept from writing.
    pub(super) async fn holds_back(self) -> bool {
        if !matches!(self.wrong.get_untracked(), Some(Wrong::Ahead(_))) {
            return false;
        }
        self.look().await;
        matches!(self.wrong.get_untracked(), Some(Wrong::Ahead(_)))
    }

    async fn look(self) {
        if self.trusted.get_value() {
            return;
        }
        let wrong = clock::ahead_of_hub().await.and_then(wrong);
        // Meanwhile the person may have said so, and the page may be gone.
        if self.trusted.try_get_value() == Some(false)
            && self.wrong.try_get_untracked() != Some(wrong)
        {
            self.wrong.try_set(wrong);
        }
    }
}

/// Whether a command signs something.
pub(super) fn signs(command: &Command) -> bool {
    match command {
        Command::SendDraft { command, .. } => signs(command),
        Command::Begin { .. }
        | Command::CloseAccount { .. }
        | Command::Comment { .. }
        | Command::Delete { .. }
        | Command::EditProfile { .. }
        | Command::GiveShares { .. }
        | Command::Publish { .. }
        | Command::PublishAttached { .. }
        | Command::Relate { .. }
        | Command::RemoveByWords { .. }
        | Command::RemoveDevice { .. }
        | Command::RenameDevice { .. }
        | Command::SetRegister { .. }
        | Command::Tag { .. } => true,
        _ => false,
    }
}

/// What it means that a clock is so many milliseconds ahead.
const fn wrong(ahead: i64) -> Option<Wrong> {
    let by = ahead.unsigned_abs();
    match by > CLOCK_AHEAD.0 {
        false => None,
        true if ahead > 0 => Some(Wrong::Ahead(by)),
        true => Some(Wrong::Behind(by)),
    }
}

#[cfg(test)]
mod tests {
    use effigy_proto::Ticket;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn ten_minutes_are_no_matter() {
        for (ahead, expected) in [
            (0, None),
            (600_000, None),
            (-600_000, None),
            (600_001, Some(Wrong::Ahead(600_001))),
            (-600_001, Some(Wrong::Behind(600_001))),
            (i64::MIN, Some(Wrong::Behind(1 << 63))),
        ] {
            assert_eq!(wrong(ahead), expected);
        }
    }

    #[test]
    fn what_signs_nothing_never_waits_for_a_clock() {
        let ticket = Ticket(1);
        let publish = Command::Publish { pictures: vec![], text: String::new(), ticket };
        let draft = Command::SendDraft { command: Box::new(publish), slot: String::new() };
        assert!(signs(&draft));
        assert!(!signs(&Command::Settle { ticket }) && !signs(&Command::FreeSpace { ticket }));
    }
}
