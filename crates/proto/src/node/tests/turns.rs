//! Many pictures are wanted at once: nobody's hold up the others'.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::payload::{Content, Image, ImageType, Note};
use effigy_core::{Cid, Payload, Secret};

use super::devices::following;
use super::keeping::png_of;
use super::{Actor, Desk};
use crate::io::Link;
use crate::message::Message;

/// Says in posts that these are pictures, eight to a post.
fn shows(actor: &mut Actor, pictures: &[(Cid, u64)]) {
    for pictures in pictures.chunks(8) {
        let image = |(cid, size): &(Cid, u64)| {
            let (cid, size) = (*cid, *size);
            let content = Content { cid, height: 1, image_type: ImageType::Png, size, width: 1 };
            Image { alt: String::new(), content, thumbnail: None }
        };
        let images = pictures.iter().map(image).collect();
        actor.says(Payload::Note(Note { images, text: String::new() }));
    }
}

fn nobody_has(account: u64, count: u64) -> Vec<(Cid, u64)> {
    (0..count).map(|n| (Cid::of(&[account.to_be_bytes(), n.to_be_bytes()].concat()), 900)).collect()
}

/// What somebody who comes now is asked for.
fn asked_of_newcomer(desk: &mut Desk, number: u8) -> (Link, BTreeSet<Cid>) {
    let link = desk.enters(number.into(), &Secret::from_seed(&[number; 32]), None).link;
    let asked = wanted(&desk.heard(link)).collect();
    (link, asked)
}

fn wanted(messages: &[Message]) -> impl Iterator<Item = Cid> + '_ {
    let lists = messages.iter().filter_map(|message| match message {
        Message::IWant { cids } => Some(cids),
        _ => None,
    });
    lists.flatten().copied()
}

#[test]
fn thousands_that_nobody_has_hold_up_nobody() {
    let (mut ben, mut eve) = (Actor::new(2), Actor::new(3));
    let good = (Cid::of(&png_of(b"good")), png_of(b"good").len() as u64);
    shows(&mut eve, &nobody_has(3, 5_000));
    shows(&mut ben, &[good]);
    let (mut desk, _) = following(&[&eve, &ben]);
    let (_, asked) = asked_of_newcomer(&mut desk, 70);
    assert!(asked.contains(&good.0), "Ben's is asked for at once");
    assert!(asked.len() <= 513, "{} at a time", asked.len());
    desk.restart();
    let (_, asked) = asked_of_newcomer(&mut desk, 71);
    assert!(asked.contains(&good.0), "after a start, too");
}

#[test]
fn many_who_have_thousands_leave_room_for_one_more() {
    let mut greedy: Vec<Actor> = (10..20).map(Actor::new).collect();
    for (number, actor) in (0..).zip(&mut greedy) {
        shows(actor, &nobody_has(number, 600));
    }
    let mut ben = Actor::new(2);
    let good = nobody_has(99, 3);
    shows(&mut ben, &good);
    let mut all: Vec<&Actor> = greedy.iter().collect();
    all.push(&ben);
    let (mut desk, _) = following(&all);
    let (_, asked) = asked_of_newcomer(&mut desk, 70);
    assert!(good.iter().all(|(cid, _)| asked.contains(cid)));
    assert!(asked.len() <= 4_096, "{} at a time", asked.len());
    for number in 0..10 {
        let of = nobody_has(number, 600).iter().filter(|(cid, _)| asked.contains(cid)).count();
        assert!((380..=512).contains(&of), "{of} of one of them");
    }
}

#[test]
fn all_have_their_turns_and_rest_longer_each_time() {
    let mut eve = Actor::new(3);
    let all = nobody_has(3, 2_000);
    shows(&mut eve, &all);
    let (mut desk, hub) = following(&[&eve]);
    let mut times: BTreeMap<Cid, u32> = BTreeMap::new();
    let mut after = Vec::new();
    for hour in 0..3 {
        for _ in 0..360 {
            desk.say(hub.link, Message::Pong);
            desk.pass(10_000);
            wanted(&desk.heard(hub.link)).for_each(|cid| *times.entry(cid).or_default() += 1);
        }
        after.push(times.values().sum::<u32>());
        assert!(hour > 0 || times.len() >= 2_000 - 512, "{} were asked for", times.len());
    }
    let most = times.values().max().copied().unwrap_or_default();
    assert!(most < 20, "one was asked for {most} times");
    assert!(after[2] - after[1] < (after[0] * 3) / 4, "asked less and less: {after:?}");
    let (_, asked) = asked_of_newcomer(&mut desk, 70);
    assert!(asked.len() >= 512, "whoever comes is asked, whatever rests");
}

#[test]
fn what_waits_is_asked_for_when_others_have_come() {
    let mut eve = Actor::new(3);
    let files: Vec<Vec<u8>> = (0..1_200_u32).map(|n| png_of(&n.to_be_bytes())).collect();
    let pictures: Vec<(Cid, u64)> =
        files.iter().map(|file| (Cid::of(file), file.len() as u64)).collect();
    shows(&mut eve, &pictures);
    let (mut desk, _) = following(&[&eve]);
    let (link, mut asked) = asked_of_newcomer(&mut desk, 70);
    let mut given = 0;
    while !asked.is_empty() {
        for cid in std::mem::take(&mut asked) {
            let size = pictures.iter().find(|(picture, _)| *picture == cid).unwrap().1;
            desk.say(link, Message::IHave { blobs: vec![(cid, size)] });
            for message in desk.heard(link) {
                match message {
                    Message::IWant { cids } => asked.extend(cids),
                    Message::GetBlob { cid, request, .. } => {
                        let file = files.iter().find(|file| Cid::of(file) == cid).unwrap().clone();
                        let size = u32::try_from(file.len()).unwrap();
                        desk.say(link, Message::Chunk { bytes: file, offset: 0, request, size });
                        given += 1;
                    }
                    _ => (),
                }
            }
        }
    }
    assert_eq!(given, 1_200);
}
