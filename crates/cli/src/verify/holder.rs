//! Who holds something, in the words of this program.

use effigy_proto::HolderKind;

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
