//! Pictures that tell too much, or are none: every node looks for itself, whoever sent them.

use effigy_core::blob::split;
use effigy_core::limits::{BLOB_BYTES, CHUNK_BYTES};
use effigy_core::payload::{Content, Image, ImageType, Note};
use effigy_core::{Blob, Cid, Payload, Secret};
use effigy_feed::Relation;
use effigy_store::{Batch, Key, Table};

use super::devices::following;
use super::{Actor, Desk};
use crate::api::{Command, Event, Picture, Pixels};
use crate::io::Link;
use crate::message::{ErrorCode, Message};

#[path = "../../../../core/tests/support/pictures.rs"]
#[expect(dead_code, reason = "the tests of core use the rest of it")]
mod files;

/// Says in a post that these bytes are a picture. What the bytes are is another matter.
fn shows(actor: &mut Actor, bytes: &[u8]) -> Vec<Blob> {
    let blobs = split(bytes).unwrap();
    let (cid, size) = (blobs[0].cid(), bytes.len() as u64);
    let content = Content { cid, height: 8, image_type: ImageType::Png, size, width: 8 };
    let image = Image { alt: String::new(), content, thumbnail: None };
    actor.says(Payload::Note(Note { images: vec![image], text: String::new() }));
    blobs
}

/// Offers these blobs and gives whatever is asked for, until nothing more is. Gives the errors.
fn gives(desk: &mut Desk, link: Link, blobs: &[Blob]) -> Vec<ErrorCode> {
    let offer = blobs.iter().map(|blob| (blob.cid(), blob.size())).collect::<Vec<_>>();
    let (mut errors, mut quiet) = (Vec::new(), 0);
    while quiet < 2 {
        // What is wanted next is known only once the manifest is there.
        for one in &offer {
            desk.say(link, Message::IHave { blobs: vec![*one] });
        }
        quiet += 1;
        for message in desk.heard(link) {
            match message {
                Message::GetBlob { cid, offset, request, .. } => {
                    quiet = 0;
                    let blob = blobs.iter().find(|blob| blob.cid() == cid).unwrap();
                    send(desk, link, blob, offset as usize, request);
                }
                Message::Error { code, .. } => errors.push(code),
                _ => (),
            }
        }
    }
    errors
}

fn send(desk: &mut Desk, link: Link, blob: &Blob, from: usize, request: u32) {
    let size = u32::try_from(blob.size()).unwrap();
    for start in (from..blob.bytes().len()).step_by(CHUNK_BYTES) {
        let end = blob.bytes().len().min(start + CHUNK_BYTES);
        let (bytes, offset) = (blob.bytes()[start..end].to_vec(), u32::try_from(start).unwrap());
        desk.say(link, Message::Chunk { bytes, offset, request, size });
    }
}

/// Which of these blobs somebody who asks is offered, and which they are given.
fn got(desk: &mut Desk, link: Link, blobs: &[Blob]) -> (Vec<Cid>, Vec<Cid>) {
    desk.heard(link);
    desk.say(link, Message::IWant { cids: blobs.iter().map(Blob::cid).collect() });
    for (request, blob) in (1..).zip(blobs) {
        let (cid, max_size) = (blob.cid(), 1 << 20);
        desk.say(link, Message::GetBlob { cid, max_size, offset: 0, request });
    }
    let (mut offered, mut given) = (Vec::new(), Vec::new());
    for message in desk.heard(link) {
        match message {
            Message::IHave { blobs } => offered.extend(blobs.into_iter().map(|(cid, _)| cid)),
            Message::Chunk { request, offset: 0, .. } => {
                given.push(blobs[request as usize - 1].cid());
            }
            _ => (),
        }
    }
    (offered, given)
}

/// What the person is shown of a picture.
fn shown(desk: &mut Desk, cid: Cid, size: u64) -> Option<Vec<u8>> {
    desk.events.clear();
    desk.tell(crate::io::Input::Command(Command::LoadContent { cid, size }));
    desk.events.iter().rev().find_map(|event| match event {
        Event::Content { bytes, cid: of, size: asked } if (*of, *asked) == (cid, size) => {
            Some(bytes.clone())
        }
        _ => None,
    })?
}

