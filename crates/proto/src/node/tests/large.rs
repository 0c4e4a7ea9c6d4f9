//! Content of any size: it comes piece by piece, goes on where it was, and is whole or nothing.

use effigy_core::blob::Cutter;
use effigy_core::limits::{BLOB_BYTES, CHUNK_BYTES};
use effigy_core::payload::{File, Film, Video};
use effigy_core::video::VideoType;
use effigy_core::{Blob, Cid, Payload, Secret};
use effigy_feed::Relation;
use effigy_store::Table;

use super::devices::following;
use super::{Actor, Desk};
use crate::api::{
    Attaching, Command, Conditions, ContentKind, Event, Named, Refusal, Transfer, TransferState,
};
use crate::io::{Input, Link};
use crate::message::{ErrorCode, Message};

#[path = "../../../../core/tests/support/videos.rs"]
#[expect(dead_code, reason = "the tests of core use the rest of it")]
mod files;

const KIB: usize = 1024;

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 1_000) as u8 ^ (at % 7) as u8).collect()
}

fn cut(bytes: &[u8]) -> (Vec<Blob>, Cid) {
    let mut cutter = Cutter::default();
    let mut blobs = cutter.push(bytes).unwrap();
    let (last, cut) = cutter.finish().unwrap();
    blobs.extend(last);
    (blobs, cut.cid)
}

/// Says that there is a file with these bytes.
fn offers(actor: &mut Actor, bytes: &[u8]) -> (Vec<Blob>, Named) {
    let (blobs, cid) = cut(bytes);
    let size = bytes.len() as u64;
    let (mime, name, text) = (String::new(), "file".to_owned(), String::new());
    actor.says(Payload::File(File { cid, mime, name, size, text }));
    (blobs, Named { cid, size, kind: ContentKind::File })
}

/// Says that there is a video with these bytes.
fn films(actor: &mut Actor, bytes: &[u8]) -> (Vec<Blob>, Named) {
    let (blobs, cid) = cut(bytes);
    let (size, video_type) = (bytes.len() as u64, VideoType::Webm);
    let content = Film { cid, duration: 0, height: 9, video_type, size, width: 9 };
    let (alt, text) = (String::new(), String::new());
    actor.says(Payload::Video(Video { alt, content, poster: None, text }));
    (blobs, Named { cid, size, kind: ContentKind::Video(video_type) })
}

/// Gives whatever is wanted of these blobs, at most so many. Gives the names in the order in which they
/// were asked for.
fn gives(desk: &mut Desk, link: Link, blobs: &[Blob], most: usize) -> Vec<Cid> {
    let (mut given, mut quiet) = (Vec::new(), 0);
    while quiet < 2 {
        quiet += 1;
        for message in desk.heard(link) {
            match message {
                Message::IWant { cids } => {
                    let of = |cid: &Cid| blobs.iter().find(|blob| blob.cid() == *cid);
                    let found = cids.iter().filter_map(of).map(|blob| (blob.cid(), blob.size()));
                    desk.say(link, Message::IHave { blobs: found.collect() });
                    quiet = 0;
                }
                Message::GetBlob { cid, offset, request, .. } if given.len() < most => {
                    given.push(cid);
                    let blob = blobs.iter().find(|blob| blob.cid() == cid).unwrap();
                    let size = u32::try_from(blob.size()).unwrap();
                    for start in (offset as usize..blob.bytes().len()).step_by(CHUNK_BYTES) {
                        let end = blob.bytes().len().min(start + CHUNK_BYTES);
                        let bytes = blob.bytes()[start..end].to_vec();
                        let offset = u32::try_from(start).unwrap();
                        desk.say(link, Message::Chunk { bytes, offset, request, size });
                    }
                    quiet = 0;
                }
                Message::Error { code, .. } => panic!("{code:?}"),
                _ => (),
            }
        }
    }
    given
}

fn fetch(desk: &mut Desk, content: Named) {
    desk.tell(Input::Command(Command::FetchContent { content }));
}

fn transfer(desk: &Desk, named: Named) -> Option<Transfer> {
    desk.events.iter().rev().find_map(|event| match event {
        Event::Transfer(transfer) if transfer.cid == named.cid => Some(*transfer),
        _ => None,
    })
}

