//! Names of a few random bytes, in base64url without padding.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::reconcile::Root;

/// Names a store for as long as its node runs: drawn anew at each start. A mark counts only together
/// with the name, so that no mark is taken for one of a store that was emptied or rolled back.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StoreName(pub [u8; 8]);

/// The name that a node gives to the list of feeds that it watches at one peer, so that it need not
/// send the list again. Tells nothing of the list to whoever does not know it already.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct WatchName(pub [u8; 16]);

/// It opens the list where that rests, so it is not printed.
impl fmt::Debug for WatchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WatchName(..)")
    }
}

/// Not the name that was expected.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a name of that length in base64url")]
pub struct NameError;

macro_rules! in_base64url {
    ($($name:ident),+) => {$(
        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| NameError)?;
                bytes.try_into().map(Self).map_err(|_| NameError)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&BASE64URL_NOPAD.encode(&self.0))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

in_base64url!(Root, StoreName, WatchName);
