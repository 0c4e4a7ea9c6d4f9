//! R27: data folders that another version of the hub wrote.

use redb::{Database, TableDefinition};
use rustix::process::Signal;

use crate::disk::n_given;
use crate::person::{Person, among_people};
use crate::support::{Hub, fails, folder};

type Table = TableDefinition<'static, &'static [u8], &'static [u8]>;

const SCHEMA: TableDefinition<'static, &str, u64> = TableDefinition::new("schema");
/// The version whose files this hub writes.
const TODAY: u64 = 2;

/// Says that the store in a folder has this shape; the first is made of today's.
fn becomes(store: &std::path::Path, version: u64) {
    let database = Database::open(store).unwrap();
    let transaction = database.begin_write().unwrap();
    if version == 1 {
        let packs: Table = TableDefinition::new("packs");
        let entries: Table = TableDefinition::new("entries");
        let quarantine: Table = TableDefinition::new("quarantine");
        transaction.rename_table(packs, entries).unwrap();
        assert!(transaction.delete_table(quarantine).unwrap());
    }
    let mut schema = transaction.open_table(SCHEMA).unwrap();
    let before = schema.insert("version", version).unwrap().map(|before| before.value());
    assert!(before.is_some());
    drop(schema);
    transaction.commit().unwrap();
}

#[test]
fn what_another_version_wrote_comes_forward_or_is_plainly_left_alone() {
    let folder = folder();
    let mut hub = Hub::start(folder.path(), &["--exempt-loopback"]);
    let mut feeds = Vec::new();
    among_people(async {
        let mut ana = Person::begin("Ana", &[&hub.address]).await;
        for n in 0..5 {
            ana.post(&format!("post {n}")).await;
        }
        ana.until_kept().await;
        feeds.extend([ana.device(), ana.synod()]);
    });
    let n_kept = n_given(&hub, &feeds);
    assert!(n_kept >= 8, "{n_kept} entries");
    hub.signal(Signal::TERM);
    assert_eq!(hub.wait(), Some(0));
    let store = folder.path().join("data/hub.redb");
    // An older one is brought forward, and nothing of it is lost. It stays so.
    becomes(&store, 1);
    for _ in 0..2 {
        let mut hub = Hub::start(folder.path(), &["--exempt-loopback"]);
        assert_eq!(n_given(&hub, &feeds), n_kept);
        hub.signal(Signal::TERM);
        assert_eq!(hub.wait(), Some(0));
    }
    // A later one is refused, with what it is, and left as it is.
    becomes(&store, TODAY + 1);
    let (code, words) = fails(folder.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(words.contains("by a newer version (schema 3; this one knows 2)"), "{words}");
    assert!(!words.contains("damaged"), "{words}");
    becomes(&store, TODAY);
    let hub = Hub::start(folder.path(), &["--exempt-loopback"]);
    assert_eq!(n_given(&hub, &feeds), n_kept);
}