/// What a screen gets that reads all of it from a byte on; `None` when it would have to wait.
fn read(desk: &mut Desk, content: Named, mut from: u64) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    while from < content.size {
        desk.events.clear();
        desk.tell(Input::Command(Command::ReadContent { content, from, number: 7 }));
        let piece = desk.events.iter().find_map(|event| match event {
            Event::Range { bytes, number: 7, from: at, .. } if *at == from => bytes.clone(),
            _ => None,
        })?;
        from += piece.len() as u64;
        all.extend(piece);
    }
    Some(all)
}

fn blobs_kept(desk: &Desk) -> usize {
    desk.table(Table::Blobs).len()
}

/// Which of these blobs a stranger who asks is given.
fn given(desk: &mut Desk, link: Link, blobs: &[Blob]) -> usize {
    desk.heard(link);
    for (request, blob) in (1..).zip(blobs) {
        let (cid, max_size) = (blob.cid(), 1 << 20);
        desk.say(link, Message::GetBlob { cid, max_size, offset: 0, request });
    }
    let first = |message: &&Message| matches!(message, Message::Chunk { offset: 0, .. });
    desk.heard(link).iter().filter(first).count()
}

#[test]
fn a_long_file_comes_when_it_is_asked_for_and_goes_on_where_it_was() {
    let mut eve = Actor::new(3);
    let all = bytes(9 * BLOB_BYTES + 5);
    let (blobs, named) = offers(&mut eve, &all);
    let (mut desk, hub) = following(&[&eve]);
    assert_eq!(gives(&mut desk, hub.link, &blobs, 99), [], "nobody asked for it");
    fetch(&mut desk, named);
    let first = gives(&mut desk, hub.link, &blobs, 5);
    assert_eq!(first[0], named.cid, "first what tells of its pieces");
    let part = transfer(&desk, named).unwrap();
    assert_eq!((part.here, part.state), (4 * BLOB_BYTES as u64, TransferState::Arriving));
    assert_eq!(read(&mut desk, named, 0), None, "half of it is not all");
    let asker = desk.enters(7, &Secret::from_seed(&[70; 32]), None).link;
    assert_eq!(given(&mut desk, asker, &blobs), 5, "who has a part of a file gives it");

    desk.restart();
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    let rest = gives(&mut desk, hub.link, &blobs, 99);
    assert_eq!(rest.len(), 6, "only what is missing is asked for: {rest:?}");
    assert!(rest.iter().all(|cid| !first.contains(cid)));
    assert_eq!(read(&mut desk, named, 0).as_ref(), Some(&all));
    assert_eq!(read(&mut desk, named, 700_000).as_deref(), Some(&all[700_000..]));
    desk.restart();
    assert_eq!(read(&mut desk, named, 0), Some(all));
}

#[test]
fn a_screen_that_plays_gets_the_pieces_in_its_order() {
    let mut eve = Actor::new(3);
    let all = bytes(40 * BLOB_BYTES);
    let (blobs, named) = offers(&mut eve, &all);
    let (mut desk, hub) = following(&[&eve]);
    let from = 20 * BLOB_BYTES as u64 + 9;
    desk.tell(Input::Command(Command::ReadContent { content: named, from, number: 1 }));
    let order = gives(&mut desk, hub.link, &blobs, 99);
    let place = |cid: &Cid| blobs.iter().position(|blob| blob.cid() == *cid).unwrap();
    let places: Vec<usize> = order.iter().skip(1).map(place).take(12).collect();
    assert_eq!(places[0], 20, "{places:?}");
    assert!(places.iter().all(|place| (20..36).contains(place)), "{places:?}");
    let range = |event: &Event| matches!(event, Event::Range { bytes: Some(bytes), number: 1, .. } if bytes.len() == BLOB_BYTES - 9);
    assert!(desk.events.iter().any(range), "and it is told when the piece is here");
    assert_eq!(read(&mut desk, named, 0), Some(all));
}

