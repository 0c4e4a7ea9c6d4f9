//! Stores with people in them, always the same ones, and one store that suffered.

use std::fs;
use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use effigy_core::blob::split;
use effigy_core::identity::Purpose;
use effigy_core::mnemonic::Words;
use effigy_core::payload::{
    AddDevice, Comment, Content, Delete, Follow, Genesis, Hub, Hubs, Image, ImageType, Note, Power,
    Profile, consent_bytes,
};
use effigy_core::random::Random;
use effigy_core::seal::{self, SealingSecret};
use effigy_core::{Blob, Cid, Draft, Entry, Identity, Payload, Secret, Time};
use effigy_proto::record;
use effigy_store::{Batch, Key, Store, Table, pack};
use effigy_store_redb::RedbStore;

use super::picture::{png, talkative_png};

/// 20 November 2025, 10:00:00 UTC.
pub(crate) const BEGAN: u64 = 1_763_632_800_000;
/// Stands for whatever is secret in a store: nothing may ever print it.
pub(crate) const SECRET: &[u8; 16] = b"s3cret-s3cret-s3";

/// A folder full of stores, and what tests have to know of them.
pub(crate) struct Fixture {
    folder: tempfile::TempDir,
    /// A store that somebody has open.
    _open: RedbStore,
    /// The id of Ben's comment.
    pub(crate) comment: String,
    /// Ben's device.
    pub(crate) ben: String,
    /// A picture of one blob: its name and its bytes.
    pub(crate) small: (String, Vec<u8>),
    /// A picture of several blobs.
    pub(crate) large: (String, Vec<u8>),
}

impl Fixture {
    /// Builds everything anew.
    pub(crate) fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::create_dir(path.join("hub-data")).unwrap();
        fs::create_dir(path.join("running")).unwrap();
        let people = Crowd::new();
        people.keep(&path.join("hub-data/hub.redb"));
        people.keep_harmed(&path.join("damaged.redb"));
        people.keep_at_home(&path.join("laptop.redb"));
        let mut broken = fs::read(path.join("hub-data/hub.redb")).unwrap();
        let half = broken.len() / 2;
        broken[8192..half].fill(0);
        fs::write(path.join("broken.redb"), &broken).unwrap();
        fs::write(path.join("short.redb"), &broken[..half]).unwrap();
        people.keep_worse(&path.join("worse.redb"));
        people.write_files(path);
        people.back_up(path);
        let open = RedbStore::open(path.join("running/hub.redb")).unwrap();
        fs::write(path.join("running/hub.lock"), "4711\n").unwrap();
        fs::write(path.join("notes.txt"), "neither\n").unwrap();
        let done = super::effigy(path).args(["export", "hub-data", "whole.effigy"]).output();
        assert!(done.unwrap().status.success());
        let whole = fs::read(path.join("whole.effigy")).unwrap();
        fs::write(path.join("cut.effigy"), &whole[..whole.len() - 9]).unwrap();
        let mut flipped = whole;
        flipped[300] ^= 1;
        fs::write(path.join("flipped.effigy"), flipped).unwrap();
        Self {
            _open: open,
            comment: people.ben.ids.last().unwrap().to_string(),
            ben: people.ben.device.identity().to_string(),
            small: people.small.clone(),
            large: people.large.clone(),
            folder,
        }
    }

    /// Where they are.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// A person with one device, and what they have said.
pub(crate) struct Person {
    pub(crate) root: Secret,
    pub(crate) device: Secret,
    pub(crate) sealing: SealingSecret,
    /// Records of the account's feed.
    pub(crate) account: Vec<Vec<u8>>,
    /// Records of the device's feed.
    pub(crate) said: Vec<Vec<u8>>,
    pub(crate) account_head: Option<Cid>,
    pub(crate) head: Option<Cid>,
    /// Ids of what was said.
    ids: Vec<Cid>,
    pub(crate) clock: u64,
}