impl Desk {
    /// A blob as it rests on the disk.
    fn blob(&self, cid: Cid) -> Option<Vec<u8>> {
        self.disk.get(&Key::new(Table::Blobs, cid.digest().as_slice())).cloned()
    }
}

fn keeps(desk: &Desk, cid: Cid) -> bool {
    desk.table(Table::Blobs).iter().any(|(key, _)| key.as_slice() == cid.digest())
}

/// Those who receive what an actor published: a person who follows them, and their hub; each with
/// the connection over which it comes and the one of somebody who asks for it.
fn receivers(eve: &Actor) -> Vec<(&'static str, Desk, Link, Link)> {
    let (mut person, hub) = following(&[eve]);
    let asker = person.enters(7, &Secret::from_seed(&[70; 32]), None).link;
    let mut desk = Desk::hub(3, 1 << 26);
    let way = desk.enters(1, &eve.device, Some(eve.synod())).link;
    eve.gives(&mut desk, way);
    eve.gives(&mut desk, way);
    let other = desk.enters(2, &Secret::from_seed(&[71; 32]), None).link;
    vec![("a person", person, hub.link, asker), ("a hub", desk, way, other)]
}

/// A JPEG with so many bytes of coded pixels, and what else it carries.
fn jpeg(pixels: usize, private: Option<Vec<u8>>) -> Vec<u8> {
    let mut parts = files::jpeg(8, 8);
    let scan = parts.len() - 2;
    parts[scan].extend(vec![0; pixels]);
    private.into_iter().for_each(|private| parts.insert(1, private));
    parts.concat()
}

fn gps() -> Vec<u8> {
    files::jpeg_privates().swap_remove(0).bytes
}

/// A PNG that says how large it is, and has so many bytes of pixels.
fn png(width: u32, height: u32, pixels: usize) -> Vec<u8> {
    let mut parts = files::png(8, 8);
    parts[1] = files::png_header(width, height);
    parts.insert(5, files::chunk(b"IDAT", &vec![0; pixels]));
    parts.concat()
}

fn svg(length: usize) -> Vec<u8> {
    let mut file = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>1</script>".to_vec();
    file.resize(file.len() + length, b' ');
    file
}

fn png_with(name: &str) -> Vec<u8> {
    let mut parts = files::png(8, 8);
    let privates = files::png_privates();
    parts.insert(2, privates.into_iter().find(|part| part.name == name).unwrap().bytes);
    parts.concat()
}

fn webp_with_exif() -> Vec<u8> {
    let frame = [files::extended(0x08, 1, 1), files::lossy_frame()];
    let exif = files::webp_privates().swap_remove(0).bytes;
    files::webp(&[&frame[..], &[exif]].concat()).concat()
}

#[test]
fn no_node_keeps_or_passes_on_a_picture_that_tells_too_much() {
    let long = 600_000;
    let cases = [
        ("a JPEG with a place", jpeg(0, Some(gps()))),
        ("the same in several pieces", jpeg(long, Some(gps()))),
        ("a PNG of 50,000 by 50,000", png(50_000, 50_000, 9)),
        ("the same in several pieces", png(50_000, 50_000, long)),
        ("an SVG called PNG", svg(0)),
        ("the same in several pieces", svg(long)),
        ("a PNG with EXIF", png_with("exif")),
        ("a PNG with text", png_with("international text")),
        ("a WebP with EXIF", webp_with_exif()),
        ("a JPEG without its end", jpeg(0, None)[..300].to_vec()),
    ];
    for (name, bytes) in cases {
        let mut eve = Actor::new(3);
        let blobs = shows(&mut eve, &bytes);
        for (who, mut desk, link, asker) in receivers(&eve) {
            let told = gives(&mut desk, link, &blobs);
            // It was asked for, and may be a good part of something else: only its author is wrong.
            assert_eq!(told, [], "{who}: {name}");
            assert_eq!(got(&mut desk, asker, &blobs), (vec![], vec![]), "{who}: {name}");
            for blob in &blobs {
                assert!(!keeps(&desk, blob.cid()), "{who}: {name}");
            }
            assert_eq!(shown(&mut desk, blobs[0].cid(), bytes.len() as u64), None, "{who}");
        }
    }
}