#[test]
fn what_is_paused_waits_and_what_is_cancelled_is_gone() {
    let mut eve = Actor::new(3);
    let (blobs, named) = offers(&mut eve, &bytes(9 * BLOB_BYTES));
    let (mut desk, hub) = following(&[&eve]);
    fetch(&mut desk, named);
    gives(&mut desk, hub.link, &blobs, 4);
    desk.tell(Input::Command(Command::PauseContent { content: named }));
    assert_eq!(transfer(&desk, named).unwrap().state, TransferState::Paused);
    desk.restart();
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    assert_eq!(gives(&mut desk, hub.link, &blobs, 99), [], "also after a start");
    fetch(&mut desk, named);
    assert_eq!(gives(&mut desk, hub.link, &blobs, 2).len(), 2);
    desk.tell(Input::Command(Command::CancelContent { content: named }));
    assert_eq!(blobs_kept(&desk), 0);
    assert_eq!(transfer(&desk, named).unwrap().here, 0);
    fetch(&mut desk, named);
    assert_eq!(gives(&mut desk, hub.link, &blobs, 99).len(), 10, "and can be had again");
    let (on, relation, synod) = (true, Relation::Block, eve.synod());
    desk.ask(|ticket| Command::Relate { on, relation, synod, ticket });
    assert_eq!(blobs_kept(&desk), 0);
    let left = |key: &[u8]| key.starts_with(b"bits/") || key.starts_with(b"large/");
    assert!(!desk.table(Table::Meta).iter().any(|(key, _)| left(key)), "nothing is left of it");
}

#[test]
fn a_video_that_tells_too_much_is_not_kept_nor_passed_on() {
    let tags = files::element(&[0x12, 0x54, 0xC3, 0x67], b"LOCATION +52.5200+013.4050/");
    for (good, more) in [(true, Vec::new()), (false, tags)] {
        let mut eve = Actor::new(3);
        let film = files::webm(&more, &[], 300 * KIB);
        let (blobs, named) = films(&mut eve, &film);
        let (mut desk, hub) = following(&[&eve]);
        let asker = desk.enters(7, &Secret::from_seed(&[70; 32]), None).link;
        fetch(&mut desk, named);
        let before = blobs.len() - 1;
        gives(&mut desk, hub.link, &blobs, before);
        let state = transfer(&desk, named).unwrap().state;
        assert_eq!(read(&mut desk, named, 0), None, "half of it is not all");
        if !good {
            assert_eq!(state, TransferState::Refused);
            assert_eq!((given(&mut desk, asker, &blobs), blobs_kept(&desk)), (0, 0));
            continue;
        }
        assert_eq!(given(&mut desk, asker, &blobs), before, "as far as it was looked through");
        desk.restart();
        let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
        let asker = desk.enters(8, &Secret::from_seed(&[71; 32]), None).link;
        assert_eq!(given(&mut desk, asker, &blobs), 1, "it is looked through anew, but its list");
        assert_eq!(gives(&mut desk, hub.link, &blobs, 99).len(), 1);
        fetch(&mut desk, named);
        assert_eq!(transfer(&desk, named).unwrap().state, TransferState::Whole);
        assert_eq!(given(&mut desk, asker, &blobs), blobs.len());
        assert_eq!(read(&mut desk, named, 0), Some(film));
    }
}

#[test]
fn a_damaged_piece_is_fetched_again_and_no_other() {
    let mut eve = Actor::new(3);
    let all = bytes(9 * BLOB_BYTES);
    let (blobs, named) = offers(&mut eve, &all);
    let (mut desk, hub) = following(&[&eve]);
    fetch(&mut desk, named);
    gives(&mut desk, hub.link, &blobs, 99);
    let damaged = blobs[3].cid();
    let key = effigy_store::Key::new(Table::Blobs, damaged.digest().as_slice());
    desk.keep(effigy_store::Batch::new().put(key, b"rubbish".as_slice()));
    assert_eq!(read(&mut desk, named, 0), None);
    assert_eq!(gives(&mut desk, hub.link, &blobs, 99), [damaged]);
    assert_eq!(read(&mut desk, named, 0), Some(all));
}

