//! What people are to each other. Sealed for the own devices unless somebody publishes it.
//!
//! Each is a register: of two statements about one person the later wins.

use serde::{Deserialize, Serialize};

use crate::identity::Identity;

/// `follow`: whether somebody's posts are wanted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Follow {
    /// Whether it holds from now on.
    pub on: bool,
    /// About whom: their synod.
    pub synod: Identity,
}

/// `block`: whether somebody is shut out, both ways.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Whether it holds from now on.
    pub on: bool,
    /// About whom: their synod.
    pub synod: Identity,
}

/// `mute`: whether somebody's posts are hidden here, without their knowing.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mute {
    /// Whether it holds from now on.
    pub on: bool,
    /// About whom: their synod.
    pub synod: Identity,
}
