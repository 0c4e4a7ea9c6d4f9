//! The registers on which the devices of an account agree, by name. What they hold is the screens'
//! matter; how soon others are told follows from how a name begins.

use effigy_core::limits::REGISTER_NAME_BYTES;
use effigy_core::{Identity, Span};

/// Most bytes of JSON in one statement: what an envelope for one reader can hold.
pub(crate) const STATEMENT: usize = 10_600;
/// What a register takes there beside its name and its value: members, times, a device's name.
pub(crate) const AROUND: usize = 160;
/// Most bytes of what a register holds, written as a JSON string: so much fits beside any name.
pub const QUOTED: usize = STATEMENT - AROUND - REGISTER_NAME_BYTES;

/// How names of settings begin: told at once.
pub const SETTING: &str = "setting/";
/// How names of drafts begin: told when somebody has stopped writing. Not sooner, since who keeps their
/// feed sees when something was said.
pub const DRAFT: &str = "draft/";
/// How names of marks begin that say how far somebody has read: ordered by what was read, and told along
/// with something else or once in a while.
pub const READ: &str = "read/";
/// How names begin of what single devices keep: told at once.
pub const KEEPS: &str = "keeps/";

/// Whether single letters do something: `on` or `off`.
pub const LETTER_KEYS: &str = "setting/letter_keys";
/// The colours of the app: `dark`, `light` or `system`.
pub const COLOURS: &str = "setting/colours";
/// How far the timeline was read, in the time of the register.
pub const HOME: &str = "read/home";

/// The register of a draft.
pub fn draft(slot: &str) -> String {
    format!("{DRAFT}{slot}")
}

/// The register that says whether a device keeps what somebody posts whom the person follows: `no`, or
/// anything else for yes.
pub fn keeps(device: &Identity, synod: &Identity) -> String {
    format!("{KEEPS}{device}/{synod}")
}

/// How soon the other devices are told what was set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Pace {
    /// How long nothing else must have been set under that name.
    pub quiet: Span,
    /// After how long they are told all the same.
    pub patience: Span,
    /// How long nothing else of the kind must have been told.
    pub pause: Span,
}

impl Pace {
    pub(crate) fn of(name: &str) -> Self {
        let (quiet, patience, pause) = if name.starts_with(DRAFT) {
            (Span::seconds(15), Span::minutes(5), Span(0))
        } else if name.starts_with(READ) {
            (Span::seconds(10), Span::minutes(1), Span::minutes(10))
        } else {
            (Span::seconds(2), Span::seconds(2), Span(0))
        };
        Self { quiet, patience, pause }
    }
}