/// The same for what is looked at before it is given to somebody else.
#[test]
fn a_damaged_piece_is_given_to_nobody() {
    let mut eve = Actor::new(3);
    let (blobs, named) = offers(&mut eve, &bytes(5 * BLOB_BYTES));
    let (mut desk, hub) = following(&[&eve]);
    let asker = desk.enters(7, &Secret::from_seed(&[70; 32]), None).link;
    fetch(&mut desk, named);
    gives(&mut desk, hub.link, &blobs, 99);
    for damaged in [&blobs[3], blobs.last().unwrap()] {
        let key = effigy_store::Key::new(Table::Blobs, damaged.cid().digest().as_slice());
        desk.keep(effigy_store::Batch::new().put(key, b"rubbish".as_slice()));
    }
    // The manifest is known by heart, the piece is not.
    assert_eq!(given(&mut desk, asker, &blobs), blobs.len() - 1);
    assert_eq!(gives(&mut desk, hub.link, &blobs, 99), [blobs[3].cid()]);
    assert_eq!(given(&mut desk, asker, &blobs), blobs.len());
}

#[test]
fn a_manifest_that_lies_is_refused_before_a_piece_is_asked_for() {
    let mut eve = Actor::new(3);
    let (blobs, cid) = cut(&bytes(5 * BLOB_BYTES));
    for size in [5 * BLOB_BYTES as u64 - 1, 7 * BLOB_BYTES as u64, 1 << 33] {
        let (mime, name, text) = (String::new(), "file".to_owned(), String::new());
        eve.says(Payload::File(File { cid, mime, name, size, text }));
    }
    let (mut desk, hub) = following(&[&eve]);
    for size in [5 * BLOB_BYTES as u64 - 1, 7 * BLOB_BYTES as u64, 1 << 33] {
        let named = Named { cid, size, kind: ContentKind::File };
        fetch(&mut desk, named);
        assert_eq!(gives(&mut desk, hub.link, &blobs, 99), [cid]);
        assert_eq!(transfer(&desk, named).unwrap().state, TransferState::Refused);
    }
}

/// Attaches bytes in slices, until something is refused.
fn attach(desk: &mut Desk, upload: u64, kind: ContentKind, bytes: &[u8]) -> Option<Refusal> {
    let size = bytes.len() as u64;
    let refused = |event: Option<Event>| match event {
        Some(Event::Refused { why, .. }) => Some(why),
        _ => None,
    };
    let slot = "post".to_owned();
    let begun = desk.ask(|ticket| Command::Attach { kind, size, slot, ticket, upload });
    if let Some(why) = refused(begun) {
        return Some(why);
    }
    let mut slices = bytes.chunks(700 * KIB);
    slices.find_map(|slice| {
        let bytes = slice.to_vec();
        refused(desk.ask(|ticket| Command::AttachBytes { bytes, ticket, upload }))
    })
}

fn publish(desk: &mut Desk, what: Attaching) -> bool {
    let what = Box::new(what);
    let done =
        desk.ask(|ticket| Command::PublishAttached { text: "look".to_owned(), ticket, what });
    matches!(done, Some(Event::Done { .. }))
}

#[test]
fn what_is_attached_in_slices_is_whole_and_ones_own() {
    let mut desk = Desk::person(1);
    let all = bytes(5 * BLOB_BYTES + 1);
    let small = bytes(1_000);
    assert_eq!(attach(&mut desk, 1, ContentKind::File, &all), None);
    assert_eq!(attach(&mut desk, 2, ContentKind::File, &small), None);
    let items = vec![(2, "b.txt".to_owned()), (1, "a/a.txt".to_owned())];
    assert!(publish(&mut desk, Attaching::Collection { items, name: "folder".to_owned() }));
    let tags = files::element(&[0x12, 0x54, 0xC3, 0x67], b"LOCATION +52.5200+013.4050/");
    let film = files::webm(&tags, &[], 200 * KIB);
    let kind = ContentKind::Video(VideoType::Webm);
    assert_eq!(attach(&mut desk, 3, kind, &film), None);
    let (alt, poster) = (String::new(), None);
    assert!(publish(
        &mut desk,
        Attaching::Video { alt, duration: 0, height: 9, poster, upload: 3, width: 9 }
    ));
    let clean = effigy_core::video::clean(VideoType::Webm, &film).unwrap();
    assert!(clean != film && clean.len() == film.len(), "what tells of a place does not leave");
    let named = |bytes: &[u8], kind| Named { cid: cut(bytes).1, size: bytes.len() as u64, kind };
    for turn in 0..2 {
        for (bytes, kind) in
            [(&all, ContentKind::File), (&small, ContentKind::File), (&clean, kind)]
        {
            let found = read(&mut desk, named(bytes, kind), 0);
            assert!(found.as_ref() == Some(bytes), "{kind:?} in turn {turn}");
        }
        let asker = desk.enters(7, &Secret::from_seed(&[70; 32]), None).link;
        assert_eq!(given(&mut desk, asker, &cut(&all).0), 7, "and given to whoever asks");
        desk.restart();
    }
    let uploads = |key: &[u8]| key.starts_with(b"upload/");
    assert!(!desk.table(Table::Meta).iter().any(|(key, _)| uploads(key)));
}

