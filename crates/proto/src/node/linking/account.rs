//! What the two say once they agree: who the new device is, to which account, with whose consent.
//!
//! Nothing of the account is told, and nothing is signed, before the people have compared.

use data_encoding::BASE64URL_NOPAD;
use effigy_core::identity::{Purpose, Signature};
use effigy_core::limits::{HUBS, NAME_BYTES};
use effigy_core::link::{Agreed, Side};
use effigy_core::payload::{AddDevice, Power, consent_bytes};
use effigy_core::seal::SealingKey;
use effigy_core::text::clean_name;
use effigy_core::{Identity, invite::is_origin};
use serde::{Deserialize, Serialize};

use super::{Node, Stage};
use crate::api::{LinkFailure, Linked, Linking};

/// What is said, sealed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Word {
    /// Old: this is the account.
    Account { name: String, synod: Identity },
    /// Old: the account names the new device now. This is where it is met.
    Added { hubs: Vec<String> },
    /// Old, to another old one: to which account it belongs.
    Belongs { synod: Identity },
    /// New: it agrees to belong to that account (5.2).
    Consent { consent: Signature },
    /// New: this is the device, and its person has seen the same pictures.
    Ready { name: String, identity: Identity, sealing_key: SealingKey },
    /// Either: no, and why.
    Refused { why: Why },
}

/// Why one of the two does not want it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Why {
    /// The number was wrong.
    Declined,
    /// Something else.
    NotAllowed,
}

/// What is known once both agree.
#[derive(Debug)]
pub(super) struct Pact {
    agreed: Agreed,
    /// On the old device: whether its person has said yes, and with what powers.
    powers: Option<Vec<Power>>,
    /// On the old device: whose place the new one takes.
    replaces: Option<Identity>,
    /// On the old device: who the new one is. On the new one: what the account is.
    ready: Option<Ready>,
    account: Option<(Identity, String)>,
    confirmed: bool,
}

/// Who wants to be linked.
#[derive(Clone, Debug)]
struct Ready {
    identity: Identity,
    name: String,
    sealing_key: SealingKey,
}

impl Pact {
    pub(super) const fn new(agreed: Agreed) -> Self {
        let (powers, replaces, ready, account) = (None, None, None, None);
        Self { agreed, powers, replaces, ready, account, confirmed: false }
    }

    pub(super) fn seal(&mut self, word: &Word) -> Result<String, LinkFailure> {
        let text = serde_json::to_vec(word).map_err(|_| LinkFailure::Untrusted)?;
        let sealed = self.agreed.channel.seal(&text).map_err(|_| LinkFailure::Untrusted)?;
        Ok(BASE64URL_NOPAD.encode(&sealed))
    }

    fn open(&mut self, body: &str) -> Result<Word, LinkFailure> {
        let sealed = BASE64URL_NOPAD.decode(body.as_bytes()).map_err(|_| LinkFailure::Untrusted)?;
        let text = self.agreed.channel.open(&sealed).map_err(|_| LinkFailure::Untrusted)?;
        serde_json::from_slice(&text).map_err(|_| LinkFailure::Untrusted)
    }
}

impl Node {
    /// Whether this device may change the account.
    pub(in crate::node) fn is_admin(&self) -> bool {
        let state = self.my_synod().and_then(|synod| self.synods.get(&synod));
        let device = state.and_then(|state| state.devices.get(&self.me));
        device.is_some_and(|device| device.powers.contains(&Power::Admin))
    }

    /// Whether this device may let others in.
    pub(super) fn may_add_devices(&self) -> bool {
        self.is_admin() && self.may_write().is_ok()
    }

    fn pact(&mut self) -> Option<&mut Pact> {
        match &mut self.linking.as_mut()?.stage {
            Stage::Agreed(pact) => Some(pact),
            _ => None,
        }
    }

