//! Disks that are full or damaged: what is there goes on being given, and nothing wrong ever is.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use effigy_proto::{ErrorCode, HubRefusal, Message};
use rustix::process::Signal;

use crate::person::{Person, among_people, befriend, picture};
use crate::raw::{Puppet, Raw};
use crate::support::{Hub, PATIENCE, command, folder};

/// Bytes of a page of the store.
const PAGE: usize = 4096;
/// How many pages are damaged, one at a time; `EFFIGY_TEST_PAGES` says otherwise for a longer run.
const PAGES: usize = 24;

/// A hub whose files may not grow beyond a length, once told so. The system ends programs for that,
/// unless they say they can live with it; a full disk does not.
fn limited(folder: &Path) -> Hub {
    let hub = env!("CARGO_BIN_EXE_effigy-hub");
    let (data, app) = (folder.join("data"), folder.join("app"));
    let script = format!(
        "trap '' XFSZ; exec {hub} --listen 127.0.0.1:0 --exempt-loopback --data {} --assets {}",
        data.display(),
        app.display()
    );
    Hub::spawn(Command::new("sh").args(["-c", &script]))
}

/// R21: without room a hub goes on giving and passing on, says so, and recovers by itself.
#[test]
fn a_hub_whose_disk_is_full_goes_on_and_takes_in_later_what_it_missed() {
    let folder = folder();
    let hub = limited(folder.path());
    among_people(async {
        let mut ana = Person::begin("Ana", &[&hub.address]).await;
        let mut ben = Person::begin("Ben", &[&hub.address]).await;
        befriend(&ana, &mut ben).await;
        ana.post("while there is room").await;
        ben.until_reads("while there is room").await;
        let length = std::fs::metadata(folder.path().join("data/hub.redb")).unwrap().len();
        hub.limit_files(Some(length));
        let mut n_posts = 0;
        while hub.metric("effigy_hub_store_full") == 0 {
            assert!(n_posts < 400, "the disk has no end");
            n_posts += 1;
            ana.post_picture(&format!("picture {n_posts}"), &picture(200_000)).await;
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        let health = hub.get("/healthz");
        assert_eq!(health.status, 503);
        assert!(health.text().contains(r#""store":"full""#), "{}", health.text());
        // People are told, and nothing is confirmed that is not there.
        ana.until_true("what the hub refuses", |told| {
            told.network.hubs.iter().any(|hub| hub.refuses == Some(HubRefusal::Disk))
        })
        .await;
        // Heads and entries are given, and letters passed on, to people who are new as well.
        let mut reader = Puppet::new().await;
        let mut raw = reader.open(&hub).await;
        raw.say(&Message::GetHeads { identities: vec![ana.device()] }).await;
        let heard = raw.hear_until_pong().await;
        let head = heard.iter().find_map(|message| match message {
            Message::LastKnownHeads { heads } => heads.first().copied(),
            _ => None,
        });
        let head = head.expect("what is there is given");
        let refused = Message::Error { about: 0, code: ErrorCode::Full };
        assert!(head.count >= 1 && heard.contains(&refused), "{heard:?}");
        ask(&mut raw, ana.device()).await;
        assert!(matches!(raw.hear().await, Some(Message::Entries { .. })));
        let writer = &mut Puppet::new().await;
        let mut writing = writer.open(&hub).await;
        writing.say(&writer.letter_to(reader.device(), 500)).await;
        let letter =
            async { while !matches!(raw.hear().await, Some(Message::MessageFrom { .. })) {} };
        tokio::time::timeout(PATIENCE, letter).await.expect("a letter");
        // What is written meanwhile waits at home.
        ana.post("without room").await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!ben.told(|told| told.has_post("without room")));
        assert_eq!(hub.metric("effigy_hub_store_full"), 1);
        // There is room again: nobody has to do anything.
        hub.limit_files(None);
        hub.until_metric("effigy_hub_store_full", 0);
        ana.until_kept().await;
        ben.until_reads("without room").await;
        assert_eq!(hub.get("/healthz").status, 200);
        let refuses = ana.told(|told| told.network.hubs[0].refuses);
        assert_eq!(refuses, None);
    });
}

async fn ask(raw: &mut Raw, identity: effigy_core::Identity) {
    let (generation, limit, request, skip) = (0, 100, 1, 0);
    let after = vec![];
    raw.say(&Message::GetEntries { after, generation, identity, limit, request, skip }).await;
}

/// R33: whatever page of the store is damaged, the hub starts or says how to go on, and never gives
/// what nobody wrote.
#[test]
fn a_store_with_a_damaged_page_starts_or_says_what_to_do_and_gives_nothing_wrong() {
    let folder = folder();
    let mut feeds = Vec::new();
    let mut hub = Hub::start(folder.path(), &["--exempt-loopback"]);
    among_people(async {
        for name in ["Ana", "Ben"] {
            let mut person = Person::begin(name, &[&hub.address]).await;
            for n in 0..90 {
                person.post(&format!("{n} {}", "words ".repeat(200))).await;
            }
            person.post_picture("a picture", &picture(120_000)).await;
            person.until_kept().await;
            feeds.extend([person.device(), person.synod()]);
        }
    });
    hub.signal(Signal::TERM);
    hub.wait();
    let store = folder.path().join("data/hub.redb");
    let whole = std::fs::read(&store).unwrap();
    let n_pages = whole.len() / PAGE;
    assert!(n_pages >= 150, "{n_pages} pages");
    let wanted = std::env::var("EFFIGY_TEST_PAGES").ok().and_then(|text| text.parse().ok());
    let wanted: usize = wanted.unwrap_or(PAGES);
    let complete = n_given(&start(folder.path()).unwrap(), &feeds);
    assert!(complete > 180, "{complete} entries");
    let repair = format!("mv {} {}.damaged", store.display(), store.display());
    let (mut n_started, mut n_refused, mut n_less) = (0, 0, 0);
    for nth in 0..wanted.min(n_pages) {
        // The first pages say where all others are.
        let page = if nth < 3 { nth } else { nth * n_pages / wanted.min(n_pages) };
        let mut damaged = whole.clone();
        let bytes = &mut damaged[page * PAGE..(page + 1) * PAGE];
        // Every byte of the page: whatever stood there is something else now.
        bytes.iter_mut().for_each(|byte| *byte ^= 0x5A);
        std::fs::write(&store, &damaged).unwrap();
        let refusal = match start(folder.path()) {
            Err(words) => Some(words),
            Ok(mut hub) => {
                let n_given = n_given(&hub, &feeds);
                if n_given < complete {
                    // It may be about to give up.
                    std::thread::sleep(Duration::from_millis(200));
                }
                let words = hub.last_words();
                n_less += u32::from(n_given < complete && words.is_none());
                words
            }
        };
        match refusal {
            None => n_started += 1,
            Some(words) => {
                n_refused += 1;
                assert!(words.contains(&repair), "page {page}: {words}");
            }
        }
    }
    println!("{n_started} started, {n_less} of them with less, {n_refused} refused");
    assert!(n_started > 0 && n_refused > 0, "both happen");
    // What the hub says is to be done helps.
    std::fs::rename(&store, store.with_extension("redb.damaged")).unwrap();
    let hub = Hub::start(folder.path(), &["--exempt-loopback"]);
    assert_eq!(hub.get("/healthz").status, 200);
}

/// Starts a hub on what may be damaged; or gives what it says instead.
#[expect(clippy::zombie_processes, reason = "a hub waits for its process when it is dropped")]
fn start(folder: &Path) -> Result<Hub, String> {
    let mut child = command(folder, "127.0.0.1:0", &["--exempt-loopback"]).spawn().unwrap();
    let start = Instant::now();
    let mut said = Vec::new();
    let mut out = child.stdout.take().unwrap();
    // It says where it is, or that is its end.
    loop {
        assert!(start.elapsed() < PATIENCE, "neither started nor refused");
        let mut piece = [0; 512];
        let n_read = std::io::Read::read(&mut out, &mut piece).unwrap();
        said.extend_from_slice(&piece[..n_read]);
        let text = String::from_utf8_lossy(&said);
        let line = text.lines().find_map(|line| line.strip_prefix("Effigy hub is at "));
        if let Some(address) = line.filter(|_| text.ends_with('\n')) {
            let address = address.to_owned();
            return Ok(Hub::adopt(child, out, address));
        }
        if n_read == 0 {
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(1));
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
    }
}

/// How many entries a hub gives of these feeds. What it gives is read as everybody reads it: hashes
/// and signatures are checked. It may also end while it is asked, as long as it gives nothing wrong.
pub(crate) fn n_given(hub: &Hub, feeds: &[effigy_core::Identity]) -> usize {
    let mut n_given = 0;
    among_people(async {
        let mut reader = Puppet::new().await;
        let Some(mut raw) = reader.try_open(hub).await else { return };
        for feed in feeds {
            ask(&mut raw, *feed).await;
            loop {
                match raw.hear().await {
                    Some(Message::Entries { records, .. }) => {
                        n_given += records.len();
                        break;
                    }
                    Some(Message::Error { about: 1, .. }) => break,
                    Some(_) => (),
                    None => return,
                }
            }
        }
    });
    n_given
}