/// A friend's file that did not come, and that this person has and posts as well.
#[test]
fn what_is_known_of_others_is_whole_when_it_is_posted_here() {
    for length in [1_000, 5 * BLOB_BYTES + 1] {
        let mut eve = Actor::new(3);
        let all = bytes(length);
        let (blobs, named) = offers(&mut eve, &all);
        let (mut desk, _hub) = following(&[&eve]);
        desk.tell(Input::Command(Command::ReadContent { content: named, from: 0, number: 3 }));
        assert_eq!(attach(&mut desk, 1, ContentKind::File, &all), None);
        let file = Attaching::File { mime: String::new(), name: "x".to_owned(), upload: 1 };
        assert!(publish(&mut desk, file));
        let waits = |event: &Event| matches!(event, Event::Range { bytes: Some(_), number: 3, .. });
        assert!(desk.events.iter().any(waits), "a screen that waited has it");
        assert_eq!(read(&mut desk, named, 0), Some(all));
        let asker = desk.enters(7, &Secret::from_seed(&[70; 32]), None).link;
        assert_eq!(given(&mut desk, asker, &blobs), blobs.len(), "and others are given it");
    }
}

#[test]
fn a_screen_that_reads_what_is_taken_away_is_told_so() {
    let mut eve = Actor::new(3);
    let (blobs, named) = offers(&mut eve, &bytes(9 * BLOB_BYTES));
    let (mut desk, hub) = following(&[&eve]);
    desk.tell(Input::Command(Command::ReadContent { content: named, from: 0, number: 3 }));
    gives(&mut desk, hub.link, &blobs, 1);
    desk.tell(Input::Command(Command::CancelContent { content: named }));
    let told = |event: &Event| matches!(event, Event::Range { bytes: None, number: 3, .. });
    assert!(desk.events.iter().any(told));
}

#[test]
fn what_was_not_published_leaves_nothing() {
    let mut desk = Desk::person(1);
    let all = bytes(5 * BLOB_BYTES);
    for way in ["cancelled", "crashed", "too short", "no video"] {
        let kind = ContentKind::File;
        match way {
            "no video" => {
                let kind = ContentKind::Video(VideoType::Mp4);
                assert_eq!(attach(&mut desk, 1, kind, &all), Some(Refusal::Video));
            }
            "too short" => {
                assert_eq!(attach(&mut desk, 1, kind, &all), None);
                let bytes = vec![1];
                desk.ask(|ticket| Command::AttachBytes { bytes, ticket, upload: 1 });
            }
            _ => assert_eq!(attach(&mut desk, 1, kind, &all), None),
        }
        match way {
            "cancelled" => desk.tell(Input::Command(Command::CancelAttached { uploads: vec![1] })),
            "crashed" => desk.restart(),
            _ => (),
        }
        assert_eq!(blobs_kept(&desk), 0, "{way}");
        assert!(!publish(
            &mut desk,
            Attaching::File { mime: String::new(), name: "x".to_owned(), upload: 1 }
        ));
    }
}

