//! What must survive: killed hubs, networks that come and go, peers that fall silent.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use effigy_core::Identity;
use effigy_proto::{Command, Message};
use effigy_store::pack::Pack;
use effigy_store::{MemoryStore, Range, Store, Table};
use effigy_store_redb::RedbStore;
use rustix::process::Signal;

use crate::person::{Person, among_people, befriend, picture};
use crate::proxy::{Proxy, Weather};
use crate::raw::{Puppet, session, silent_session};
use crate::support::{Hub, folder, unused_address};

/// How often hubs are killed; `EFFIGY_TEST_KILLS` says otherwise for a longer run.
const KILLS: u64 = 200;
/// How many hubs live and die side by side: most of a round is waiting.
const HUBS: u64 = 8;

/// R18: what the hub said it holds is there after `kill -9`, whenever that comes.
#[test]
fn a_killed_hub_has_lost_nothing_it_confirmed() {
    let kills = std::env::var("EFFIGY_TEST_KILLS").ok().and_then(|text| text.parse().ok());
    let kills: u64 = kills.unwrap_or(KILLS);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..HUBS {
            scope.spawn(|| kill_again_and_again(kills.div_ceil(HUBS)));
        }
    });
    println!("{kills} kills in {:?}", start.elapsed());
}

fn kill_again_and_again(kills: u64) {
    let folder = folder();
    let listen = unused_address();
    let mut hub = Hub::start_at(folder.path(), &listen, &["--exempt-loopback"]);
    among_people(async {
        let mut ana = Person::begin("Ana", &[&hub.address]).await;
        let mut ben = Person::begin("Ben", &[&hub.address]).await;
        befriend(&ana, &mut ben).await;
        let ben = ben.pause().await;
        let mut n_posts = 0;
        for round in 0..kills {
            let before = confirmed(&ana.store).await;
            // Not before the hub confirms something new, then at any moment.
            while confirmed(&ana.store).await == before || n_posts % 7 != round % 7 {
                ana.tell(Command::Wake).await;
                tokio::time::sleep(Duration::from_millis(1 + round % 5)).await;
                n_posts += 1;
                if n_posts % 16 == 0 {
                    ana.post_picture(&format!("post {n_posts}"), &picture(90_000)).await;
                } else {
                    ana.post(&format!("post {n_posts}")).await;
                }
            }
            hub.signal(Signal::KILL);
            hub.wait();
            let acknowledged = confirmed(&ana.store).await;
            let held = held(&folder.path().join("data/hub.redb"), ana.device()).await;
            assert!(held >= acknowledged, "round {round}: {held} of {acknowledged} are there");
            let start = Instant::now();
            hub = Hub::start_at(folder.path(), &listen, &["--exempt-loopback"]);
            assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        }
        ana.tell(Command::Wake).await;
        ana.until_kept().await;
        drop(ana);
        let ben = ben.resume();
        ben.until_reads(&format!("post {n_posts}")).await;
        let read = ben.told(|told| told.posts().count());
        assert_eq!(read as u64, n_posts, "each once");
    });
}

/// How many entries of the own feed somebody confirmed: the node writes it down at once.
async fn confirmed(store: &MemoryStore) -> u64 {
    let receipts = store.scan(Range::all(Table::Receipts)).await.unwrap();
    let count = |value: &[u8]| u64::from_be_bytes(value[1..9].try_into().unwrap());
    receipts.iter().map(|(_, value)| count(value)).max().unwrap_or(0)
}

/// How many entries of a feed are in the file of a hub that does not run.
async fn held(path: &std::path::Path, feed: Identity) -> u64 {
    let store = RedbStore::open_existing(path).unwrap();
    let range = Range::prefix(Table::Packs, feed.bytes().as_slice());
    let packs = store.scan(range).await.unwrap();
    packs.iter().map(|(_, pack)| Pack::open(pack).unwrap().records().flatten().count() as u64).sum()
}

