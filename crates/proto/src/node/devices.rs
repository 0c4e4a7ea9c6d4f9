//! What a person asks of the devices of their account, and of the account as a whole.

use effigy_core::mnemonic::Words;
use effigy_core::payload::{Final, NameDevice, RevokeDevice};
use effigy_core::text::clean_name;
use effigy_core::{Cid, Identity, Payload, Secret};
use effigy_feed::{Feed, SynodError};

use super::Node;
use super::own::Pen;
use crate::api::{Counts, Refusal, Removal};

impl Node {
    pub(super) fn rename_device(
        &mut self,
        identity: Identity,
        name: &str,
    ) -> Result<Option<Cid>, Refusal> {
        let name = clean_name(name);
        if name.is_empty() {
            return Err(Refusal::Empty);
        }
        self.known_device(&identity)?;
        self.write(Pen::Admin, &Payload::NameDevice(NameDevice { identity, name }), &[]).map(Some)
    }

    /// Removes a device: what is here of its feed counts, and no more. Refused while others have more of
    /// it: what is not named here would be lost everywhere.
    pub(super) fn remove_device(&mut self, identity: Identity) -> Result<Option<Cid>, Refusal> {
        self.known_device(&identity)?;
        let last_valid = match self.whole(&identity) {
            Err(Refusal::Unknown) => None,
            held => held?.feed.head().map(|head| head.id),
        };
        let payload = Payload::RevokeDevice(RevokeDevice { identity, last_valid });
        let id = self.write(Pen::Admin, &payload, &[])?;
        // Who removes itself leaves the next epoch to those that remain.
        self.tend_epochs().or_else(|why| if identity == self.me { Ok(()) } else { Err(why) })?;
        Ok(Some(id))
    }

    /// Removes devices by the root, whose word outweighs all others. What others withhold of them does not
    /// matter: what is named here counts.
    pub(super) fn remove_by_words(
        &mut self,
        words: Option<Words>,
        removals: &[Removal],
    ) -> Result<Option<Cid>, Refusal> {
        let root = self.root(words)?;
        let all: Result<Vec<RevokeDevice>, Refusal> =
            removals.iter().map(|removal| self.removed_so(removal)).collect();
        let mut last = None;
        for revoked in all? {
            let pen = Pen::Root(Box::new(root.clone()));
            last = Some(self.write(pen, &Payload::RevokeDevice(revoked), &[])?);
        }
        if self.tend_epochs().is_err() {
            self.consider_epochs();
        }
        last.map(Some).ok_or(Refusal::Empty)
    }

    fn removed_so(&self, removal: &Removal) -> Result<RevokeDevice, Refusal> {
        let identity = removal.identity;
        self.known_device(&identity)?;
        if identity == self.me {
            return Err(Refusal::Unknown);
        }
        let feed = self.feeds.get(&identity).map(|held| &held.feed);
        let last_valid = match removal.counts {
            Counts::Everything => feed.and_then(Feed::head).map(|head| head.id),
            Counts::Nothing => None,
            Counts::UpTo(id) if feed.is_some_and(|feed| feed.contains(&id)) => Some(id),
            Counts::UpTo(_) => return Err(Refusal::Unknown),
        };
        Ok(RevokeDevice { identity, last_valid })
    }

    /// Closes the account.
    pub(super) fn end_account(&mut self, words: Option<Words>) -> Result<Option<Cid>, Refusal> {
        let root = Box::new(self.root(words)?);
        self.write(Pen::Root(root), &Payload::Final(Final {}), &[]).map(Some)
    }

    /// The root of the account, by words that were typed or that this device still has.
    fn root(&self, words: Option<Words>) -> Result<Secret, Refusal> {
        self.may_write()?;
        let words = words.or_else(|| self.keys.words.clone()).ok_or(Refusal::Words)?;
        let root = words.root_sign();
        if Some(root.identity()) == self.my_synod() { Ok(root) } else { Err(Refusal::Words) }
    }

    fn known_device(&self, identity: &Identity) -> Result<(), Refusal> {
        self.may_write()?;
        let synod = self.my_synod().ok_or(Refusal::Account)?;
        if self.names(&synod, identity) { Ok(()) } else { Err(Refusal::Unknown) }
    }
}

impl From<SynodError> for Refusal {
    fn from(error: SynodError) -> Self {
        match error {
            SynodError::Closed => Self::Closed,
            SynodError::Full | SynodError::Room => Self::TooMany,
            SynodError::Removed => Self::Removed,
            SynodError::TooSoon => Self::TooSoon,
            _ => Self::Power,
        }
    }
}