    /// Both show the same pictures, if nobody is between them.
    pub(super) fn link_compares(&mut self) {
        let side = self.linking.as_ref().map(|talk| talk.side);
        let Some(pact) = self.pact() else { return };
        let number = (side == Some(Side::New)).then(|| pact.agreed.check.number());
        let name = pact.ready.as_ref().map(|ready| clean_name(&ready.name));
        let pictures = pact.agreed.check.pictures();
        self.emit_linking(Linking::Verifying { name, number, pictures });
    }

    /// On the new device: the pictures are the same.
    pub(super) fn confirm_link(&mut self) {
        let (identity, sealing_key) = (self.me, self.keys.sealing.key());
        let Some(talk) = self.linking.as_mut().filter(|talk| talk.side == Side::New) else {
            return;
        };
        let name = talk.name.clone();
        let Some(pact) = self.pact().filter(|pact| !pact.confirmed) else { return };
        pact.confirmed = true;
        let Ok(sealing_key) = sealing_key else { return };
        self.emit_linking(Linking::Waiting);
        let said = self.link_says(&Word::Ready { identity, name, sealing_key });
        self.link_ends_with(said);
    }

    /// On the old device: let it in, if this is the number that it shows. There is one try.
    pub(super) fn approve_link(&mut self, full: bool, number: u8, replaces: Option<Identity>) {
        if self.linking.as_ref().is_none_or(|talk| talk.side != Side::Old) {
            return;
        }
        // What is not named as counting of the one that is replaced would be lost everywhere.
        let may_replace =
            replaces.is_none_or(|device| device != self.me && self.last_of(device).is_ok());
        let Some(pact) = self.pact().filter(|pact| pact.powers.is_none()) else { return };
        if !pact.agreed.check.is_number(number) {
            let _ = self.link_says(&Word::Refused { why: Why::Declined });
            return self.end_linking(Linking::Failed(LinkFailure::Declined));
        }
        if !may_replace {
            let _ = self.link_says(&Word::Refused { why: Why::NotAllowed });
            return self.end_linking(Linking::Failed(LinkFailure::Incomplete));
        }
        let powers = if full { vec![Power::Admin, Power::Post] } else { vec![Power::Post] };
        (pact.powers, pact.replaces) = (Some(powers), replaces);
        self.emit_linking(Linking::Waiting);
        let said = self.tell_account();
        self.link_ends_with(said);
    }

    /// Tells the new device what the account is, once both people have said yes.
    fn tell_account(&mut self) -> Result<(), LinkFailure> {
        let synod = self.my_synod().ok_or(LinkFailure::NotAllowed)?;
        let profile = self.synods.get(&synod).and_then(|state| state.profile.as_ref());
        let name = profile.map(|profile| profile.name.clone()).unwrap_or_default();
        let pact = self.pact().ok_or(LinkFailure::Untrusted)?;
        if pact.powers.is_none() || pact.ready.is_none() || pact.confirmed {
            return Ok(());
        }
        pact.confirmed = true;
        self.emit_linking(Linking::Transferring);
        self.link_says(&Word::Account { name, synod })
    }

    /// Something sealed came.
    pub(super) fn link_said(&mut self, body: &str) -> Result<(), LinkFailure> {
        let side = self.linking.as_ref().map(|talk| talk.side);
        let word = self.pact().ok_or(LinkFailure::Untrusted)?.open(body)?;
        match (side, word) {
            (Some(Side::Old), Word::Ready { name, identity, sealing_key }) => {
                self.link_ready(Ready { identity, name, sealing_key })
            }
            (Some(Side::Old), Word::Belongs { synod }) if Some(synod) == self.my_synod() => {
                Err(LinkFailure::AlreadyLinked)
            }
            (Some(Side::Old), Word::Belongs { .. }) => Err(LinkFailure::OtherAccount),
            (Some(Side::Old), Word::Consent { consent }) => self.link_consented(consent),
            (Some(Side::New), Word::Account { name, synod }) => self.link_account(name, synod),
            (Some(Side::New), Word::Added { hubs }) => self.link_added(hubs),
            (_, Word::Refused { why: Why::Declined }) => Err(LinkFailure::Declined),
            (_, Word::Refused { why: Why::NotAllowed }) => Err(LinkFailure::NotAllowed),
            _ => Err(LinkFailure::Untrusted),
        }
    }