#[test]
fn after_a_bad_picture_the_good_ones_come() {
    let good = [jpeg(0, None), jpeg(600_000, None), png(8, 8, 300_000)];
    let mut eve = Actor::new(3);
    let bad = [shows(&mut eve, &jpeg(0, Some(gps()))), shows(&mut eve, &svg(600_000))].concat();
    let blobs: Vec<Vec<Blob>> = good.iter().map(|bytes| shows(&mut eve, bytes)).collect();
    for (who, mut desk, link, asker) in receivers(&eve) {
        gives(&mut desk, link, &bad);
        for (bytes, blobs) in good.iter().zip(&blobs) {
            assert_eq!(gives(&mut desk, link, blobs), [], "{who}");
            let all: Vec<Cid> = blobs.iter().map(Blob::cid).collect();
            let (mut offered, mut given) = got(&mut desk, asker, blobs);
            offered.sort_unstable();
            given.dedup();
            let mut sorted = all.clone();
            sorted.sort_unstable();
            assert_eq!((offered, given), (sorted, all), "{who}");
            if who == "a person" {
                let found = shown(&mut desk, blobs[0].cid(), bytes.len() as u64);
                assert_eq!(found.as_ref(), Some(bytes));
            }
        }
        assert_eq!(got(&mut desk, asker, &bad), (vec![], vec![]), "{who}");
    }
}

/// Whose pictures are bad is not the fault of whoever hands them on, however many there are.
#[test]
fn a_hub_that_hands_on_bad_pictures_of_others_is_kept() {
    let mut eve = Actor::new(3);
    let bad = [svg(0), svg(600_000), jpeg(0, Some(gps())), png(50_000, 50_000, 9), svg(9)];
    let blobs: Vec<Vec<Blob>> = bad.iter().map(|bytes| shows(&mut eve, bytes)).collect();
    let good = jpeg(0, None);
    let last = shows(&mut eve, &good);
    for (who, mut desk, link, _) in receivers(&eve) {
        for blobs in &blobs {
            assert_eq!(gives(&mut desk, link, blobs), [], "{who}");
        }
        gives(&mut desk, link, &last);
        assert!(desk.closed.is_empty() && keeps(&desk, last[0].cid()), "{who}");
    }
}

#[test]
fn a_bad_picture_takes_no_piece_of_a_good_one_with_it() {
    let (mut ben, mut eve) = (Actor::new(2), Actor::new(3));
    let good = jpeg(600_000, None);
    let blobs = shows(&mut ben, &good);
    // Eve's picture begins as Ben's does, and ends as none.
    let bad = [&good[..2 * BLOB_BYTES], b"no picture"].concat();
    let others = shows(&mut eve, &bad);
    assert!(blobs.iter().any(|blob| others.contains(blob)), "they share pieces");
    let (mut desk, hub) = following(&[&ben, &eve]);
    let asker = desk.enters(7, &Secret::from_seed(&[70; 32]), None).link;
    assert_eq!(gives(&mut desk, hub.link, &blobs), []);
    assert_eq!(gives(&mut desk, hub.link, &others), []);
    assert_eq!(shown(&mut desk, blobs[0].cid(), good.len() as u64), Some(good));
    let (offered, _) = got(&mut desk, asker, &blobs);
    assert_eq!(offered.len(), blobs.len(), "and it is still given to others");
}