impl Person {
    pub(crate) fn new(seed: u8, name: &str, device: &str) -> Self {
        let words = Words::from_entropy(&[seed; 16]).unwrap();
        let mut person = Self {
            root: words.root_sign(),
            device: Secret::from_seed(&[seed.wrapping_add(100); 32]),
            sealing: SealingSecret::from_bytes([seed.wrapping_add(200); 32]),
            account: Vec::new(),
            said: Vec::new(),
            account_head: None,
            head: None,
            ids: Vec::new(),
            clock: BEGAN + u64::from(seed),
        };
        let root_seal = SealingSecret::from_bytes(*words.root_seal());
        let genesis = Genesis { sealing_key: root_seal.key().unwrap() };
        person.declare(&person.root.clone(), &Payload::Genesis(genesis));
        let sealing_key = person.sealing.key().unwrap();
        let consent = consent_bytes(person.synod(), &sealing_key);
        let device = AddDevice {
            consent: person.device.sign(Purpose::Consent, &consent),
            identity: person.device.identity(),
            name: device.to_owned(),
            powers: vec![Power::Admin, Power::Post],
            replaces: None,
            sealing_key,
        };
        person.declare(&person.root.clone(), &Payload::AddDevice(device));
        let profile = Profile { about: String::new(), name: name.to_owned(), picture: None };
        person.declare(&person.device.clone(), &Payload::Profile(profile));
        person
    }

    pub(crate) fn synod(&self) -> Identity {
        self.root.identity()
    }

    /// Writes on the account's feed.
    pub(crate) fn declare(&mut self, signer: &Secret, payload: &Payload) {
        let draft = self.draft(self.synod(), self.account_head, payload);
        let entry = Draft { synod: None, ..draft }.sign(signer, Time(self.clock)).unwrap();
        self.account_head = Some(entry.id());
        self.account.push(kept(&entry, Some(payload)));
    }

    /// Writes on the device's feed.
    pub(crate) fn say(&mut self, payload: &Payload) -> Entry {
        let draft = self.draft(self.device.identity(), self.head, payload);
        let entry = draft.sign(&self.device, Time(self.clock)).unwrap();
        self.head = Some(entry.id());
        self.ids.push(entry.id());
        self.said.push(kept(&entry, Some(payload)));
        entry
    }

    pub(crate) fn draft(
        &mut self,
        identity: Identity,
        head: Option<Cid>,
        payload: &Payload,
    ) -> Draft {
        self.clock += 60_000;
        Draft {
            after: 0,
            generation: 0,
            identity,
            kind: payload.kind().unwrap().to_owned(),
            parents: head.into_iter().collect(),
            payload: payload.write().unwrap(),
            synod: self.account_head.map(|head| (self.synod(), head)),
        }
    }

    pub(crate) fn packs(&self) -> Batch {
        Batch::new()
            .put(pack_key(&self.synod(), 0), packed(&self.account))
            .put(pack_key(&self.device.identity(), 0), packed(&self.said))
    }
}

/// Everybody.
pub(crate) struct Crowd {
    pub(crate) ana: Person,
    pub(crate) ben: Person,
    pub(crate) cleo: Person,
    pictures: Vec<Blob>,
    small: (String, Vec<u8>),
    large: (String, Vec<u8>),
    hello: Entry,
}

