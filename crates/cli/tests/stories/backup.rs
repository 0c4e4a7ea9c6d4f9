//! Backups of Ana's laptop: as it should be, and as it should not.

use std::fs;
use std::path::Path;

use effigy_core::Time;
use effigy_core::backup::{CHUNK, HEADER, SEALED, Sealer};
use effigy_core::passphrase::{Cost, stretch};
use effigy_proto::Keys;
use effigy_proto::backup::{Account, account, note_of, record};
use effigy_store::{Key, Table};

use super::fixture::{BEGAN, Crowd, pack_key, packed};

const PASSPHRASE: &str = "correct horse battery staple";
const SALT: [u8; 16] = [7; 16];
/// A share that is kept for somebody, as it rests.
const KEPT: &[u8] = br#"{"made":1,"need":2,"of":3,"sealed":"AA","set":"AAAAAAAAAAAAAAAAAAAAAA","since":1,"untold":false}"#;

impl Crowd {
    /// Writes backups, and files with passphrases.
    pub(crate) fn back_up(&self, folder: &Path) {
        let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
        write("passphrase.txt", format!("{PASSPHRASE}\r\n").as_bytes());
        write("other-passphrase.txt", b"incorrect horse\n");
        let whole = sealed(&self.items());
        write("ana.effigybackup", &whole);
        write("cut.effigybackup", &whole[..whole.len() - 3 * CHUNK]);
        let mut newer = whole.clone();
        newer[7] = 2;
        write("newer.effigybackup", &newer);
        let mut damaged = whole;
        damaged[HEADER + SEALED + 9] ^= 1;
        write("damaged.effigybackup", &damaged);
        let mut items = self.items();
        let at = items.windows(4).rposition(|four| four == [7; 4]).unwrap();
        items[at] ^= 1;
        write("altered.effigybackup", &sealed(&items));
    }

    fn items(&self) -> Vec<u8> {
        let keys = Keys::for_device([9; 32], self.ana.synod());
        let whose = Account { keys, made: Time(BEGAN), name: "Ana Lima".to_owned() };
        let mut items = account(&whose).to_vec();
        let feeds = [
            (self.ana.synod(), &self.ana.account),
            (self.ana.device.identity(), &self.ana.said),
            (self.ben.synod(), &self.ben.account),
        ];
        for (feed, records) in feeds {
            items.extend(record(&pack_key(&feed, 0), &packed(records)).unwrap());
        }
        let bytes = vec![7; 4 * CHUNK];
        let name = effigy_core::Cid::of(&bytes).digest().to_vec();
        items.extend(record(&Key::new(Table::Blobs, name.clone()), &bytes).unwrap());
        items.extend(record(&note_of(&name), &[2, 0, 4, 0, 0]).unwrap());
        let share = [b"share/".as_slice(), self.ben.synod().bytes()].concat();
        items.extend(record(&Key::new(Table::Peers, share), KEPT).unwrap());
        items.extend(record(&Key::new(Table::Drafts, b"post".as_slice()), b"begun").unwrap());
        items
    }
}

/// Seals items at a cost that a test can pay.
fn sealed(items: &[u8]) -> Vec<u8> {
    let cost = Cost::from_bytes(&[0, 0, 0, 64, 0, 0, 0, 1, 0, 0, 0, 1]).unwrap();
    let key = stretch(PASSPHRASE.as_bytes(), &SALT, cost).unwrap();
    let (mut sealer, header) = Sealer::new(&key, cost, &SALT);
    let mut file = header.to_vec();
    sealer.write(items, &mut file).unwrap();
    sealer.finish(&mut file).unwrap();
    file
}