#[test]
fn what_came_whole_outlives_a_restart_with_its_draft() {
    let mut desk = Desk::person(1);
    let file = |upload| Attaching::File { mime: String::new(), name: "x".to_owned(), upload };
    let draft = |desk: &mut Desk, text: &str| {
        let (slot, text) = ("post".to_owned(), text.to_owned());
        desk.tell(Input::Command(Command::SaveDraft { slot, text }));
    };
    let all = bytes(5 * BLOB_BYTES + 1);
    let (slot, size) = ("post".to_owned(), 2 * all.len() as u64);
    draft(&mut desk, "a file");
    // The same bytes once more, of which not all come.
    desk.ask(|ticket| Command::Attach { kind: ContentKind::File, size, slot, ticket, upload: 2 });
    let half = all.clone();
    desk.ask(|ticket| Command::AttachBytes { bytes: half, ticket, upload: 2 });
    assert_eq!(attach(&mut desk, 1, ContentKind::File, &all), None);
    desk.restart();
    assert!(!publish(&mut desk, file(2)), "half of it is nothing");
    assert!(publish(&mut desk, file(1)));
    let named = Named { cid: cut(&all).1, size: all.len() as u64, kind: ContentKind::File };
    for small in [bytes(9), bytes(3 * BLOB_BYTES)] {
        assert_eq!(attach(&mut desk, 3, ContentKind::File, &small), None);
        draft(&mut desk, "");
        assert!(!publish(&mut desk, file(3)), "with its draft it is gone");
    }
    desk.restart();
    assert_eq!(read(&mut desk, named, 0), Some(all), "and nothing else is");
    assert_eq!(blobs_kept(&desk), 7);
}

#[test]
fn what_is_published_stays_when_another_attachment_of_it_goes() {
    let all = bytes(5 * BLOB_BYTES + 1);
    let named = Named { cid: cut(&all).1, size: all.len() as u64, kind: ContentKind::File };
    for first in [1, 2] {
        for is_crash in [false, true] {
            let mut desk = Desk::person(1);
            attach(&mut desk, 1, ContentKind::File, &all);
            attach(&mut desk, 2, ContentKind::File, &all);
            let name = "x".to_owned();
            let what = Attaching::File { mime: String::new(), name, upload: first };
            assert!(publish(&mut desk, what));
            if !is_crash {
                desk.tell(Input::Command(Command::CancelAttached { uploads: vec![3 - first] }));
            }
            desk.restart();
            assert_eq!(read(&mut desk, named, 0).as_ref(), Some(&all), "{first}, {is_crash}");
        }
    }
}

#[test]
fn what_is_attached_once_more_stays_when_the_first_post_of_it_goes() {
    for all in [bytes(5 * BLOB_BYTES + 1), bytes(1_000)] {
        let named = Named { cid: cut(&all).1, size: all.len() as u64, kind: ContentKind::File };
        let mut desk = Desk::person(1);
        let file = |upload| {
            let name = "x".to_owned();
            Attaching::File { mime: String::new(), name, upload }
        };
        attach(&mut desk, 1, ContentKind::File, &all);
        assert!(publish(&mut desk, file(1)));
        let target = desk.node.feeds[&desk.keys.device.identity()].feed.head().unwrap().id;
        attach(&mut desk, 2, ContentKind::File, &all);
        let is_whole = |desk: &mut Desk| read(desk, named, 0).as_ref() == Some(&all);
        // An attachment that comes to nothing takes nothing with it.
        desk.restart();
        assert!(is_whole(&mut desk));
        attach(&mut desk, 3, ContentKind::File, &all);
        desk.ask(|ticket| Command::Delete { target, ticket });
        assert!(publish(&mut desk, file(3)));
        desk.restart();
        assert!(is_whole(&mut desk));
    }
}

#[test]
fn an_attachment_is_refused_before_the_disk_is_full() {
    let mut desk = Desk::person(1);
    let free = Some(20 * 1024 * 1024);
    let conditions = Conditions { free, ..Conditions::default() };
    desk.tell(Input::Command(Command::Conditions(conditions)));
    let all = bytes(3 * 1024 * KIB);
    assert_eq!(attach(&mut desk, 1, ContentKind::File, &all), None, "there is room for one");
    assert_eq!(attach(&mut desk, 2, ContentKind::File, &all), Some(Refusal::NoRoom));
    assert_eq!(attach(&mut desk, 3, ContentKind::File, &[]), Some(Refusal::Empty));
}