impl Crowd {
    fn new() -> Self {
        let mut ana = Person::new(1, "Ana Lima", "Laptop");
        let mut ben = Person::new(2, "Ben \u{1b}[31m\u{202e}", "Phone");
        let mut cleo = Person::new(3, "Cleo", "Tablet");
        let hub = Hub {
            identity: Secret::from_seed(&[77; 32]).identity(),
            origin: "https://hub.example".to_owned(),
        };
        ana.declare(&ana.device.clone(), &Payload::Hubs(Hubs { hubs: vec![hub] }));
        let hello = ana.say(&note("Hello from the hills.\n\nIt is **cold**.", Vec::new()));
        let mut pictures = Vec::new();
        let (thumbnail, _) = content(&png(16, 12, 200), 16, 12, &mut pictures);
        let (one, small) = content(&png(640, 480, 9_000), 640, 480, &mut pictures);
        let image = Image { alt: "A hill".to_owned(), content: one, thumbnail: Some(thumbnail) };
        ana.say(&note("The view", vec![image]));
        let (many, large) = content(&png(4000, 3000, 600_000), 4000, 3000, &mut pictures);
        let image = Image { alt: "All hills".to_owned(), content: many, thumbnail: None };
        ana.say(&note("", vec![image]));
        follow(&mut ana, ben.synod());
        let regretted = ana.say(&note("I regret this", Vec::new()));
        ana.said.pop();
        ana.said.push(record::encode(regretted.bytes(), None));
        ana.say(&Payload::Delete(Delete { target: regretted.id() }));
        let answer = Comment {
            images: Vec::new(),
            parent: hello.id(),
            root: hello.id(),
            text: "Nice!\u{1b}[2J\u{9b}0m\u{7} \u{202e}desrever".to_owned(),
        };
        ben.say(&Payload::Comment(answer));
        let first = cleo.say(&note("One", Vec::new()));
        cleo.say(&note("Two", Vec::new()));
        // The same device on a copy of its disk goes on from the first entry once more.
        cleo.head = Some(first.id());
        cleo.say(&note("Another two", Vec::new()));
        Self { ana, ben, cleo, pictures, small, large, hello }
    }

    pub(crate) fn batch(&self) -> Batch {
        let mut batch = Batch::new().strict();
        for person in [&self.ana, &self.ben, &self.cleo] {
            batch.extend(person.packs());
            batch = batch.put(peer_key(b"member/", &person.synod()), []);
        }
        for blob in &self.pictures {
            batch = batch
                .put(blob_key(&blob.cid()), blob.bytes())
                .put(meta_key(b"blob/", &blob.cid()), facts(blob.size(), 2));
        }
        for (cid, _) in [&self.small, &self.large] {
            batch = batch.put(meta_key(b"whole/", &cid.parse().unwrap()), []);
        }
        batch
    }

    /// What a hub keeps.
    fn keep(&self, path: &Path) {
        apply(&RedbStore::open(path).unwrap(), self.batch());
    }

    /// What Ana's own computer keeps, secrets included.
    fn keep_at_home(&self, path: &Path) {
        let friend = [&[0_u8], 2_u64.to_be_bytes().as_slice(), self.ben.synod().bytes()].concat();
        let hub = [&[1_u8], 6_u64.to_be_bytes().as_slice()].concat();
        let batch = self
            .ana
            .packs()
            .put(Key::new(Table::Keys, b"device".as_slice()), SECRET.as_slice())
            .put(Key::new(Table::Drafts, b"post".as_slice()), SECRET.as_slice())
            .put(
                Key::new(Table::Meta, b"invite".as_slice()),
                [BEGAN.to_be_bytes().as_slice(), SECRET].concat(),
            )
            .put(peer_key(b"follower/", &self.ben.synod()), [])
            .put(peer_key(b"greeting/", &self.cleo.synod()), SECRET.as_slice())
            .put(Key::new(Table::Receipts, self.ben.device.identity().bytes().as_slice()), friend)
            .put(
                Key::new(
                    Table::Receipts,
                    Secret::from_seed(&[77; 32]).identity().bytes().as_slice(),
                ),
                hub,
            );
        let (device, root) = (self.ana.device.identity(), self.ana.synod());
        let hub = Secret::from_seed(&[77; 32]).identity();
        let batch = batch
            .put(peer_key(b"moved/", &device), moved(5))
            .put(peer_key(b"moved/", &root), moved(2))
            .put(peer_key(b"met/", &hub), met(1, None, 9, &[device, root]))
            .put(
                peer_key(b"met/", &self.ben.device.identity()),
                met(0, Some(self.ben.synod()), 4, &[device, root]),
            );
        apply(&RedbStore::open(path).unwrap(), batch.strict());
    }