/// R13: a network that comes and goes leaves one connection and nothing twice.
#[test]
fn a_flapping_network_leaks_nothing_and_doubles_nothing() {
    let folder = folder();
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", door.local_addr().unwrap());
    let listen = unused_address();
    let flags = ["--exempt-loopback", "--origin", address.as_str()];
    let hub = Hub::start_at(folder.path(), &listen, &flags);
    among_people(async {
        let proxy = Proxy::start(door, hub.port);
        let mut ana = Person::begin("Ana", &[&address]).await;
        let mut ben = Person::begin("Ben", &[&address]).await;
        befriend(&ana, &mut ben).await;
        for n in 0..40 {
            proxy.set(Weather::Cut);
            ana.post(&format!("post {n}")).await;
            tokio::time::sleep(Duration::from_millis(n % 7)).await;
            proxy.set(Weather::Fine);
            ana.tell(Command::Wake).await;
            ben.tell(Command::Wake).await;
            tokio::time::sleep(Duration::from_millis(n % 31)).await;
        }
        ben.until_reads("post 39").await;
        let posts = ben.told(|told| told.posts().count());
        assert_eq!(posts, 40, "each once");
        assert!(proxy.n_carried() > 20, "{} connections", proxy.n_carried());
        hub.until_metric("effigy_hub_sockets_open", 2);
        assert_eq!(hub.metric("effigy_hub_sessions_open"), 2);
    });
}

/// R14: a socket at whose other end nobody is any more is found out.
#[test]
fn a_half_open_connection_is_closed() {
    let folder = folder();
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", door.local_addr().unwrap());
    let listen = unused_address();
    let flags = ["--origin", &address, "--ping-interval", "1", "--silence-timeout", "3"];
    let hub = Hub::start_at(folder.path(), &listen, &flags);
    among_people(async {
        let proxy = Proxy::start(door, hub.port);
        let ana = Person::begin("Ana", &[&address]).await;
        ana.until_connected().await;
        // Quiet is not gone: whoever answers pings stays.
        tokio::time::sleep(Duration::from_millis(3_500)).await;
        assert_eq!(hub.metric("effigy_hub_sessions_open"), 1);
        proxy.set(Weather::Frozen);
        let start = Instant::now();
        while hub.metric("effigy_hub_sessions_open") > 0 {
            assert!(start.elapsed() < Duration::from_secs(6), "still held");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(start.elapsed() > Duration::from_millis(1_500), "{:?}", start.elapsed());
        assert_eq!(hub.metric("effigy_hub_silent_total"), 1);
    });
}

/// Who is awake is told to those who list each other, and to nobody else.
#[test]
fn presence_is_for_those_who_list_each_other() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &["--exempt-loopback"]);
    among_people(async {
        let (mut ana, a) = session(&hub).await;
        let (mut ben, b) = session(&hub).await;
        let (mut carl, _) = session(&hub).await;
        let online = |watch: Vec<Identity>| Message::Online { watch };
        let list = |identities: Vec<Identity>| Message::PresenceList { identities };
        ana.hear_until_pong().await;
        carl.hear_until_pong().await;
        ana.say(&online(vec![b])).await;
        assert_eq!(ana.hear_until_pong().await, [list(vec![])]);
        carl.say(&online(vec![a, b])).await;
        assert_eq!(carl.hear_until_pong().await, [list(vec![])]);
        ben.hear_until_pong().await;
        ben.say(&online(vec![a])).await;
        assert_eq!(ben.hear_until_pong().await, [list(vec![a])]);
        assert_eq!(ana.hear_until_pong().await, [list(vec![b])]);
        drop(ana);
        assert_eq!(ben.hear().await, Some(Message::Offline { identity: a }));
        assert_eq!(carl.hear_until_pong().await, [], "carl was told nothing");
    });
}

/// R25: who takes nothing is cut off, and those who write to him go on.
#[test]
fn a_slow_reader_is_cut_off_alone() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &["--exempt-loopback"]);
    among_people(async {
        let mut slow = Puppet::new().await;
        let mut quick = Puppet::new().await;
        let mut writer = Puppet::new().await;
        let mut slow_raw = slow.open(&hub).await;
        // Long letters come from those whom one lists.
        slow_raw.say(&Message::Online { watch: vec![writer.device()] }).await;
        slow_raw.hear_until_pong().await;
        let mut quick_raw = quick.open(&hub).await;
        let mut writer_raw = writer.open(&hub).await;
        let mut n_written = 0;
        // The system's own buffers take a few megabytes first.
        while hub.metric("effigy_hub_slow_total") == 0 {
            assert!(n_written < 400, "never cut off");
            for _ in 0..10 {
                n_written += 1;
                writer_raw.say(&writer.letter_to(slow.device(), 48_000)).await;
            }
            writer_raw.say(&writer.letter_to(quick.device(), 500)).await;
            let heard = quick_raw.hear_until_pong().await;
            let is_letter = |message: &Message| matches!(message, Message::MessageFrom { .. });
            if !heard.iter().any(is_letter) {
                assert!(is_letter(&quick_raw.hear().await.unwrap()));
            }
        }
        writer_raw.hear_until_pong().await;
        hub.until_metric("effigy_hub_sessions_open", 2);
        drop(slow_raw);
    });
}

