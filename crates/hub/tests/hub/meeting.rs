//! People meet at a hub: sessions, invites, posts, pictures, and what a hub must not lose.

use std::time::{Duration, Instant};

use effigy_proto::{Command, Message};
use futures_util::StreamExt;
use rustix::process::Signal;
use tokio_tungstenite::tungstenite::Message as Wire;

use crate::person::{Person, among_people, befriend, picture};
use crate::raw::{session, silent_session};
use crate::support::{Hub, folder};

#[test]
fn a_session_opens_and_is_counted() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &[]);
    among_people(async {
        let ana = Person::begin("Ana", &[&hub.address]).await;
        ana.until_connected().await;
        assert_eq!(hub.metric("effigy_hub_sessions_open"), 1);
        assert_eq!(hub.metric("effigy_hub_sockets_open"), 1);
        ana.until_kept().await;
        drop(ana);
    });
    hub.until_metric("effigy_hub_sockets_open", 0);
    assert_eq!(hub.metric("effigy_hub_sessions_open"), 0);
    assert!(hub.metric("effigy_hub_entries") >= 3);
}

/// One invite, both ways: each follows the other and reads what the other writes.
#[test]
fn two_people_meet_and_read_each_other() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &[]);
    among_people(async {
        let mut ana = Person::begin("Ana", &[&hub.address]).await;
        let mut ben = Person::begin("Ben", &[&hub.address]).await;
        ana.post("before").await;
        befriend(&ana, &mut ben).await;
        ben.until_reads("before").await;
        ana.post("from Ana").await;
        ben.post("from Ben").await;
        ben.until_reads("from Ana").await;
        ana.until_reads("from Ben").await;
    });
}

/// Pictures of one blob and of several arrive whole.
#[test]
fn pictures_arrive_byte_for_byte() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &[]);
    among_people(async {
        let mut ana = Person::begin("Ana", &[&hub.address]).await;
        let mut ben = Person::begin("Ben", &[&hub.address]).await;
        befriend(&ana, &mut ben).await;
        for size in [1_000, 100_000, 1_500_000] {
            let bytes = picture(size);
            let text = format!("{size} bytes");
            let (cid, size) = ana.post_picture(&text, &bytes).await;
            ben.until_reads(&text).await;
            ben.tell(Command::LoadContent { cid, size }).await;
            let came = ben
                .until("the picture", |told| {
                    told.contents
                        .iter()
                        .find(|(name, bytes)| *name == cid && bytes.is_some())
                        .cloned()
                })
                .await;
            assert!(came.1.as_deref() == Some(bytes.as_slice()), "{text}");
        }
    });
    assert!(hub.metric("effigy_hub_blobs") > 7);
}

/// Who was away catches up from the hub, with the writer gone.
#[test]
fn who_was_away_catches_up_from_the_hub() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &[]);
    among_people(async {
        let mut ana = Person::begin("Ana", &[&hub.address]).await;
        let mut ben = Person::begin("Ben", &[&hub.address]).await;
        befriend(&ana, &mut ben).await;
        let ben = ben.pause().await;
        for n in 0..250 {
            ana.post(&format!("post {n}")).await;
        }
        ana.until_kept().await;
        drop(ana);
        let ben = ben.resume();
        ben.until_reads("post 249").await;
        let n_posts = ben.told(|told| told.posts().count());
        assert_eq!(n_posts, 250, "each once");
    });
}

/// Told to stop, the hub says goodbye to those who are connected and does not wait for them.
#[test]
fn stopping_closes_sessions_and_keeps_everything() {
    let folder = folder();
    let mut hub = Hub::start(folder.path(), &[]);
    among_people(async {
        let mut ana = Person::begin("Ana", &[&hub.address]).await;
        let (mut raw, _) = session(&hub).await;
        ana.post("just before the end").await;
        ana.until_kept().await;
        let mut others = Vec::new();
        for _ in 0..20 {
            others.push(silent_session(&hub).await);
        }
        raw.hear_until_pong().await;
        let start = Instant::now();
        hub.signal(Signal::TERM);
        // R22: first it says how to come back. The more are here, the longer they take for it.
        let (mut spread, mut code) = (None, None);
        while let Some(Ok(wire)) = raw.0.next().await {
            match wire {
                Wire::Text(text) => {
                    if let Ok(Message::Away { spread: told }) = Message::decode_text(&text) {
                        spread = Some(told);
                    }
                }
                Wire::Close(Some(frame)) => code = Some(u16::from(frame.code)),
                _ => (),
            }
        }
        assert_eq!((spread, code), (Some(22 * 15), Some(1001)));
        drop((raw, others));
        // The person's device does as every client: it sees the end and lets go.
        ana.until_true("the end", |told| told.network.peers.is_empty()).await;
        assert_eq!(hub.wait(), Some(0));
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    });
    drop(hub);
    let hub = Hub::start(folder.path(), &[]);
    assert!(hub.metric("effigy_hub_entries") >= 4);
}