    /// What a hub keeps after a bad disk and a bad neighbour.
    fn keep_harmed(&self, path: &Path) {
        let mut batch = self.batch();
        // A byte of the second entry of Ana's device.
        let mut harmed = packed(&self.ana.said);
        let at = 6 + 4 + self.ana.said[0].len() + 4 + 4 + 99;
        harmed[at] ^= 1;
        batch = batch.put(pack_key(&self.ana.device.identity(), 0), harmed);
        // Ben's device writes on Ana's account.
        let mut ben = Person::new(2, "Ben", "Phone");
        let profile = Profile { about: "!".into(), name: "Ana?".into(), picture: None };
        let draft =
            ben.draft(self.ana.synod(), self.ana.account_head, &Payload::Profile(profile.clone()));
        let intrusion = Draft { synod: None, ..draft }.sign(&ben.device, Time(BEGAN * 2)).unwrap();
        let intrusion = kept(&intrusion, Some(&Payload::Profile(profile)));
        let count = u32::try_from(self.ana.account.len()).unwrap();
        batch = batch.put(pack_key(&self.ana.synod(), count), packed(&[intrusion]));
        // An entry of Cleo's that Cleo never signed, one whose payload was exchanged, one whose clock
        // runs backwards, and one without its parent.
        let mut cleo = Person::new(3, "Cleo", "Tablet");
        cleo.head = self.cleo.head;
        cleo.account_head = self.cleo.account_head;
        cleo.clock = self.cleo.clock;
        let forged = forge(cleo.say(&note("Never said", Vec::new())).bytes());
        cleo.head = self.cleo.head;
        let exchanged = cleo.say(&note("Words", Vec::new()));
        cleo.clock = BEGAN;
        cleo.head = self.cleo.head;
        let backwards = cleo.say(&note("Yesterday", Vec::new()));
        cleo.clock = self.cleo.clock * 2;
        cleo.head = Some(Cid::of(b"never there"));
        let orphan = cleo.say(&note("Where from?", Vec::new()));
        let other = note("Sword", Vec::new());
        let late = [
            record::encode(&forged, Some(&note("Never said", Vec::new()).write().unwrap())),
            record::encode(exchanged.bytes(), Some(&other.write().unwrap())),
            kept(&backwards, Some(&note("Yesterday", Vec::new()))),
            kept(&orphan, Some(&note("Where from?", Vec::new()))),
        ];
        let count = u32::try_from(self.cleo.said.len()).unwrap();
        batch = batch
            .put(pack_key(&self.cleo.device.identity(), count), packed(&late))
            .put(Key::new(Table::Packs, b"short".as_slice()), b"?".as_slice())
            .put(Key::new(Table::Quarantine, b"something".as_slice()), b"?".as_slice());
        batch = self.harm_blobs(batch);
        apply(&RedbStore::open(path).unwrap(), batch);
    }

    fn harm_blobs(&self, mut batch: Batch) -> Batch {
        let talkative = Blob::new(talkative_png(16, 12)).unwrap();
        let content = Content {
            cid: talkative.cid(),
            height: 12,
            image_type: ImageType::Png,
            size: talkative.size(),
            width: 16,
        };
        let image = Image { alt: String::new(), content, thumbnail: None };
        let mut ben = Person::new(2, "Ben", "Phone");
        ben.head = self.ben.head;
        ben.account_head = self.ben.account_head;
        ben.clock = self.ben.clock;
        let shown = note("Look", vec![image]);
        let entry = ben.say(&shown);
        let count = u32::try_from(self.ben.said.len()).unwrap();
        let gone = Cid::of(b"gone");
        // The last piece of the large picture is damaged.
        let piece = self.pictures.last().unwrap();
        let mut bytes = piece.bytes().to_vec();
        bytes[7] ^= 1;
        batch = batch
            .put(
                pack_key(&self.ben.device.identity(), count),
                packed(&[kept(&entry, Some(&shown))]),
            )
            .put(blob_key(&talkative.cid()), talkative.bytes())
            .put(meta_key(b"blob/", &talkative.cid()), facts(talkative.size(), 2))
            .put(blob_key(&piece.cid()), bytes)
            .put(meta_key(b"blob/", &gone), facts(4, 2))
            .put(blob_key(&Cid::of(b"loose")), b"loose".as_slice());
        batch
    }