/// Who asks for much and reads slowly gets everything, at his own pace.
#[test]
fn a_patient_reader_gets_all_he_asked_for() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &["--exempt-loopback"]);
    among_people(async {
        let mut ana = Person::begin("Ana", &[&hub.address]).await;
        for n in 0..100 {
            ana.post(&format!("{n} {}", "long ".repeat(300))).await;
        }
        ana.until_kept().await;
        let (mut raw, _) = session(&hub).await;
        raw.hear_until_pong().await;
        // Fifteen megabytes of answers, none of which is read before all were asked for.
        for request in 1..=100 {
            let (after, identity) = (vec![], ana.device());
            let (generation, limit, skip) = (0, 100, 0);
            raw.say(&Message::GetEntries { after, generation, identity, limit, request, skip })
                .await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut n_answers = 0;
        while n_answers < 100 {
            if let Message::Entries { records, .. } = raw.hear().await.expect("not cut off") {
                assert!(records.len() > 50);
                n_answers += 1;
            }
        }
        assert_eq!(hub.metric("effigy_hub_slow_total"), 0);
    });
}

/// R24 at commit size: who is connected and silent costs little.
#[test]
fn idle_sessions_are_cheap() {
    const N_SESSIONS: u64 = 1_000;
    let folder = folder();
    let hub = Hub::start(folder.path(), &["--exempt-loopback"]);
    among_people(async {
        let (_first, _) = session(&hub).await;
        let before = hub.resident_bytes();
        let (mut held, opening) = (Vec::new(), Instant::now());
        for _ in 0..N_SESSIONS {
            held.push(silent_session(&hub).await);
        }
        // Who is silent is taken for gone after 35 seconds, also where all this takes so long.
        let is_prompt = opening.elapsed() < Duration::from_secs(25);
        let n_open = hub.metric("effigy_hub_sessions_open");
        let each = hub.resident_bytes().saturating_sub(before) / n_open;
        let start = Instant::now();
        let mut raw = held.pop().unwrap();
        raw.hear_until_pong().await;
        println!("{N_SESSIONS} sessions: {each} bytes each, an answer in {:?}", start.elapsed());
        assert!(each < 16 * 1024, "{each} bytes each");
        assert!(n_open == N_SESSIONS + 1 || !is_prompt, "{n_open} are open");
    });
}

/// R34 in short: however many come and go, the process stays as small as it was. Rounds of an hour or a
/// night with `EFFIGY_TEST_ROUNDS`.
#[test]
fn coming_and_going_costs_no_memory() {
    const EACH: usize = 50;
    let rounds = std::env::var("EFFIGY_TEST_ROUNDS").ok().and_then(|text| text.parse().ok());
    let rounds: usize = rounds.unwrap_or(40);
    let folder = folder();
    let hub = Hub::start(folder.path(), &["--exempt-loopback"]);
    among_people(async {
        let ana = Person::begin("Ana", &[&hub.address]).await;
        ana.until_kept().await;
        let mut before = 0;
        for round in 0..rounds {
            let mut held = Vec::new();
            for _ in 0..EACH {
                held.push(silent_session(&hub).await);
            }
            for raw in &mut held {
                raw.say(&Message::GetHeads { identities: vec![ana.device(), ana.synod()] }).await;
                raw.hear_until_pong().await;
            }
            drop(held);
            if round == rounds / 2 {
                before = hub.resident_bytes();
            }
        }
        let after = hub.resident_bytes();
        println!("{} KB after half of {rounds} rounds, {} KB after all", before >> 10, after >> 10);
        assert!(after < before + (2 << 20), "{before} bytes became {after}");
        hub.until_metric("effigy_hub_sessions_open", 1);
    });
}
