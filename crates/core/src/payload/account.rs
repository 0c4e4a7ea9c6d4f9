//! What stands on a synod's feed: the account, its devices, its profile, its hubs.

use serde::{Deserialize, Serialize};

use super::{Image, PayloadError, count_bound, text_bound};
use crate::cid::Cid;
use crate::identity::{Identity, Purpose, Signature, SignatureError};
use crate::invite::is_origin;
use crate::limits::{ABOUT_BYTES, HUBS, NAME_BYTES, REMOVED};
use crate::seal::{Envelope, SealingKey};

/// `synod_genesis`: the account begins. Signed by the root, without parents.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The key to which secrets for the root are sealed.
    pub sealing_key: SealingKey,
}

/// `add_device`: a device joins. Signed by the root or by a device with [`Power::Admin`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AddDevice {
    /// The device's signature, for purpose `consent`, over [`consent_bytes`].
    pub consent: Signature,
    /// The device's key.
    pub identity: Identity,
    /// What the person calls it.
    pub name: String,
    /// What it may do, in alphabetical order.
    pub powers: Vec<Power>,
    /// The device whose place it takes, and that feed's last entry.
    #[serde(
        default,
        deserialize_with = "crate::canon::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub replaces: Option<(Identity, Cid)>,
    /// The key to which secrets for the device are sealed.
    pub sealing_key: SealingKey,
}

impl AddDevice {
    /// Whether the device agreed to belong to this synod.
    ///
    /// # Errors
    /// When its signature does not count.
    pub fn consented(&self, synod: Identity) -> Result<(), SignatureError> {
        let bytes = consent_bytes(synod, &self.sealing_key);
        self.identity.verify(Purpose::Consent, &bytes, &self.consent)
    }

    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        text_bound(&self.name, NAME_BYTES)?;
        if self.powers.is_sorted_by(|a, b| a < b) { Ok(()) } else { Err(PayloadError::Nonsense) }
    }
}

/// What a device signs to agree: the synod's key and its own sealing key, 64 bytes.
pub fn consent_bytes(synod: Identity, sealing_key: &SealingKey) -> Vec<u8> {
    [synod.bytes().as_slice(), sealing_key.bytes()].concat()
}

/// What a device may do on its synod's feed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// Everything: devices, profile, hubs, rewriting.
    Admin,
    /// Posting only.
    Post,
}

/// `profile`: how the person presents themselves. The latest counts.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What they say about themselves.
    pub about: String,
    /// What they are called.
    pub name: String,
    /// Their picture.
    #[serde(
        default,
        deserialize_with = "crate::canon::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub picture: Option<Image>,
}

impl Profile {
    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        if self.name.trim().is_empty() {
            return Err(PayloadError::Empty);
        }
        text_bound(&self.name, NAME_BYTES)?;
        text_bound(&self.about, ABOUT_BYTES)?;
        self.picture.as_ref().map_or(Ok(()), Image::bounds)
    }
}

/// `hubs`: where the person can be met. The latest counts.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Hubs {
    /// The hubs, the most used first.
    pub hubs: Vec<Hub>,
}

/// One hub.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    /// The hub's key.
    pub identity: Identity,
    /// Where it is reached, `https://…`.
    pub origin: String,
}

impl Hubs {
    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        count_bound(self.hubs.len(), HUBS)?;
        let proper = self.hubs.iter().all(|hub| is_origin(&hub.origin));
        if proper { Ok(()) } else { Err(PayloadError::Nonsense) }
    }
}

/// `rewrite`: a device's feed was written anew. Without it a second history is a fork.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rewrite {
    /// The new generation.
    pub generation: u64,
    /// Whose feed.
    pub identity: Identity,
    /// The head of the new generation.
    pub new_head: Cid,
    /// The head of the generation before.
    pub old_head: Cid,
    /// The entries that were left out.
    pub removed: Vec<Cid>,
}

impl Rewrite {
    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        count_bound(self.removed.len(), REMOVED)?;
        if self.generation == 0 { Err(PayloadError::Nonsense) } else { Ok(()) }
    }
}

/// `epoch`: the key to which the account seals what is for all its devices, and its secret, sealed for
/// some of them. The same key may stand again, for a device that came later.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// The key.
    pub key: SealingKey,
    /// The secret behind it and those of earlier epochs, the newest first, 32 bytes each.
    pub secrets: Envelope,
}

/// `name_device`: what the person calls a device from now on.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NameDevice {
    /// Which device.
    pub identity: Identity,
    /// Its name.
    pub name: String,
}

impl NameDevice {
    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        if self.name.trim().is_empty() {
            return Err(PayloadError::Empty);
        }
        text_bound(&self.name, NAME_BYTES)
    }
}

/// `revoke_device`: a device belongs to the account no longer. Of what it wrote exactly one entry and
/// what came before that entry counts, whatever any clock says.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeDevice {
    /// Which device.
    pub identity: Identity,
    /// The last entry of its feed that counts; `None` when nothing of it does.
    #[serde(
        default,
        deserialize_with = "crate::canon::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_valid: Option<Cid>,
}

/// `synod_final`: the account is closed. Signed by the root; nothing counts any more.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Final {}