    /// On the old device: the new one says who it is.
    fn link_ready(&mut self, ready: Ready) -> Result<(), LinkFailure> {
        let is_long = ready.name.len() > NAME_BYTES;
        let pact = self.pact().ok_or(LinkFailure::Untrusted)?;
        if is_long || pact.ready.is_some() {
            return Err(LinkFailure::Untrusted);
        }
        let is_approved = pact.powers.is_some();
        pact.ready = Some(ready);
        if !is_approved {
            self.link_compares();
        }
        self.tell_account()
    }

    /// On the new device: the account is told. Its person has compared, so it agrees.
    fn link_account(&mut self, name: String, synod: Identity) -> Result<(), LinkFailure> {
        let sealing_key = self.keys.sealing.key().map_err(|_| LinkFailure::Untrusted)?;
        let pact = self.pact().ok_or(LinkFailure::Untrusted)?;
        if !pact.confirmed || pact.account.is_some() || name.len() > NAME_BYTES {
            return Err(LinkFailure::Untrusted);
        }
        pact.account = Some((synod, name));
        let consent = self.keys.device.sign(Purpose::Consent, &consent_bytes(synod, &sealing_key));
        self.emit_linking(Linking::Transferring);
        self.link_says(&Word::Consent { consent })
    }

    /// On the old device: the new one agreed. The account names it from now on.
    fn link_consented(&mut self, consent: Signature) -> Result<(), LinkFailure> {
        let synod = self.my_synod().ok_or(LinkFailure::NotAllowed)?;
        let pact = self.pact().filter(|pact| pact.confirmed).ok_or(LinkFailure::Untrusted)?;
        let (Some(ready), Some(powers)) = (pact.ready.clone(), pact.powers.clone()) else {
            return Err(LinkFailure::Untrusted);
        };
        let replaces = pact.replaces;
        let name = clean_name(&ready.name);
        let Ready { identity, sealing_key, .. } = ready;
        let replaces = replaces.map(|device| self.last_of(device)).transpose();
        let Ok(replaces) = replaces else {
            let _ = self.link_says(&Word::Refused { why: Why::NotAllowed });
            return Err(LinkFailure::Incomplete);
        };
        let device = AddDevice { consent, identity, name, powers, replaces, sealing_key };
        device.consented(synod).map_err(|_| LinkFailure::Untrusted)?;
        // It may have been added before, and not have heard of it.
        if !self.names(&synod, &identity) && self.add_device(device).is_err() {
            let _ = self.link_says(&Word::Refused { why: Why::NotAllowed });
            return Err(LinkFailure::NotAllowed);
        }
        let mut hubs: Vec<String> = self.hubs.iter().map(|hub| hub.origin.clone()).collect();
        hubs.truncate(HUBS);
        self.link_says(&Word::Added { hubs })?;
        // The other one closes the connection once it has read that.
        self.finish_linking(Linked::Added { device: identity });
        Ok(())
    }

    /// On the new device: it belongs to the account.
    fn link_added(&mut self, hubs: Vec<String>) -> Result<(), LinkFailure> {
        let here = self.linking.as_ref().map(|talk| talk.hub.clone());
        let pact = self.pact().ok_or(LinkFailure::Untrusted)?;
        let (synod, name) = pact.account.clone().ok_or(LinkFailure::Untrusted)?;
        let mut known: Vec<String> = Vec::new();
        for hub in hubs.into_iter().chain(here).filter(|hub| is_origin(hub)) {
            if !known.contains(&hub) && known.len() < HUBS {
                known.push(hub);
            }
        }
        self.finish_linking(Linked::Joined { hubs: known, name: clean_name(&name), synod });
        Ok(())
    }

    fn finish_linking(&mut self, linked: Linked) {
        self.end_linking(Linking::Done(linked));
    }

    fn link_ends_with(&mut self, said: Result<(), LinkFailure>) {
        if let Err(why) = said {
            self.end_linking(Linking::Failed(why));
        }
    }
}
