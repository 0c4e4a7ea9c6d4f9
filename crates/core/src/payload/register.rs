//! What a person chose, has begun to write and has seen, for all their devices to agree on.
//!
//! Each is a register with a name: of two statements about one name the later wins. Sealed for the own
//! devices.

use serde::{Deserialize, Serialize};

use super::{PayloadError, count_bound, text_bound};
use crate::cid::Cid;
use crate::identity::Identity;
use crate::limits::{REGISTER_BYTES, REGISTER_NAME_BYTES, REGISTERS, SUPERSEDED};

/// `registers`: what some registers hold from now on.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Registers {
    /// By name, ascending, none twice.
    pub set: Vec<Register>,
}

/// What one register holds.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Which register.
    pub name: String,
    /// The last statement of another device that the writer had seen about it: whose, and its time.
    #[serde(
        default,
        deserialize_with = "crate::canon::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub over: Option<(Identity, u64)>,
    /// By what statements about it are ordered, in milliseconds. It may be stated again later, with the
    /// time that it had.
    pub time: u64,
    /// What it holds.
    pub value: String,
}

impl Registers {
    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        count_bound(self.set.len(), REGISTERS)?;
        if self.set.is_empty() {
            return Err(PayloadError::Empty);
        }
        if !self.set.is_sorted_by(|one, next| one.name < next.name) {
            return Err(PayloadError::Nonsense);
        }
        self.set.iter().try_for_each(Register::bounds)
    }
}

impl Register {
    /// Refuses what no reader would take.
    ///
    /// # Errors
    /// When the name or the value is too long, the name is not made of printable ASCII, or the time makes
    /// no sense.
    pub fn bounds(&self) -> Result<(), PayloadError> {
        text_bound(&self.name, REGISTER_NAME_BYTES)?;
        text_bound(&self.value, REGISTER_BYTES)?;
        let is_named =
            !self.name.is_empty() && self.name.bytes().all(|byte| byte.is_ascii_graphic());
        let is_later = self.over.is_none_or(|(_, time)| time < self.time);
        if is_named && is_later && self.time > 0 { Ok(()) } else { Err(PayloadError::Nonsense) }
    }
}

/// `superseded`: entries of the same feed that later ones have made needless. Their payloads are dropped
/// by everybody, as if they were taken back one by one.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Superseded {
    /// Their ids, ascending, none twice.
    pub entries: Vec<Cid>,
}

impl Superseded {
    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        count_bound(self.entries.len(), SUPERSEDED)?;
        if self.entries.is_empty() {
            return Err(PayloadError::Empty);
        }
        let is_ascending = self.entries.is_sorted_by(|one, next| one < next);
        if is_ascending { Ok(()) } else { Err(PayloadError::Nonsense) }
    }
}
