//! What two devices that are being linked say to each other through a hub, which passes it on as it is.

use effigy_core::link::{Commitment, Opening};
use serde::{Deserialize, Serialize};

/// One step, in the order in which they come. Who shows the offer promises, the other answers, who
/// promised keeps it; from there on all is sealed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum LinkStep {
    /// From who took the offer: their half.
    Answer {
        /// Whether the device that took it is the new one.
        new: bool,
        /// The half.
        opening: Opening,
    },
    /// From who shows it: the hash of their half, and which of the two devices they are.
    Promise {
        /// The hash.
        commitment: Commitment,
        /// Whether the device that shows the offer is the new one.
        new: bool,
    },
    /// From who shows it: the half that was promised.
    Reveal {
        /// The half.
        opening: Opening,
    },
    /// From either: the next thing, sealed, in base64url.
    Sealed {
        /// The sealed bytes.
        body: String,
    },
}

impl LinkStep {
    /// How many bytes are not of a fixed length.
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Sealed { body } => body.len(),
            Self::Answer { .. } | Self::Promise { .. } | Self::Reveal { .. } => 0,
        }
    }
}

/// Why two devices no longer have each other.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkEnd {
    /// It took too long.
    Late,
    /// The other one left.
    Left,
    /// The offer was taken twice.
    Twice,
}