    /// Entries in files of their own.
    fn write_files(&self, folder: &Path) {
        let bytes = self.hello.bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (_, payload) = record::split(&self.ana.said[0]).unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
        write("entry.txt", bytes);
        write("entry-payload.json", payload.unwrap());
        write("forged.txt", &forge(bytes));
        write("spelled.txt", text.replacen("{\"comparable\":", "{\"comparable\": ", 1).as_bytes());
        write("cut.txt", &bytes[..200]);
    }
}

/// The same entry with a signature that is none.
fn forge(entry: &[u8]) -> Vec<u8> {
    let newline = entry.iter().position(|byte| *byte == b'\n').unwrap();
    [&entry[..=newline], "A".repeat(86).as_bytes()].concat()
}

pub(crate) fn note(text: &str, images: Vec<Image>) -> Payload {
    Payload::Note(Note { images, text: text.to_owned() })
}

/// Follows somebody, which only the own devices can read.
fn follow(person: &mut Person, synod: Identity) {
    let text = Payload::Follow(Follow { on: true, synod }).write().unwrap();
    let mut random = Random::seeded([9; 32]);
    let key = person.sealing.key().unwrap();
    let binding =
        [person.device.identity().bytes().as_slice(), person.head.unwrap().digest().as_slice()]
            .concat();
    let sealed = seal::seal(&text, &[key], &binding, &mut random).unwrap();
    person.say(&Payload::parse("sealed", &sealed).unwrap());
}

pub(crate) fn content(
    bytes: &[u8],
    width: u32,
    height: u32,
    blobs: &mut Vec<Blob>,
) -> (Content, (String, Vec<u8>)) {
    let pieces = split(bytes).unwrap();
    let cid = pieces[0].cid();
    blobs.extend(pieces);
    let size = bytes.len() as u64;
    let content = Content { cid, height, image_type: ImageType::Png, size, width };
    (content, (cid.to_string(), bytes.to_vec()))
}

pub(crate) fn kept(entry: &Entry, payload: Option<&Payload>) -> Vec<u8> {
    record::encode(entry.bytes(), payload.map(|payload| payload.write().unwrap()).as_deref())
}

pub(crate) fn packed(records: &[Vec<u8>]) -> Vec<u8> {
    pack::encode(&records.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
}

pub(crate) fn pack_key(identity: &Identity, first: u32) -> Key {
    let generation = 0_u64.to_be_bytes();
    let bytes = [identity.bytes().as_slice(), &generation, &first.to_be_bytes()].concat();
    Key::new(Table::Packs, bytes)
}

pub(crate) fn blob_key(cid: &Cid) -> Key {
    Key::new(Table::Blobs, cid.digest().as_slice())
}

pub(crate) fn meta_key(prefix: &[u8], cid: &Cid) -> Key {
    Key::new(Table::Meta, [prefix, cid.digest()].concat())
}

fn peer_key(prefix: &[u8], synod: &Identity) -> Key {
    Key::new(Table::Peers, [prefix, synod.bytes()].concat())
}

pub(crate) fn facts(size: u64, flags: u8) -> Vec<u8> {
    [&[flags], u32::try_from(size).unwrap().to_be_bytes().as_slice()].concat()
}

pub(crate) fn apply(store: &RedbStore, batch: Batch) {
    let mut done = pin!(store.apply(batch));
    let mut context = Context::from_waker(Waker::noop());
    match done.as_mut().poll(&mut context) {
        Poll::Ready(done) => done.unwrap(),
        Poll::Pending => panic!("redb answers at once"),
    }
}

/// The number of a feed's last change, as a node notes it.
fn moved(mark: u64) -> Vec<u8> {
    [&[0_u8], mark.to_be_bytes().as_slice()].concat()
}

/// What a node notes of somebody whom it met: what they are, up to which change, and what they had.
fn met(is: u8, account: Option<Identity>, ours: u64, agrees: &[Identity]) -> Vec<u8> {
    let account = account.map_or([0; 32], |account| *account.bytes());
    let mut bytes = [&[is], account.as_slice(), &[7; 8]].concat();
    for number in [3, ours, BEGAN + 7_200_000] {
        bytes.extend(number.to_be_bytes());
    }
    agrees.iter().for_each(|feed| bytes.extend_from_slice(&feed.bytes()[..8]));
    bytes
}