#[test]
fn a_sparing_device_gives_only_to_those_it_knows() {
    let mut desk = Desk::person(1);
    let all = bytes(BLOB_BYTES);
    assert_eq!(attach(&mut desk, 1, ContentKind::File, &all), None);
    assert!(publish(
        &mut desk,
        Attaching::File { mime: String::new(), name: "x".to_owned(), upload: 1 }
    ));
    let blobs = cut(&all).0;
    let asker = desk.enters(7, &Secret::from_seed(&[70; 32]), None).link;
    let conditions = |metered| Conditions { metered, ..Conditions::default() };
    desk.tell(Input::Command(Command::Conditions(conditions(true))));
    desk.say(asker, Message::IWant { cids: vec![blobs[0].cid()] });
    assert_eq!(given(&mut desk, asker, &blobs), 0);
    desk.tell(Input::Command(Command::Conditions(conditions(false))));
    let offered = |message: &Message| matches!(message, Message::IHave { .. });
    assert!(desk.heard(asker).iter().any(offered), "what it looked for meanwhile is told");
    assert_eq!(given(&mut desk, asker, &blobs), 1);
    let ledger = desk.node.ledger();
    assert_eq!(
        ledger.iter().map(|one| (one.given, one.taken)).collect::<Vec<_>>(),
        [(BLOB_BYTES as u64, 0)]
    );
    desk.tell(Input::Disconnected(asker));
    desk.restart();
    assert_eq!(desk.node.ledger(), ledger, "and it is remembered");
    let _ = ErrorCode::NotFound;
}

/// Asks for these blobs, without taking them.
fn asks_for(desk: &mut Desk, link: Link, blobs: &[Blob], times: u32) {
    for request in 1..=times {
        let cid = blobs[request as usize % blobs.len()].cid();
        desk.say(link, Message::GetBlob { cid, max_size: 1 << 20, offset: 0, request });
    }
}

/// One frame of each of these leaves; how many each was given since.
fn takes_turns(desk: &mut Desk, links: &[Link]) -> Vec<usize> {
    for link in links {
        let frames = desk.on_its_way.as_mut().unwrap();
        if let Some(at) = frames.iter().position(|on| on == link) {
            frames.remove(at);
            desk.tell(Input::Drained(*link));
        }
    }
    desk.pass(10);
    links.iter().map(|link| desk.heard(*link).len()).collect()
}

#[test]
fn who_only_takes_has_a_quarter_of_a_share_while_others_wait_and_all_of_it_alone() {
    let mut desk = Desk::person(1);
    let all = bytes(4 * BLOB_BYTES);
    attach(&mut desk, 1, ContentKind::File, &all);
    let what = Attaching::File { mime: String::new(), name: "x".to_owned(), upload: 1 };
    assert!(publish(&mut desk, what));
    let blobs = cut(&all).0;
    let links = [7, 8, 9].map(|at| desk.enters(at, &Secret::from_seed(&[at as u8; 32]), None).link);
    let [taker, first, _] = links;
    for _ in 0..80 {
        assert_eq!(given(&mut desk, taker, &blobs[..1]), 1, "alone there is no less");
    }
    desk.on_its_way = Some(Vec::new());
    links.iter().rev().for_each(|link| asks_for(&mut desk, *link, &blobs, 16));
    let mut counts = [0; 3];
    for _ in 0..50 {
        let given = takes_turns(&mut desk, &links);
        counts.iter_mut().zip(given).for_each(|(count, given)| *count += given);
    }
    let [took, ours, theirs] = counts;
    assert!(took > 0 && took * 4 <= ours.min(theirs), "{counts:?}");
    // Nobody waits for somebody who takes nothing.
    asks_for(&mut desk, first, &blobs, 4);
    let gone: usize = (0..300).map(|_| takes_turns(&mut desk, &[taker])[0]).sum();
    assert!(gone + took >= 16 * 4, "{gone}");
}

/// A list of parts, manifests, pieces: as deep as it goes.
#[test]
fn content_of_several_parts_comes_and_goes_on() {
    let mut eve = Actor::new(3);
    let all: Vec<u8> =
        bytes(BLOB_BYTES + 3).repeat(258)[..64 * 1024 * KIB + BLOB_BYTES + 9].to_vec();
    let (blobs, named) = offers(&mut eve, &all);
    let (mut desk, hub) = following(&[&eve]);
    fetch(&mut desk, named);
    let first = gives(&mut desk, hub.link, &blobs, 100).len();
    desk.restart();
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    let rest = gives(&mut desk, hub.link, &blobs, 9_999).len();
    assert_eq!(first + rest, blobs.len(), "each once");
    assert_eq!(transfer(&desk, named).unwrap().state, TransferState::Whole);
    desk.events.clear();
    assert!(read(&mut desk, named, 0).as_ref() == Some(&all));
}