#[test]
fn nobody_takes_an_own_picture_away_by_showing_pieces_of_it() {
    let mut eve = Actor::new(3);
    let mine = jpeg(600_000, None);
    let bad = [&mine[..2 * BLOB_BYTES], b"no picture"].concat();
    // This one is a picture, and begins as the own one does.
    let good = jpeg(700_000, None);
    let (size, synod) = (mine.len() as u64, eve.synod());
    let cid = split(&mine).unwrap()[0].cid();
    let full = Pixels { bytes: mine.clone(), image_type: ImageType::Jpeg, height: 8, width: 8 };
    let picture = Picture { alt: String::new(), full, thumbnail: None };
    let others = [shows(&mut eve, &bad), shows(&mut eve, &good)].concat();
    let hers = split(&good).unwrap()[0].cid();
    let (mut desk, hub) = following(&[&eve]);
    let (pictures, text) = (vec![picture], String::new());
    desk.ask(|ticket| Command::Publish { pictures, text, ticket });
    gives(&mut desk, hub.link, &others);
    assert_eq!(shown(&mut desk, cid, size).as_ref(), Some(&mine), "hers was refused");
    // After a start nobody has read yet which pieces the own picture has.
    desk.restart();
    assert_eq!(shown(&mut desk, hers, good.len() as u64), Some(good));
    desk.ask(|ticket| Command::Relate { on: true, relation: Relation::Block, synod, ticket });
    assert_eq!(shown(&mut desk, cid, size), Some(mine), "hers is gone");
}

/// The pieces of a large picture stand in its manifest, which a start does not read.
#[test]
fn a_large_picture_goes_whole_after_a_start() {
    let mut eve = Actor::new(3);
    let large = jpeg(3_000_000, None);
    let blobs = shows(&mut eve, &large);
    let synod = eve.synod();
    for way in ["blocked", "freed"] {
        let (mut desk, hub) = following(&[&eve]);
        assert_eq!(gives(&mut desk, hub.link, &blobs), []);
        assert!(blobs.iter().all(|blob| keeps(&desk, blob.cid())), "{way}: it is here");
        desk.restart();
        if way == "blocked" {
            let relation = Relation::Block;
            desk.ask(|ticket| Command::Relate { on: true, relation, synod, ticket });
        } else {
            desk.ask(|ticket| Command::FreeSpace { ticket });
            let freed = desk.events.iter().find_map(|event| match event {
                Event::Freed(bytes) => Some(*bytes),
                _ => None,
            });
            assert_eq!(freed, Some(large.len() as u64), "what was freed is told");
        }
        let left = blobs.iter().filter(|blob| keeps(&desk, blob.cid())).count();
        assert_eq!(left, 0, "{way}: pieces are left behind");
    }
}

/// What was looked through as a piece of something was not looked through as a picture.
#[test]
fn a_piece_of_a_good_picture_is_no_picture_by_itself() {
    let mut eve = Actor::new(3);
    let good = jpeg(600_000, None);
    let blobs = shows(&mut eve, &good);
    let (piece, size) = (blobs[1].cid(), blobs[1].size());
    let content = Content { cid: piece, height: 8, image_type: ImageType::Png, size, width: 8 };
    let image = Image { alt: String::new(), content, thumbnail: None };
    eve.says(Payload::Note(Note { images: vec![image], text: String::new() }));
    let (mut desk, hub) = following(&[&eve]);
    assert_eq!(gives(&mut desk, hub.link, &blobs), []);
    for _ in 0..2 {
        assert_eq!(shown(&mut desk, piece, size), None);
        let cid = blobs[0].cid();
        assert_eq!(shown(&mut desk, cid, good.len() as u64).as_ref(), Some(&good));
        desk.restart();
    }
}

/// One that is damaged is fetched again, and no other.
#[test]
fn a_damaged_piece_costs_no_other() {
    let mut eve = Actor::new(3);
    let good = jpeg(600_000, None);
    let blobs = shows(&mut eve, &good);
    let (mut desk, hub) = following(&[&eve]);
    assert_eq!(gives(&mut desk, hub.link, &blobs), []);
    let damaged = blobs[2].cid();
    let key = Key::new(Table::Blobs, damaged.digest().as_slice());
    desk.keep(Batch::new().put(key, b"rubbish".as_slice()));
    assert_eq!(shown(&mut desk, blobs[0].cid(), good.len() as u64), None);
    let wanted = desk.heard(hub.link).into_iter().find_map(|message| match message {
        Message::IWant { cids } => Some(cids),
        _ => None,
    });
    assert_eq!(wanted, Some(vec![damaged]));
    assert_eq!(gives(&mut desk, hub.link, &blobs), []);
    assert_eq!(shown(&mut desk, blobs[0].cid(), good.len() as u64), Some(good));
}

