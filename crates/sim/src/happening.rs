//! Everything that can happen in a network, as data.

use effigy_proto::{Frame, Input, Link, Path};

/// One thing that happens at one machine.
#[derive(Debug)]
pub(crate) enum Happening {
    /// A frame arrives. It counts only if the connection still is the one it was sent on.
    Arrives { link: Link, wire: u64, frame: Frame, forged: bool },
    /// A connection opens on both sides.
    Opens { wire: u64, path: Path },
    /// The node is told something.
    Told { machine: usize, life: u32, input: Input },
    /// A connection is cut.
    Cut { wire: u64 },
    /// A machine's alarm rings.
    Rings { machine: usize, life: u32, at: u64 },
    /// A machine is turned on that rested because its disk failed.
    Starts { machine: usize, life: u32 },
}
