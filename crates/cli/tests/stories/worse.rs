//! A store in which everything is wrong that is not wrong in the damaged one.

use std::path::Path;

use effigy_core::limits::BLOB_BYTES;
use effigy_core::payload::{Content, Image, ImageType, Rewrite};
use effigy_core::{Cid, Draft, Payload, Time};
use effigy_proto::record;
use effigy_store::{Batch, Key, Table};
use effigy_store_redb::RedbStore;

use super::fixture::{
    Crowd, Person, apply, blob_key, facts, kept, meta_key, note, pack_key, packed,
};
use super::picture::png;

impl Crowd {
    /// What a hub keeps after everything went wrong.
    pub(crate) fn keep_worse(&self, path: &Path) {
        let mut batch = Batch::new().strict();
        batch.extend(odd_entries(&self.ana, self.cleo.synod()));
        batch.extend(odd_packs(&self.ben));
        batch.extend(odd_generations());
        batch.extend(odd_blobs());
        let receipt = Key::new(Table::Receipts, self.ben.synod().bytes().as_slice());
        apply(&RedbStore::open(path).unwrap(), batch.put(receipt, b"?".as_slice()));
    }
}

/// Records that are no entries, or not these, or not here.
fn odd_entries(ana: &Person, other: effigy_core::Identity) -> Batch {
    let mut person = Person::new(1, "Ana Lima", "Laptop");
    let first = person.say(&note("Hello", Vec::new()));
    let draft = person.draft(person.device.identity(), person.head, &note("x", Vec::new()));
    let malformed =
        Draft { payload: b"{}".to_vec(), ..draft }.sign(&person.device, Time(0)).unwrap();
    let draft = person.draft(person.device.identity(), person.head, &note("y", Vec::new()));
    let elsewhere = Draft { synod: draft.synod.map(|(_, head)| (other, head)), ..draft };
    let elsewhere = elsewhere.sign(&person.device, Time(0)).unwrap();
    let said = note("Hello", Vec::new());
    let records = [
        kept(&first, Some(&said)),
        kept(&first, Some(&said)),
        record::encode(malformed.bytes(), Some(b"{}")),
        kept(&elsewhere, Some(&note("y", Vec::new()))),
        record::encode(b"no entry\n", None),
        b"\x01".to_vec(),
        ana.account[0].clone(),
    ];
    Batch::new()
        .put(pack_key(&person.synod(), 0), packed(&person.account))
        .put(pack_key(&person.device.identity(), 0), packed(&records))
}

/// Packs that are none, damaged at the end, or under the wrong number; and no account.
fn odd_packs(ben: &Person) -> Batch {
    let mut harmed = packed(&ben.account);
    *harmed.last_mut().unwrap() ^= 1;
    let mut stranger = Person::new(8, "Nobody", "Nothing");
    stranger.say(&note("Who am I?", Vec::new()));
    Batch::new()
        .put(pack_key(&ben.synod(), 0), harmed)
        .put(pack_key(&ben.synod(), 9), b"no pack".as_slice())
        .put(pack_key(&ben.device.identity(), 5), packed(&ben.said))
        .put(pack_key(&stranger.device.identity(), 0), packed(&stranger.said))
}

/// A feed that was given up and is still here, and one that was written anew without a word.
fn odd_generations() -> Batch {
    let mut person = Person::new(6, "Flo", "Watch");
    let first = person.say(&note("Before", Vec::new()));
    let rewrite = Rewrite {
        generation: 1,
        identity: person.device.identity(),
        new_head: Cid::of(b"new"),
        old_head: first.id(),
        removed: Vec::new(),
    };
    person.declare(&person.device.clone(), &Payload::Rewrite(rewrite));
    let mut silent = Person::new(7, "Gil", "Desk");
    let said = note("Anew", Vec::new());
    let draft = silent.draft(silent.device.identity(), None, &said);
    let anew = Draft { generation: 7, ..draft }.sign(&silent.device, Time(0)).unwrap();
    let mut key = pack_key(&silent.device.identity(), 0);
    key.bytes[39] = 7;
    let mut batch = person.packs();
    batch.extend(
        Batch::new()
            .put(pack_key(&silent.synod(), 0), packed(&silent.account))
            .put(key, packed(&[kept(&anew, Some(&said))])),
    );
    batch
}

/// Blobs of the wrong size, and pictures that are none.
fn odd_blobs() -> Batch {
    let mut person = Person::new(4, "Dee", "Phone");
    let broken = png(16, 12, 40)[..60].to_vec();
    let long = vec![7; BLOB_BYTES + 1];
    let image = |bytes: &[u8], size| {
        let content = Content {
            cid: Cid::of(bytes),
            height: 12,
            image_type: ImageType::Png,
            size,
            width: 16,
        };
        Image { alt: String::new(), content, thumbnail: None }
    };
    person.say(&note("Broken", vec![image(&broken, 60)]));
    person.say(&note("No manifest", vec![image(b"manifest?", 1 << 20)]));
    let mut batch = person.packs();
    for (bytes, size) in
        [(broken, 60), (long.clone(), long.len() as u64), (b"manifest?".to_vec(), 8)]
    {
        let cid = Cid::of(&bytes);
        batch = batch.put(blob_key(&cid), bytes).put(meta_key(b"blob/", &cid), facts(size, 2));
    }
    batch
}