/// Who has a damaged disk is no liar: they look at what they give, and fetch it again.
#[test]
fn what_a_disk_damaged_is_given_to_nobody_and_fetched_again() {
    let (good, alone) = (jpeg(600_000, None), jpeg(1_000, None));
    let mut eve = Actor::new(3);
    let blobs = [shows(&mut eve, &good), shows(&mut eve, &alone)].concat();
    for (who, mut desk, link, asker) in receivers(&eve) {
        assert_eq!(gives(&mut desk, link, &blobs), []);
        for (place, blob) in blobs.iter().enumerate() {
            let key = Key::new(Table::Blobs, blob.cid().digest().as_slice());
            desk.keep(Batch::new().put(key, vec![9; blob.bytes().len()]));
            let (_, given) = got(&mut desk, asker, std::slice::from_ref(blob));
            if place == 0 {
                assert_eq!(given, [blob.cid()], "{who}: a manifest is known by heart");
                assert_eq!(desk.blob(blob.cid()).as_deref(), Some(blob.bytes()), "{who}");
                continue;
            }
            assert_eq!(given, [], "{who}: {place}");
            assert_eq!(gives(&mut desk, link, std::slice::from_ref(blob)), []);
            let told = Message::IHave { blobs: vec![(blob.cid(), blob.size())] };
            assert!(desk.heard(asker).contains(&told), "{who} tells when it is here again");
            assert_eq!(got(&mut desk, asker, std::slice::from_ref(blob)).1, [blob.cid()]);
        }
        if who == "a person" {
            let found = shown(&mut desk, blobs[0].cid(), good.len() as u64);
            assert_eq!(found.as_ref(), Some(&good));
        }
    }
}

/// Says in a post that under this name there is a picture of so many bytes.
fn points(actor: &mut Actor, cid: Cid, size: u64) {
    let content = Content { cid, height: 8, image_type: ImageType::Png, size, width: 8 };
    let image = Image { alt: String::new(), content, thumbnail: None };
    actor.says(Payload::Note(Note { images: vec![image], text: String::new() }));
}

#[test]
fn who_says_a_wrong_size_hides_nobodys_picture() {
    for good in [jpeg(0, None), jpeg(600_000, None)] {
        let size = good.len() as u64;
        let wrong = [1, size - 1, size + 1, 300_000, 700_000, 2_000_000];
        for eve_first in [true, false] {
            let (mut ben, mut eve) = (Actor::new(2), Actor::new(3));
            let blobs = shows(&mut ben, &good);
            let cid = blobs[0].cid();
            wrong.iter().for_each(|wrong| points(&mut eve, cid, *wrong));
            let order = if eve_first { [&eve, &ben] } else { [&ben, &eve] };
            let (mut desk, hub) = following(&order);
            assert_eq!(gives(&mut desk, hub.link, &blobs), [], "nobody is blamed for Eve");
            for _ in 0..2 {
                assert_eq!(shown(&mut desk, cid, size).as_ref(), Some(&good), "{eve_first}");
                for wrong in wrong {
                    assert_eq!(shown(&mut desk, cid, wrong), None, "{wrong} of {size}");
                }
                desk.restart();
            }
            let asker = desk.enters(7, &Secret::from_seed(&[70; 32]), None).link;
            assert_eq!(got(&mut desk, asker, &blobs).0.len(), blobs.len(), "it is passed on");
            let (on, relation, synod) = (true, Relation::Block, eve.synod());
            desk.ask(|ticket| Command::Relate { on, relation, synod, ticket });
            assert_eq!(shown(&mut desk, cid, size).as_ref(), Some(&good), "and stays");
            let synod = ben.synod();
            desk.ask(|ticket| Command::Relate { on, relation, synod, ticket });
            assert!(blobs.iter().all(|blob| !keeps(&desk, blob.cid())), "now nobody shows it");
        }
    }
}

