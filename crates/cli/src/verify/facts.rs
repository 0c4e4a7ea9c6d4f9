//! Small records: what is known of a blob, and who holds how many entries.

use effigy_core::Identity;
use effigy_proto::HolderKind;

/// What is known of a blob that is here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Facts {
    /// Whether the owner of the store wrote it.
    pub(crate) own: bool,
    /// Whether the picture that it belongs to was looked through: others are given to nobody.
    pub(crate) proven: bool,
    /// Its size in bytes.
    pub(crate) size: u32,
}

impl Facts {
    /// Reads them: a byte of flags and four bytes of size. `None` when they are not that.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (flags, size) = bytes.split_first()?;
        let size = u32::from_be_bytes(size.try_into().ok()?);
        Some(Self { own: flags & 1 == 1, proven: flags & 2 == 2, size })
    }
}

/// What somebody is to the owner of the store.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Holder {
    Friend,
    Hub,
    OwnDevice,
}

impl From<HolderKind> for Holder {
    fn from(kind: HolderKind) -> Self {
        match kind {
            HolderKind::Friend => Self::Friend,
            HolderKind::Hub => Self::Hub,
            HolderKind::OwnDevice => Self::OwnDevice,
        }
    }
}

impl Holder {
    /// The word for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Friend => "friend",
            Self::Hub => "hub",
            Self::OwnDevice => "own device",
        }
    }
}

/// How much of the own feed somebody has confirmed to hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Holding {
    /// How many entries.
    pub(crate) count: u64,
    /// What they are.
    pub(crate) holder: Holder,
    /// Their account; a hub has none.
    pub(crate) synod: Option<Identity>,
}

impl Holding {
    /// Reads a receipt: a byte for the holder, eight for the count, then the account, if any.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (holder, rest) = bytes.split_first()?;
        let (count, synod) = rest.split_first_chunk::<8>()?;
        let holder = match holder {
            0 => Holder::Friend,
            1 => Holder::Hub,
            2 => Holder::OwnDevice,
            _ => return None,
        };
        let synod = match synod {
            [] => None,
            synod => Some(Identity::from_bytes(synod.try_into().ok()?)),
        };
        Some(Self { count: u64::from_be_bytes(*count), holder, synod })
    }
}
