//! Several devices of one account: its root says that a device belongs to it, and the device begins with the
//! account's feed as another knows it.

use effigy_core::identity::Purpose;
use effigy_core::payload::{AddDevice, Power, consent_bytes};
use effigy_core::seal::SealingSecret;
use effigy_core::{Draft, Payload, Secret, Time};
use effigy_feed::Feed;
use effigy_proto::{Keys, record};
use effigy_store::{Batch, Key, Pack, Table, pack};

use super::Network;
use crate::Machine;

impl Network {
    /// Gives the owner of a machine another device, which is off. `None` where the account has not
    /// begun.
    pub fn another_device(&mut self, of: usize) -> Option<usize> {
        let device = Secret::from_seed(&self.random.bytes());
        let sealing = SealingSecret::from_bytes(self.random.bytes());
        let now = Time(self.now);
        let first = self.machines.get(of)?;
        let synod = first.keys.synod?;
        let of_account = self.machines.iter().filter(|machine| machine.keys.synod == Some(synod));
        let words = of_account.filter_map(|machine| machine.keys.words.as_ref()).next()?;
        let mut disk = first.disk.clone();
        disk.crash(usize::MAX);
        let (mut feed, mut records) = (Feed::new(synod), Vec::new());
        for (key, value) in disk.table(Table::Packs) {
            if key.starts_with(synod.bytes()) {
                for bytes in Pack::open(&value).ok()?.records() {
                    let bytes = bytes.ok()?.to_vec();
                    feed.offer(&record::reload(&bytes).ok()?.entry, now).ok()?;
                    records.push(bytes);
                }
            }
        }
        let sealing_key = sealing.key().ok()?;
        let consent = device.sign(Purpose::Consent, &consent_bytes(synod, &sealing_key));
        let payload = Payload::AddDevice(AddDevice {
            consent,
            identity: device.identity(),
            name: "laptop".to_owned(),
            powers: vec![Power::Admin, Power::Post],
            replaces: None,
            sealing_key,
        });
        let bytes = payload.write().ok()?;
        let (parents, after) = feed.ends();
        let draft = Draft {
            after,
            generation: 0,
            identity: synod,
            kind: payload.kind()?.to_owned(),
            parents,
            payload: bytes.clone(),
            synod: None,
        };
        let entry = draft.sign(&words.root_sign(), now).ok()?;
        records.push(record::encode(entry.bytes(), Some(&bytes)));
        let keys = Keys {
            device,
            joining: false,
            sealing,
            synod: Some(synod),
            voucher: None,
            words: None,
        };
        let mut machine = Machine::with_keys(first.who, keys);
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        // The first pack of the feed's first writing.
        let name = [synod.bytes().as_slice(), &[0; 12]].concat();
        let batch = Batch::new().put(Key::new(Table::Packs, name), pack::encode(&records).ok()?);
        machine.disk.apply(batch.strict());
        self.machines.push(machine);
        Some(self.machines.len().saturating_sub(1))
    }
}