/// A wrong size holds nothing here that nobody shows any more.
#[test]
fn who_says_a_wrong_size_keeps_nothing_here() {
    let (mut ben, mut eve) = (Actor::new(2), Actor::new(3));
    let good = jpeg(600_000, None);
    let blobs = shows(&mut ben, &good);
    points(&mut eve, blobs[0].cid(), 700_000);
    let (mut desk, hub) = following(&[&eve, &ben]);
    assert_eq!(gives(&mut desk, hub.link, &blobs), []);
    let (on, relation, synod) = (true, Relation::Block, ben.synod());
    desk.ask(|ticket| Command::Relate { on, relation, synod, ticket });
    assert!(blobs.iter().all(|blob| !keeps(&desk, blob.cid())));
}

#[test]
fn what_a_liar_began_is_not_blamed_on_whoever_ends_it() {
    let mut ben = Actor::new(2);
    let good = jpeg(200_000, None);
    let blobs = shows(&mut ben, &good);
    let (mut desk, hub) = following(&[&ben]);
    let liar = desk.enters(7, &Secret::from_seed(&[70; 32]), None).link;
    let (cid, size) = (blobs[0].cid(), blobs[0].size());
    desk.say(liar, Message::IHave { blobs: vec![(cid, size)] });
    let begun = desk.heard(liar).into_iter().find_map(|message| match message {
        Message::GetBlob { request, .. } => Some(request),
        _ => None,
    });
    let (request, all) = (begun.unwrap(), u32::try_from(size).unwrap());
    desk.say(liar, Message::Chunk { bytes: vec![0; 60_000], offset: 0, request, size: all });
    desk.tell(crate::io::Input::Disconnected(liar));
    assert_eq!(gives(&mut desk, hub.link, &blobs), [], "it is asked for once more");
    assert_eq!(shown(&mut desk, cid, size), Some(good));
}

#[test]
fn who_lies_about_a_picture_is_asked_no_more_and_the_others_are() {
    let mut ben = Actor::new(2);
    let good = jpeg(1_000, None);
    let blobs = shows(&mut ben, &good);
    let (mut desk, hub) = following(&[&ben]);
    let liar = desk.enters(7, &Secret::from_seed(&[70; 32]), None).link;
    let (cid, size) = (blobs[0].cid(), blobs[0].size());
    // Both have it as they say, and who lies is asked first.
    for link in [liar, hub.link] {
        desk.say(link, Message::IHave { blobs: vec![(cid, size)] });
    }
    let asked = |desk: &mut Desk, link| {
        desk.heard(link).into_iter().find_map(|message| match message {
            Message::GetBlob { request, .. } => Some(request),
            _ => None,
        })
    };
    let request = asked(&mut desk, liar).unwrap();
    assert_eq!(asked(&mut desk, hub.link), None);
    let bytes = vec![0; size as usize];
    desk.say(liar, Message::Chunk { bytes, offset: 0, request, size: size as u32 });
    let request = asked(&mut desk, hub.link).expect("the other is asked at once");
    send(&mut desk, hub.link, &blobs[0], 0, request);
    assert_eq!(shown(&mut desk, cid, size), Some(good));
}

/// Whoever fetches a picture from a hub is remembered for that, but not everybody for ever.
#[test]
fn many_who_take_a_little_fill_no_ledger() {
    let mut eve = Actor::new(3);
    let blobs = shows(&mut eve, &jpeg(0, None));
    let mut desk = Desk::hub(3, 1 << 26);
    let way = desk.enters(1, &eve.device, Some(eve.synod())).link;
    eve.gives(&mut desk, way);
    eve.gives(&mut desk, way);
    assert_eq!(gives(&mut desk, way, &blobs), []);
    for n in 0..2_100_u32 {
        let secret = Secret::from_seed(Cid::of(&n.to_be_bytes()).digest());
        let taker = desk.enters(100 + u64::from(n), &secret, None).link;
        assert_eq!(got(&mut desk, taker, &blobs).1, [blobs[0].cid()]);
        desk.tell(crate::io::Input::Disconnected(taker));
        desk.sent.clear();
    }
    let over = desk.node.census().into_iter().find(|filled| filled.count > filled.bound);
    assert_eq!(over, None);
    let kept = desk.table(Table::Peers).into_iter();
    let kept = kept.filter(|(key, _)| key.starts_with(b"ledger/")).count();
    assert!((1_000..=2_048).contains(&kept), "{kept} are written down");
}
